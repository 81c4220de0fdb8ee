"""What goes wrong with erasures; each sentence says the cure."""

from engine.errors import Trouble


class ErasuresUndone(Trouble):
    """{count} erased on the list {file} still live in this log and key file: an older copy was put back.
    `leadlog erasures apply` erases them again; until then nothing is opened.
    """


class BadErasureList(Trouble):
    """{file}, line {line}: {fault}. Bring the list of erasures back from its copy, or take the line out where you know why it is
    wrong; until then nothing is opened.
    """


class ListUnwritable(Trouble):
    """{file}, the list of erasures, cannot be written: {cause}. Nothing was erased; mend that, or name another place under
    [privacy] in leadlog.toml.
    """


class ListAway(Trouble):
    """The folder of {file}, the list of erasures, is not there: whether this copy has everybody erased cannot be known.
    Mount it, or mend [privacy] in leadlog.toml.
    """


class NoErasureList(Trouble):
    """There is no list of erasures at {file}. Name yours by --erasures FILE: without it whoever was erased since the backup would be
    there again. --no-erasures says that nobody was.
    """

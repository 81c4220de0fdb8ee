"""What goes wrong and is told in one sentence: the class's docstring is the message, its exit code is documented."""

import inspect
from typing import Any


class Trouble(Exception):
    """Something is wrong with what was asked."""

    exit_code = 1

    def __init__(self, **told: object) -> None:
        self.told = told
        super().__init__(" ".join(inspect.cleandoc(type(self).__doc__ or "").format(**told).split()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Told by another process, it is the same here."""
        return _told_again, (type(self), self.told)


def _told_again(of: type["Trouble"], told: dict[str, object]) -> "Trouble":
    return of(**told)


class NoWorkspace(Trouble):
    """{folder} is no workspace and lies in none: there is no leadlog.toml. Make one with `leadlog init FOLDER`,
    or name one by --workspace or LEADLOG_WORKSPACE.
    """


class WorkspaceThere(Trouble):
    """{folder} is a workspace already. Nothing was changed."""


class FolderUnwritable(Trouble):
    """{folder} cannot be written: {cause}. Choose a folder that you may write to."""


class BadSettings(Trouble):
    """{file}: {fault}. Mend the line and try again; docs/workspace.md lists the settings."""


class NoSuchFile(Trouble):
    """{file} cannot be read: {cause}."""


class NoSuchLead(Trouble):
    """No lead {lead} is known. `leadlog log --type LeadCaptured` lists them; SOURCE/ID names one exactly."""


class SeveralLeads(Trouble):
    """{lead} is the id of several leads; name one of them: {candidates}."""


class NoSuchEntry(Trouble):
    """There is no entry {entry} in quarantine. `leadlog quarantine list` shows what is there."""


class NoSuchRun(Trouble):
    """There is no run {run} in the log, nor in quarantine. `leadlog runs` lists them."""


class NothingMeant(Trouble):
    """Nothing in quarantine is meant by that. `leadlog quarantine list` shows what is there."""


class BadOption(Trouble):
    """{option}: {fault}."""

    exit_code = 2

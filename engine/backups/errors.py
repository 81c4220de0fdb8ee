"""What goes wrong with backups; each sentence says the cure."""

from engine.errors import Trouble


class BackupThere(Trouble):
    """{folder} is not empty. Name a new folder for each backup."""


class NoBackup(Trouble):
    """{folder} holds no finished backup ({cause}). `leadlog backup FOLDER` makes one; its file backup.json is written last."""


class BackupDamaged(Trouble):
    """The backup {folder} cannot be put back: {cause}. Nothing was replaced; try another one."""


class BackupOfAnother(Trouble):
    """The backup {folder} is of another log than the one in {workspace}. Nothing was replaced; restore it into a folder of its own."""


class WouldLose(Trouble):
    """The log went up to position {known:,}, what is put back ends at {found:,}: positions {first:,} to {known:,} would be gone.
    Nothing was replaced. A newer backup loses less; --accept-loss restores all the same and writes the loss down in the log.
    """


class InUse(Trouble):
    """{path} is in use by another process. Stop whoever consumes, publishes or asks, then restore again; nothing was replaced."""

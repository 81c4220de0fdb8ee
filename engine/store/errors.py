"""What goes wrong with the log and its key file; each sentence says the cure."""

import sqlite3
from pathlib import Path
from typing import TypeVar

from engine.errors import Trouble


class LogTrouble(Trouble):
    """{path}: {cause}."""


class LogBusy(LogTrouble):
    """{path} has been written by another process for more than a minute. Nothing was changed; try again when it is done."""


class NoLog(LogTrouble):
    """There is no log at {path}. Bring it back from a backup, or make a new workspace with `leadlog init FOLDER`."""


class LogThere(LogTrouble):
    """{path} is there already and was left as it is. Choose another place for the new log."""


class NotALog(LogTrouble):
    """{path} is no log of leadlog. Name the right file under `store` in leadlog.toml."""


class LogNewer(LogTrouble):
    """{path} was written by a newer leadlog (format {found}, this program knows {known}). Install the newer program."""


class ReadOnly(LogTrouble):
    """{path} cannot be written: the file, its folder or the disk is read-only. Ask for the right to write, or only read."""


class DiskFull(LogTrouble):
    """There is no room left on the disk for {path}. What was committed stays, nothing is half-written; make room, then do the same again."""


class LogDamaged(LogTrouble):
    """{path} is damaged ({cause}). `leadlog verify` names the first bad position; bring the log back from a backup."""


class LogCut(LogTrouble):
    """{path} ends at position {found}, but its key file remembers position {known}, or another event there: the log was cut,
    or is an old copy. Bring the newest log back, or give up what is lost by `leadlog restore --accept-loss`; nothing is appended
    until they fit.
    """


class StaleOffset(LogTrouble):
    """{channel} stands at offset {known} already and does not go back to {found}: another worker went on in the meantime."""


class NoKeys(LogTrouble):
    """There is no key file at {path}. Without it nothing personal in the log can be read: bring it back from its backup."""


class KeysThere(LogTrouble):
    """{path} is there already and was left as it is: it may hold the keys of a log."""


class NotKeys(LogTrouble):
    """{path} is no key file of leadlog, or a newer one than this program knows. Bring the right one back from its backup."""


class KeysDamaged(LogTrouble):
    """{path} is damaged ({cause}). Bring the key file back from its backup."""


class KeysOfAnotherLog(LogTrouble):
    """The key file {keys} belongs to another log than {path}. Bring the one that belongs to it back from its backup."""


class KeysBusy(LogTrouble):
    """{path} has been in use by another process for more than a minute. Try again when it is done."""


def trouble(error: sqlite3.Error, path: Path | str, *, keys: bool = False) -> LogTrouble | None:
    """What an error of SQLite means to the user; None where it is an error of the program. keys: of the key file."""
    damaged = KeysDamaged if keys else LogDamaged
    if not hasattr(error, "sqlite_errorcode"):  # told by Python's module; of its own only this comes from the file
        return damaged(path=path, cause="text that is no UTF-8") if "decode" in str(error) else None
    match error.sqlite_errorcode & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return KeysBusy(path=path) if keys else LogBusy(path=path)
        case sqlite3.SQLITE_READONLY:
            return ReadOnly(path=path)
        case sqlite3.SQLITE_FULL:
            return DiskFull(path=path)
        case sqlite3.SQLITE_NOTADB:
            return NotKeys(path=path) if keys else NotALog(path=path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_IOERR:
            return damaged(path=path, cause=error)
        case sqlite3.SQLITE_ERROR if keys or str(error).startswith("no such"):  # the statements of the key file are few
            return damaged(path=path, cause=error)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return LogTrouble(
                path=path, cause=f"cannot be opened ({error}); look at the rights of the file and its folder"
            )
        case _:
            return None


Key = TypeVar("Key", int, tuple[int, int])


def onward(path: Path, before: Key, reached: Key) -> Key:
    """Where a page of rows ends. Raises LogDamaged where that is not behind the one before: such pages would never end."""
    try:
        further = reached > before
    except TypeError:  # no number
        further = False
    if not further:
        raise LogDamaged(path=path, cause="rows lead back to earlier ones")
    return reached

"""A backup: a copy of log and key file of one moment, while others write; and what is told of it beside it."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from engine.backups.errors import BackupThere, NoBackup
from engine.errors import FolderUnwritable
from engine.version import program
from engine.workspace import KEYS, SETTINGS, SIGNING, Workspace
from events.instants import wire

LOG, MANIFEST = "log.db", "backup.json"
PAGES = 4_096  # copied at a time; about 16 MiB


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: the log's id, its last position and hash, and when it was made. Written last."""

    log: str
    position: int
    hash: str
    made_at: str
    program: str


def back_up(
    workspace: Workspace, folder: Path, keys_to: Path | None = None, advance: Callable[[int], None] | None = None
) -> Manifest:
    """Copy the log, its keys and the settings into a new folder.

    keys_to: another new folder for the key file, so that the two lie apart. advance: told the share that is copied, in percent.
    Both are of one moment: nobody commits while the keys are copied and the log's state is pinned; the log itself is copied
    from there while others write. So the key file is neither behind the log (a key would be missing) nor ahead of it (it
    would remember positions that the copy does not have).
    """
    for place in filter(None, (folder, keys_to)):
        if place.exists() and any(place.iterdir()):
            raise BackupThere(folder=place)
    try:
        for place in filter(None, (folder, keys_to)):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _copied(workspace, folder, keys_to or folder, advance)
    except OSError as error:
        raise FolderUnwritable(folder=folder, cause=error.strerror or error) from None


def manifest_of(folder: Path) -> Manifest:
    """What a backup says of itself. Raises NoBackup."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise NoBackup(folder=folder, cause=getattr(error, "strerror", None) or error) from None


def _copied(workspace: Workspace, folder: Path, keys_to: Path, advance: Callable[[int], None] | None) -> Manifest:
    log, keys = workspace.log, workspace.keys
    with closing(sqlite3.connect(f"{log.path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as source:
        with log.writing() as writing:
            source.execute("BEGIN")
            source.execute("SELECT max(position) FROM event").fetchone()  # the first read pins the state
            keys.copy(keys_to / KEYS)
            head, now = writing.head, writing.now
        with closing(sqlite3.connect(folder / LOG)) as target:
            source.backup(target, pages=PAGES, progress=None if advance is None else _percent(advance))
    shutil.copyfile(workspace.folder / SETTINGS, folder / SETTINGS)
    copy_signing_key(workspace.folder, keys_to)
    manifest = Manifest(log.id, head.position, head.hash.hex(), wire(now), program())
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    for file in (folder / LOG, keys_to / KEYS, folder / SETTINGS, folder / MANIFEST, folder, keys_to):
        _on_the_disk(file)
    return manifest


def copy_signing_key(source: Path, target: Path) -> None:
    """Who signs goes with the keys; one that lies there already stays."""
    for name, mode in ((SIGNING, 0o600), (Path(SIGNING).with_suffix(".pub").name, 0o644)):
        if (source / name).is_file() and not (target / name).exists():
            os.close(os.open(target / name, os.O_CREAT | os.O_WRONLY, mode))
            shutil.copyfile(source / name, target / name)


def _percent(advance: Callable[[int], None]) -> Callable[[int, int, int], None]:
    return lambda _, remaining, total: advance(100 * (total - remaining) // max(total, 1))


def _on_the_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""A backup put back: nobody who was erased since comes back with it, and what is lost by it is written down."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from engine.backups.backup import LOG, Manifest, copy_signing_key, manifest_of
from engine.backups.errors import BackupDamaged, BackupOfAnother, InUse, WouldLose
from engine.clock import now
from engine.erasures import Redone, Said, redo, said_after
from engine.errors import NoWorkspace
from engine.own_events import own_event
from engine.privacy.erasure_list import ErasureList
from engine.privacy.errors import NoErasureList
from engine.privacy.ids import business_stream
from engine.privacy.keys import KeyFile, Mark
from engine.store.errors import LogTrouble
from engine.store.log import Head, Log
from engine.workspace import KEYS, SETTINGS, Workspace
from events.business import PositionsLost

ASIDE, COMING = ".before-restore", ".restoring"
SUBJECT = "log"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a backup is to be put back.

    folder: the backup; None where log and key file lie in the workspace already, put there by hand. keys: the folder of the key
    file's copy, where it lies apart. erasures: a list of erasures beside the workspace's own. no_erasures: nobody was erased.
    accept_loss: what came after the backup is given up.
    """

    folder: Path | None = None
    keys: Path | None = None
    erasures: Path | None = None
    no_erasures: bool = False
    accept_loss: bool = False
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. position: the log's last one that the backup brought. erased: again. lost: first and last position that are gone."""

    position: int
    erased: Redone
    lost: tuple[int, int] | None


def restore(target: Path, asked: Asked, clock: Callable[[], int] = now) -> Restored:
    """Put a backup back into the workspace `target`, which is made where there is none.

    The key file that lies there stays where it is the newer one: it holds every key of the older, and no erased one.
    Nothing is replaced before all is checked; a crash leaves a workspace that opens only once the same command is given again.
    """
    workspace = _workspace(target, asked, clock)
    try:
        return _Restoring(workspace, asked).run()
    finally:
        workspace.close()


class _Restoring:
    def __init__(self, workspace: Workspace, asked: Asked) -> None:
        self._workspace, self._asked = workspace, asked
        self._log = workspace.folder / workspace.settings.store
        self._keys = workspace.folder / KEYS
        self._known = Mark(0, b"")  # the last position that is known to have been
        self._said: dict[UUID, Said] = {}  # of erasures that the log told which is replaced

    def run(self) -> Restored:
        if self._asked.folder is not None:
            self._bring(self._asked.folder)
        keys = self._workspace.keys
        self._knows(keys.head())
        with closing(self._workspace.unsettled()) as log:
            head = log.head()
        lost = (head.position + 1, self._known.position) if self._known.position > head.position else None
        if lost is not None:
            self._must_be_accepted(head.position)
            self._give_up(keys, head, lost)
        listed = self._listed(keys, needed=self._asked.folder is None)
        with closing(self._workspace.unsettled()) as log:
            return Restored(head.position, redo(log, keys, listed, self._asked.actor, self._said), lost)

    def _bring(self, folder: Path) -> None:
        """Log and key file out of the backup, each in one step, once both are known to be good."""
        manifest = manifest_of(folder)
        log, keys = Path(f"{self._log}{COMING}"), Path(f"{self._keys}{COMING}")
        try:
            shutil.copyfile(folder / LOG, log)
            _copy_private((self._asked.keys or folder) / KEYS, keys)
            with closing(KeyFile.open(keys)) as brought:
                self._compare(log, brought, manifest)
                here = self._keys_here(manifest)
                self._read_replaced(brought, manifest.position)
                self._must_be_accepted(manifest.position)
                stay = here is not None and here.position >= manifest.position
                self._listed(brought, needed=not stay)  # on the list before anything is replaced
            _must_be_unused(self._log)
            _put_aside(self._log)
            log.replace(self._log)
            if not stay:
                if here is None:
                    _put_aside(self._keys)
                _remove(self._keys)  # an older key file would bring erased persons back
                keys.replace(self._keys)
            copy_signing_key(self._asked.keys or folder, self._workspace.folder)
        except OSError as error:
            raise BackupDamaged(folder=folder, cause=error.strerror or error) from None
        finally:
            _remove(log)
            _remove(keys)

    def _compare(self, log: Path, keys: KeyFile, manifest: Manifest) -> None:
        """Raises BackupDamaged, LogTrouble."""
        with closing(Log.open(log, keys)) as copy:
            head = copy.head()
        if (keys.log_id, head.position, head.hash.hex()) != (manifest.log, manifest.position, manifest.hash):
            raise BackupDamaged(folder=self._asked.folder, cause="its log, keys and backup.json are not of one backup")

    def _keys_here(self, manifest: Manifest) -> Mark | None:
        """What the key file knows that lies there; None where there is none that can be read. Raises BackupOfAnother."""
        try:
            here = KeyFile.open(self._keys)
        except LogTrouble:
            return None
        with closing(here):
            if here.log_id != manifest.log:
                raise BackupOfAnother(folder=self._asked.folder, workspace=self._workspace.folder)
            self._knows(here.head())
            return here.head()

    def _read_replaced(self, keys: KeyFile, position: int) -> None:
        """What the log that is replaced knows behind that position; it may be damaged, another's, or not there."""
        with suppress(LogTrouble, PersistenceError), closing(Log.open(self._log, keys, read_only=True)) as log:
            self._knows(Mark(*log.head()[:2]))
            self._said = said_after(log, position)

    def _knows(self, mark: Mark) -> None:
        self._known = max(self._known, mark)

    def _must_be_accepted(self, position: int) -> None:
        """Raises WouldLose."""
        if self._known.position > position and not self._asked.accept_loss:
            raise WouldLose(known=self._known.position, found=position, first=position + 1)

    def _listed(self, keys: KeyFile, *, needed: bool) -> dict[UUID, int]:
        """The workspace's list of erasures, with what the list that was named has beside it. Raises NoErasureList."""
        here = ErasureList(self._workspace.erasures, keys.log_id, keys.secret)
        if self._asked.erasures is not None:
            if not self._asked.erasures.is_file():
                raise NoErasureList(file=self._asked.erasures)
            here.add(ErasureList(self._asked.erasures, keys.log_id, keys.secret).entries())
        elif needed and not here.path.is_file() and not self._asked.no_erasures:
            raise NoErasureList(file=here.path)
        return here.entries()

    def _give_up(self, keys: KeyFile, head: Head, lost: tuple[int, int]) -> None:
        """Write the loss down in the log, then let the key file take the log as it is: a crash in between loses no record."""
        keys.ensure([business_stream(keys.secret, SUBJECT)])
        with closing(keys.in_memory()) as trial:
            trial.go_back(Mark(head.position, head.hash))
            with closing(Log.open(self._log, trial, self._workspace.clock)) as log:
                _write_down(log, trial, lost, self._known, self._asked.actor)
                keys.go_back(Mark(*log.head()[:2]))


def _workspace(target: Path, asked: Asked, clock: Callable[[], int]) -> Workspace:
    if not (target / SETTINGS).is_file():
        if asked.folder is None:
            raise NoWorkspace(folder=target)
        manifest_of(asked.folder)
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(asked.folder / SETTINGS, target / SETTINGS)
    return Workspace.find(target, clock)


def _must_be_unused(log: Path) -> None:
    """Raises InUse where another process has the log open: it would go on writing into the file that is put aside."""
    if not log.is_file():
        return
    try:
        with closing(sqlite3.connect(log, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # only whoever is alone may do that
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise InUse(path=log) from None
    except sqlite3.DatabaseError:
        return  # damaged: that is why it is replaced


def _put_aside(path: Path) -> None:
    for end in ("-wal", "-shm", ""):
        if (file := Path(f"{path}{end}")).exists():
            file.replace(f"{path}{ASIDE}{end}")


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def _copy_private(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    shutil.copyfile(source, target)


def _write_down(log: Log, keys: KeyFile, lost: tuple[int, int], known: Mark, actor: str | None) -> None:
    """Record which positions are gone, and the hash of the last one that there was."""
    event = PositionsLost(first=lost[0], last=lost[1], hash=known.hash.hex())
    with log.writing() as writing:
        id_ = f"{type(event).__name__}:{lost[0]}:{known.hash.hex()}"
        own_event(writing, keys, event, SUBJECT, id_, actor)

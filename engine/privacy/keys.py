"""The key file: the workspace's secret, a key a person, erased marks, and the last head of the chain. Apart from the log and its backups."""

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple, Self
from uuid import UUID, uuid4

from engine.portions import portions
from engine.privacy.sealing import KEY
from engine.store.errors import KeysBusy, KeysThere, NoKeys, NotKeys, trouble

APPLICATION = 0x4C4C4B59  # "LLKY", so that no other database is taken for a key file
FORMAT = 1
PATIENCE = 60  # seconds
PORTION = 500
SCHEMA = (Path(__file__).parent / "keys.sql").read_text(encoding="utf-8")


class Mark(NamedTuple):
    """A place in the chain."""

    position: int
    hash: bytes


class KeyFile:
    """An opened key file. Any number of processes may use it at once; each call is a transaction of its own."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection, self._lock = path, connection, RLock()
        with self._told():
            found = connection.execute("SELECT id, secret FROM log").fetchone()
        self.log_id: str = found[0]
        self.secret: bytes = found[1]

    @classmethod
    def create(cls, path: Path | str) -> Self:
        """A key file for a new log. Raises KeysThere."""
        path = Path(path).absolute()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            connection = _connect(path, "rw")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.close()
                raise KeysThere(path=path)
            for statement in SCHEMA.split(";\n\n"):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO log VALUES (1, ?, ?, 0, zeroblob(32), NULL, NULL)", (str(uuid4()), os.urandom(KEY))
            )
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise KeysThere(path=path) if _is_foreign(error) else trouble(error, path, keys=True) or error from None
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """The key file at that place; on a read-only disk for reading alone. Raises NoKeys, NotKeys."""
        path = Path(path).absolute()
        if not path.is_file():
            raise NoKeys(path=path)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        try:
            connection = _connect(path, "rw" if writable else "ro")
        except sqlite3.OperationalError as error:
            raise trouble(error, path, keys=True) or error from None
        except sqlite3.DatabaseError:
            raise NotKeys(path=path) from None
        if _pragma(connection, "application_id") != APPLICATION or _pragma(connection, "user_version") != FORMAT:
            connection.close()
            raise NotKeys(path=path)
        return cls(path, connection)

    def ensure(self, streams: Collection[UUID]) -> dict[UUID, bytes | None]:
        """The keys of these streams; who has none gets a new one, on the disk before this returns. None: erased, for good."""
        found = self._look_up(streams)
        missing = [stream for stream in dict.fromkeys(streams) if stream not in found]
        if missing:
            drawn = os.urandom(KEY * len(missing))
            new = [(stream.bytes, drawn[at * KEY : (at + 1) * KEY]) for at, stream in enumerate(missing)]
            with self._writing():
                # Another process may have been first: its key stands.
                self._connection.executemany("INSERT OR IGNORE INTO key (stream, key) VALUES (?, ?)", new)
            found |= self._look_up(missing)
        return found

    def keys(self, streams: Collection[UUID]) -> dict[UUID, bytes]:
        """The keys that live."""
        return {stream: key for stream, key in self._look_up(streams).items() if key is not None}

    def erase(self, streams: Collection[UUID]) -> int:
        """Destroy their keys for good, in this file and beside it; how many lived. Who never had one is marked as well.

        Raises KeysBusy where another process reads for longer than a minute: the marks stand then, and erasing again
        finishes the work.
        """
        asked = list(dict.fromkeys(streams))
        with self._writing():
            lived = len(self.keys(asked))
            self._connection.executemany(
                "INSERT INTO key (stream, key) VALUES (?, NULL) ON CONFLICT (stream) DO UPDATE SET key = NULL",
                [(stream.bytes,) for stream in asked],
            )
        with self._told():
            self._connection.execute("VACUUM")
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise KeysBusy(path=self.path)
        return lived

    def forget(self, streams: Collection[UUID]) -> None:
        """Destroy keys that sealed nothing but what is gone; no mark stays, and the same may be sealed anew."""
        if not streams:
            return
        with self._writing():
            self._connection.executemany("DELETE FROM key WHERE stream = ?", [(stream.bytes,) for stream in streams])
        with self._told():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def is_erased(self, stream: UUID) -> bool:
        """Whether that person's key was destroyed."""
        return self._look_up([stream]).get(stream, b"") is None

    def head(self) -> Mark:
        """The last head of the chain that is known to be in the log."""
        return self.heads()[0]

    def heads(self) -> tuple[Mark, Mark | None]:
        """The last head, and the one that was announced and not confirmed: a commit was about to happen, or has just happened."""
        with self._told():
            position, hash_, announced, its_hash = self._connection.execute(
                "SELECT position, hash, announced, announced_hash FROM log"
            ).fetchone()
        return Mark(position, hash_), None if announced is None else Mark(announced, its_hash)

    def announce(self, last: Mark, coming: Mark) -> None:
        """Before the log commits: what it holds now, and what it will hold. On the disk before this returns."""
        with self._writing():
            self._connection.execute(
                "UPDATE log SET position = ?, hash = ?, announced = ?, announced_hash = ? WHERE position <= ?",
                (*last, *coming, last.position),
            )

    def set_head(self, position: int, hash: bytes) -> None:  # noqa: A002  # the column's name
        """What the log holds now; only rises. Not forced to the disk: announce() was, and says the same."""
        with self._writing(forced=False):
            self._connection.execute(
                "UPDATE log SET position = ?, hash = ?,"
                " announced_hash = iif(announced > ?1, announced_hash, NULL), announced = iif(announced > ?1, announced, NULL)"
                " WHERE position < ?1",
                (position, hash),
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _look_up(self, streams: Collection[UUID]) -> dict[UUID, bytes | None]:
        asked = [stream.bytes for stream in dict.fromkeys(streams)]
        found: dict[UUID, bytes | None] = {}
        with self._told():
            for some in portions(asked, PORTION):
                marks = ", ".join("?" * len(some))
                rows = self._connection.execute(f"SELECT stream, key FROM key WHERE stream IN ({marks})", some)
                found.update((UUID(bytes=stream), key) for stream, key in rows)
        return found

    @contextmanager
    def _writing(self, *, forced: bool = True) -> Iterator[None]:
        with self._told():
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if forced else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise trouble(error, self.path, keys=True) or error from None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """mode: rw or ro; a file that nobody can write beside is read as it lies."""
    try:
        return _configured(f"{path.as_uri()}?mode={mode}")
    except sqlite3.OperationalError:
        if mode == "rw":
            raise
        return _configured(f"{path.as_uri()}?mode=ro&immutable=1")


def _configured(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
    try:
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        connection.execute("PRAGMA temp_store = MEMORY")  # VACUUM writes its copy nowhere else
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_foreign(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]

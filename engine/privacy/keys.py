"""The key file: the workspace's secret, a key a person, erased marks, and the last head of the chain. Apart from the log and its backups."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import NamedTuple, Self
from uuid import UUID, uuid4

from engine import clock as machine
from engine.portions import portions
from engine.privacy.connection import configured, connect, is_foreign, pragma
from engine.privacy.erasure_list import ErasureList
from engine.privacy.sealing import KEY
from engine.store.errors import KeysBusy, KeysDamaged, KeysThere, NoKeys, NotKeys, trouble

APPLICATION = 0x4C4C4B59  # "LLKY", so that no other database is taken for a key file
FORMAT = 1
PORTION = 500
SCHEMA = (Path(__file__).parent / "keys.sql").read_text(encoding="utf-8").split(";\n\n")
ADDED = [statement for statement in SCHEMA if "IF NOT EXISTS" in statement]  # that an older file may lack


class Mark(NamedTuple):
    """A place in the chain."""

    position: int
    hash: bytes


class KeyFile:
    """An opened key file. Any number of processes may use it at once; each call is a transaction of its own.

    erasures: the file of the list of erasures; None keeps none. clock: µs of now.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        erasures: Path | None = None,
        clock: Callable[[], int] = machine.now,
    ) -> None:
        self.path, self._connection, self._lock, self._clock = path, connection, RLock(), clock
        self.writable = True
        with self._told():
            match connection.execute("SELECT id, secret FROM log").fetchall():
                case [(str(log_id), bytes(secret))] if len(secret) == KEY:
                    self.log_id, self.secret = log_id, secret
                case _:
                    raise KeysDamaged(path=path, cause="it does not say of which log it is")
        self.erasures = ErasureList(erasures, self.log_id, self.secret) if erasures is not None else None

    @classmethod
    def create(cls, path: Path | str, erasures: Path | None = None) -> Self:
        """A key file for a new log. Raises KeysThere."""
        path = Path(path).absolute()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            connection = connect(path, "rw")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.close()
                raise KeysThere(path=path)
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO log VALUES (1, ?, ?, 0, zeroblob(32), NULL, NULL)", (str(uuid4()), os.urandom(KEY))
            )
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise KeysThere(path=path) if is_foreign(error) else trouble(error, path, keys=True) or error from None
        return cls(path, connection, erasures)

    @classmethod
    def open(cls, path: Path | str, erasures: Path | None = None, clock: Callable[[], int] = machine.now) -> Self:
        """The key file at that place; on a read-only disk for reading alone. Raises NoKeys, NotKeys."""
        path = Path(path).absolute()
        if not path.is_file():
            raise NoKeys(path=path)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        try:
            connection = connect(path, "rw" if writable else "ro")
            ours = (pragma(connection, "application_id"), pragma(connection, "user_version")) == (APPLICATION, FORMAT)
        except sqlite3.OperationalError as error:
            raise trouble(error, path, keys=True) or error from None
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            raise NotKeys(path=path) from None
        if not ours:
            connection.close()
            raise NotKeys(path=path)
        keys = cls(path, connection, erasures, clock)
        keys.writable = writable
        if writable:
            with keys._told():
                for statement in ADDED:
                    connection.execute(statement)
        return keys

    def in_memory(self) -> Self:
        """A copy that no file holds, for trying what would become of something; it is gone once it is closed."""
        connection = configured(":memory:")
        with self._told():
            self._connection.backup(connection)
        return type(self)(self.path, connection, clock=self._clock)

    def copy(self, path: Path) -> None:
        """A copy in a file of its own, with nothing of what was erased in it; path: is not there yet."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        with self._told():
            self._connection.execute("VACUUM INTO ?", (str(path),))
            with closing(sqlite3.connect(path)) as copy:
                copy.execute("PRAGMA journal_mode = WAL")

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

    def begin_erasing(self, erased_at: Mapping[UUID, int]) -> None:
        """Write down who is about to be erased and since when (µs), before the log commits that they were.

        Raises ListUnwritable: then nothing must be recorded.
        """
        if self.erasures is not None:
            self.erasures.must_be_writable()
        with self._writing():
            self._connection.executemany(
                "INSERT OR IGNORE INTO erasing VALUES (?, ?)", [(stream.bytes, at) for stream, at in erased_at.items()]
            )

    def begun(self) -> dict[UUID, int]:
        """The erasures that were begun and are not finished, and when they were begun (µs)."""
        with self._told():
            there = self._connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'erasing'").fetchone()[0]
            rows = self._connection.execute("SELECT stream, at FROM erasing").fetchall() if there else []
        return {self._stream(stream): at for stream, at in rows}

    def erase(self, streams: Collection[UUID]) -> int:
        """Put them on the list of erasures and destroy their keys for good, in this file and beside it; how many lived.

        Who never had a key is marked as well. Raises KeysBusy where another process reads for longer than a minute: the marks
        stand then, and the next opening finishes the work.
        """
        asked = list(dict.fromkeys(streams))
        begun = self.begun()
        if missing := [stream for stream in asked if stream not in begun]:
            self.begin_erasing(dict.fromkeys(missing, self._clock()))
            begun = self.begun()
        if self.erasures is not None:
            self.erasures.add({stream: begun[stream] for stream in asked})
        lived = self._destroy(asked)
        self._overwrite()
        self.give_up_erasing(asked)
        return lived

    def give_up_erasing(self, streams: Collection[UUID]) -> None:
        """They are erased, or nothing was recorded of it: there is nothing left to be done."""
        with self._writing():
            self._connection.executemany(
                "DELETE FROM erasing WHERE stream = ?", [(stream.bytes,) for stream in streams]
            )

    def forget(self, streams: Collection[UUID]) -> None:
        """Destroy keys that sealed nothing but what is gone; no mark stays, and the same may be sealed anew."""
        if not streams:
            return
        with self._writing():
            self._connection.executemany("DELETE FROM key WHERE stream = ?", [(stream.bytes,) for stream in streams])
        with self._told():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def erased(self, streams: Collection[UUID]) -> set[UUID]:
        """Those whose keys were destroyed."""
        return {stream for stream, key in self._look_up(streams).items() if key is None}

    def everyone_erased(self) -> set[UUID]:
        """All whose keys were destroyed."""
        with self._told():
            found = self._connection.execute("SELECT stream FROM key WHERE key IS NULL").fetchall()
        return {self._stream(stream) for (stream,) in found}

    def is_erased(self, stream: UUID) -> bool:
        """Whether that person's key was destroyed."""
        return self._look_up([stream]).get(stream, b"") is None

    def head(self) -> Mark:
        """The last head of the chain that is known to be in the log."""
        return self.heads()[0]

    def heads(self) -> tuple[Mark, Mark | None]:
        """The last head, and the one that was announced and not confirmed: a commit was about to happen, or has just happened."""
        with self._told():
            found = self._connection.execute("SELECT position, hash, announced, announced_hash FROM log").fetchall()
        match found:
            case [(int(position), bytes(hash_), None, _)]:
                return Mark(position, hash_), None
            case [(int(position), bytes(hash_), int(announced), bytes(its_hash))]:
                return Mark(position, hash_), Mark(announced, its_hash)
            case _:
                raise KeysDamaged(path=self.path, cause="it does not say how far the log reaches")

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

    def go_back(self, head: Mark) -> None:
        """Take an older log as it is: what this file knew of its later positions is given up."""
        with self._writing():
            self._connection.execute(
                "UPDATE log SET position = ?, hash = ?, announced = NULL, announced_hash = NULL", head
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _destroy(self, streams: Sequence[UUID]) -> int:
        with self._writing():
            lived = len(self.keys(streams))
            self._connection.executemany(
                "INSERT INTO key (stream, key) VALUES (?, NULL) ON CONFLICT (stream) DO UPDATE SET key = NULL",
                [(stream.bytes,) for stream in streams],
            )
        return lived

    def _overwrite(self) -> None:
        """No trace of what is gone stays in the file, nor in the journal beside it."""
        with self._told():
            self._connection.execute("VACUUM")
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy > 0:
            raise KeysBusy(path=self.path)

    def _look_up(self, streams: Collection[UUID]) -> dict[UUID, bytes | None]:
        asked = [stream.bytes for stream in dict.fromkeys(streams)]
        found: dict[UUID, bytes | None] = {}
        with self._told():
            for some in portions(asked, PORTION):
                marks = ", ".join("?" * len(some))
                rows = self._connection.execute(f"SELECT stream, key FROM key WHERE stream IN ({marks})", some)
                found.update((UUID(bytes=stream), key) for stream, key in rows)
        return found

    def _stream(self, told: object) -> UUID:
        match told:
            case bytes() if len(told) == 16:
                return UUID(bytes=told)
            case _:
                raise KeysDamaged(path=self.path, cause=f"{told!r} is no stream")

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
            except UnicodeDecodeError as error:  # of a text, or of what SQLite says of it
                raise KeysDamaged(path=self.path, cause=error) from None

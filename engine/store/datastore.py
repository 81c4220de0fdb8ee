"""The eventsourcing package's SQLite datastore as the log needs it: writers one after another, readers undisturbed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from eventsourcing.persistence import IntegrityError, PersistenceError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteCursor, SQLiteDatastore

from engine.store.errors import LogBusy, ReadOnly, trouble

PATIENCE = 60  # seconds that a writer waits for the others
SETTINGS = (
    "PRAGMA synchronous = FULL",  # with batches it costs little, and power loss takes nothing that was confirmed
    "PRAGMA cache_size = -262144",  # KiB; most of the index of random ids stays in memory, up to ten million events
    "PRAGMA wal_autocheckpoint = 8192",  # pages; at the default each batch of 10,000 would be copied twice
    "PRAGMA temp_store = MEMORY",
)


class Connection(SQLiteConnection):
    """A connection whose transactions for writing take the lock at their beginning."""

    path: Path

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """commit: for writing. Rolls back whole on any exception; SQLite's errors come out in our own words."""
        cursor = self.cursor()
        try:
            with cursor:
                cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
                yield cursor
                if commit:
                    self.commit()
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except sqlite3.Error as error:
            raise trouble(error, self.path) or PersistenceError(error) from error
        finally:
            self.rollback()  # without effect after a commit


class Pool(SQLiteConnectionPool):
    """Connections to one file."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path, self._read_only = path, read_only
        super().__init__(db_name=str(path), lock_timeout=PATIENCE, pool_timeout=PATIENCE)

    def close(self) -> None:
        """Close the idle connections; one that another thread is using is closed when it comes back.

        The library's pool closes it under that thread's hands, which crashes the process inside SQLite.
        """
        with self._put_condition:
            self._closed = True
            while self._pool:
                self._pool.popleft().close()

    def put_connection(self, conn: SQLiteConnection) -> None:
        """Take a connection back."""
        with self._put_condition:
            if self._closed:
                self._in_use.pop(id(conn), None)
                conn.close()
                conn.in_use.release()
                return
        super().put_connection(conn)

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = Connection(self._connect(), self.max_age)
        except sqlite3.Error as error:
            raise trouble(error, self._path) or PersistenceError(error) from error
        connection.path = self._path
        return connection

    def _connect(self) -> sqlite3.Connection:
        uri = self._path.as_uri()
        if not self._read_only:
            return _configured(f"{uri}?mode=rw")
        try:
            return _configured(f"{uri}?mode=ro")
        except sqlite3.OperationalError:
            if self._path.with_name(self._path.name + "-wal").exists():
                raise
            return _configured(
                f"{uri}?mode=ro&immutable=1"
            )  # a read-only disk: nobody writes there, nothing waits in a WAL


class Datastore(SQLiteDatastore):
    """The log's file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self._read_only = path, read_only
        self.pool = Pool(path, read_only=read_only)
        self.single_row_tracking = True
        self.originator_id_type = "uuid"
        self._writer = Lock()

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A transaction on a connection of its own; writers of this process queue here, those of others at the file's lock."""
        if not commit:
            with super().transaction(commit=False) as cursor:
                yield cursor
            return
        if self._read_only:
            raise ReadOnly(path=self.path)
        if not self._writer.acquire(timeout=PATIENCE):
            raise LogBusy(path=self.path)
        try:
            with super().transaction(commit=True) as cursor:
                yield cursor
        finally:
            self._writer.release()

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:  # noqa: ARG002  # the library's interlock of readers and writers would make readers wait
        """A connection of the pool."""
        connection = self.pool.get_connection()
        try:
            yield connection
        finally:
            self.pool.put_connection(connection)

    def keep_journal(self) -> None:
        """Let readers read while one writes (WAL); the file remembers it."""
        with self.get_connection(commit=True) as connection:
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                raise trouble(error, self.path) or PersistenceError(error) from error


def _configured(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
    try:
        for setting in SETTINGS:
            connection.execute(setting)
        connection.execute(
            "SELECT count(*) FROM sqlite_master"
        ).fetchone()  # the first read finds out whether it is a database
    except BaseException:
        connection.close()
        raise
    return connection

"""Connections to a key file: what is deleted is overwritten, and nothing is written elsewhere."""

import sqlite3
from pathlib import Path
from typing import Any

PATIENCE = 60  # seconds


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to the file. mode: rw or ro; a file that nobody can write beside is read as it lies."""
    try:
        return configured(f"{path.as_uri()}?mode={mode}")
    except sqlite3.OperationalError:
        if mode == "rw":
            raise
        return configured(f"{path.as_uri()}?mode=ro&immutable=1")


def configured(uri: str) -> sqlite3.Connection:
    """A connection to what the URI names."""
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
    connection.text_factory = lambda told: told.decode()  # else a damaged text is an error of SQLite's without a code
    try:
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        connection.execute("PRAGMA temp_store = MEMORY")  # VACUUM writes its copy nowhere else
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def is_foreign(error: sqlite3.Error) -> bool:
    """Whether the file is no database at all."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    """The value of a setting."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]

"""What cannot be opened is told with its cure, and left as it was."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine.privacy.keys import KeyFile
from engine.store.errors import (
    DiskFull,
    KeysOfAnotherLog,
    LogDamaged,
    LogNewer,
    LogThere,
    LogTrouble,
    NoLog,
    NotALog,
    ReadOnly,
    trouble,
)
from engine.store.log import Log
from tests.engine.store.scribe import Scribe

ROOT = Path(__file__).parents[3]
READS = """
import os, sys
from pathlib import Path
from engine.privacy.keys import KeyFile
from engine.store.errors import ReadOnly
from engine.store.log import Log
os.setgid(65534)
os.setuid(65534)  # Python itself may lie where only root may read: it is loaded by now
folder = Path(sys.argv[1])
keys = KeyFile.open(folder / "keys.db")
try:
    Log.open(folder / "log.db", keys)
except ReadOnly as error:
    print(error)
log = Log.open(folder / "log.db", keys, read_only=True)
print([log.recorded(row).subject for row in log.rows()])
"""


@pytest.mark.parametrize("content", [b"Dear Sir or Madam, " * 100, b"", b"SQLite format 3\0" + bytes(4080)])
def test_a_file_that_is_no_log_is_left_alone(tmp_path, keys, content):
    (tmp_path / "letter.txt").write_bytes(content)
    with pytest.raises(LogTrouble, match=r"is no log of leadlog|is damaged"):
        Log.open(tmp_path / "letter.txt", keys)
    assert (tmp_path / "letter.txt").read_bytes() == content


def test_another_database_is_no_log(tmp_path, keys):
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE event (a)")
    other.close()
    with pytest.raises(NotALog):
        Log.open(tmp_path / "other.db", keys)
    with pytest.raises(LogThere):
        Log.create(tmp_path / "other.db", keys)


def test_a_log_that_is_not_there_is_not_made(tmp_path, keys):
    with pytest.raises(NoLog, match="leadlog init"):
        Log.open(tmp_path / "log.db", keys)
    with pytest.raises(NoLog):
        Log.open(tmp_path, keys)
    assert not (tmp_path / "log.db").exists()


def test_a_log_of_a_newer_program_is_not_touched(log, keys, tmp_path):
    log.close()
    database = sqlite3.connect(tmp_path / "log.db")
    database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(LogNewer, match=r"format 2, this program knows 1.*Install the newer program"):
        Log.open(tmp_path / "log.db", keys)


def test_a_key_file_of_another_log_is_refused(log, tmp_path):
    other = KeyFile.create(tmp_path / "other-keys.db")
    with pytest.raises(KeysOfAnotherLog, match=r"other-keys\.db belongs to another log"):
        Log.open(tmp_path / "log.db", other)
    other.close()


def test_a_key_file_with_a_log_gets_no_second_one(record, keys, tmp_path):
    record("L1")
    with pytest.raises(KeysOfAnotherLog):
        Log.create(tmp_path / "second.db", keys)
    assert not (tmp_path / "second.db").exists()


def test_a_log_is_not_written_over(log, keys, tmp_path):
    with pytest.raises(LogThere):
        Log.create(tmp_path / "log.db", keys)
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(LogThere):
        Log.create(tmp_path / "letter.txt", keys)


def test_a_creation_that_was_interrupted_is_done_again(keys, tmp_path):
    (tmp_path / "log.db").touch()
    Log.create(tmp_path / "log.db", keys).close()
    Log.open(tmp_path / "log.db", keys).close()


@pytest.mark.parametrize("name", ["log ?#%20ä.db", "log.db"])
def test_any_name_will_do(tmp_path, keys, name):
    Log.create(tmp_path / name, keys).close()
    log = Log.open(tmp_path / name, keys, read_only=True)
    assert log.head().position == 0
    log.close()


def test_a_log_opened_for_reading_is_not_written(log, keys, tmp_path, record):
    record("L1")
    reader = Log.open(tmp_path / "log.db", keys, read_only=True)
    with pytest.raises(ReadOnly), reader.writing():
        pass
    assert reader.head().position == 1
    reader.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_read_only_folder_is_read_and_not_written(clock):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = KeyFile.create(folder / "keys.db")
        log = Log.create(folder / "log.db", keys, clock)
        Scribe(log, keys)("L1")
        log.close()
        keys.close()
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        command = [sys.executable, "-c", READS, name]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        told, subjects = done.stdout.splitlines()
        assert told.startswith(f"{name}/log.db cannot be written: the file, its folder or the disk is read-only.")
        assert subjects == "['L1']"
        assert sorted(path.name for path in folder.iterdir()) == ["keys.db", "log.db"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_READONLY, ReadOnly),
        (sqlite3.SQLITE_CORRUPT, LogDamaged),
        (sqlite3.SQLITE_IOERR_WRITE, LogDamaged),
        (sqlite3.SQLITE_CANTOPEN, LogTrouble),
    ],
)
def test_what_sqlite_says_is_told_in_our_words(code, expected):
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode = code
    told = trouble(error, "log.db")
    assert type(told) is expected
    assert "log.db" in str(told)


def test_a_fault_of_the_program_is_none_of_the_users():
    assert trouble(sqlite3.OperationalError("no such table"), "log.db") is None

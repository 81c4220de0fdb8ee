"""What the database itself refuses."""

import sqlite3

import pytest

from engine.store.rows import COLUMNS


@pytest.fixture
def database(log, record, tmp_path):
    record("L1", "L2", "L1")
    connection = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    yield connection
    connection.close()


def row_with(database, **changed):
    """The last row once more with other values."""
    row = database.execute("SELECT * FROM event ORDER BY position DESC LIMIT 1").fetchone()
    free = {"position": 4, "event_id": b"f" * 16, "version": 99}
    return tuple((dict(zip(COLUMNS, row, strict=True)) | free | changed).values())


def insert(database, verb, row):
    database.execute(f"{verb} INTO event VALUES ({', '.join('?' * len(row))})", row)


def test_the_columns_are_those_that_the_chain_covers(database):
    assert tuple(row[1] for row in database.execute("PRAGMA table_info(event)")) == COLUMNS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET data = '{}' WHERE position = 2",
        "UPDATE event SET hash = x'00'",
        "DELETE FROM event WHERE position = 3",
        "DELETE FROM event",
        "UPDATE lead SET stream = x'00' WHERE number = 1",
        "DELETE FROM lead",
        "INSERT OR REPLACE INTO lead SELECT number, x'01', x'02' FROM lead",
        "INSERT OR REPLACE INTO lead SELECT 3, stream, mark FROM lead WHERE number = 1",
        "INSERT INTO lead VALUES (9, x'01', x'02')",
        "UPDATE log SET id = 'another'",
        "DELETE FROM log",
    ],
)
def test_nothing_recorded_is_changed_or_deleted(database, statement):
    before = list(database.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)
    assert list(database.iterdump()) == before


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
@pytest.mark.parametrize("taken", ["position", "event_id", "version"])
def test_what_is_taken_is_refused_however_it_is_inserted(database, verb, taken):
    value = dict(zip(COLUMNS, database.execute("SELECT * FROM event WHERE position = 3").fetchone(), strict=True))[
        taken
    ]
    before = list(database.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, verb, row_with(database, **{taken: value}))
    assert list(database.iterdump()) == before


def test_a_version_of_a_business_stream_is_taken_once(database):
    insert(database, "INSERT", row_with(database, lead=0))
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, "INSERT OR REPLACE", row_with(database, lead=0, position=5, event_id=b"g" * 16))


def test_a_position_leaves_no_gap(database):
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, "INSERT", row_with(database, position=5))


def test_readers_and_writers_do_not_wait_for_each_other(database):
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)

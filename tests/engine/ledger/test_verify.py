"""`verify` finds whatever was done to the log's file, and names the position."""

import sqlite3
from hashlib import sha256

import msgspec
import pytest

from engine.ledger.verify import verify
from engine.privacy.ids import stream_id
from engine.privacy.keys import Mark
from engine.store.chain import link
from engine.store.errors import LogCut, LogDamaged
from engine.store.log import Log
from engine.store.rows import COLUMNS

EVENTS = 12


def triggers_dropped(path):
    """The file as whoever has it may change it: by hand, the triggers dropped."""
    database = sqlite3.connect(path, isolation_level=None)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    return database


@pytest.fixture
def file(log, record, tmp_path):
    for _ in range(EVENTS // 4):
        record("L1", "L2", "L1", "L3")
    database = triggers_dropped(tmp_path / "log.db")
    yield database
    database.close()


def found(log):
    """(position, kind) of each flaw."""
    return [(flaw.position, flaw.kind) for flaw in verify(log).flaws]


def row(file, position):
    return file.execute("SELECT * FROM event WHERE position = ?", (position,)).fetchone()


def insert(file, values):
    file.execute(f"INSERT INTO event VALUES ({', '.join('?' * len(values))})", values)


def another(value):
    match value:
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case int():
            return value + 1000
        case str():
            return value + "x"
        case _:
            return "not null"


def with_hash(values, previous):
    return (*values[:-1], link(previous, values[:-1]))


def columns_of(log):
    with log.reading() as reading:
        return [row[1] for row in reading.execute("PRAGMA table_info(event)")]


def test_a_whole_log_verifies(log, record, file):
    seen = []
    verdict = verify(log, seen.append)
    assert verdict.whole
    assert (verdict.events, verdict.position, verdict.hash) == (EVENTS, EVENTS, log.head().hash)
    assert seen == [EVENTS]


def test_an_empty_log_verifies(log):
    assert verify(log).whole


@pytest.mark.parametrize("position", [1, 6, EVENTS])
def test_a_change_of_any_column_is_found_at_its_position(log, file, position):
    columns = columns_of(log)
    assert len(columns) == 21
    for column in columns:
        (value,) = file.execute(f"SELECT {column} FROM event WHERE position = ?", (position,)).fetchone()
        changed = another(value)
        file.execute(f"UPDATE event SET {column} = ? WHERE position = ?", (changed, position))
        assert found(log)[0][0] == position, column
        file.execute(
            f"UPDATE event SET {column} = ? WHERE position = ?", (value, changed if column == "position" else position)
        )
        assert found(log) == [], column


@pytest.mark.parametrize("column", COLUMNS[1:])  # position takes nothing but integers
def test_the_type_of_a_value_counts_too(log, file, column):
    """x'31' and '1' look alike in print; the chain tells them apart."""
    (value,) = file.execute(f"SELECT {column} FROM event WHERE position = 6").fetchone()
    swapped = value.decode("latin-1") if isinstance(value, bytes) else str(value).encode()
    file.execute(f"UPDATE event SET {column} = ? WHERE position = 6", (swapped,))
    assert found(log)[0][0] == 6


def test_a_row_taken_out_of_the_middle_is_missing(log, file):
    file.execute("DELETE FROM event WHERE position = 5")
    assert found(log) == [(5, "missing")]
    file.execute("DELETE FROM event WHERE position IN (6, 7)")
    assert found(log) == [(5, "missing")]
    assert "positions 5 to 7" in verify(log).flaws[0].detail


def test_a_row_taken_out_and_the_gap_closed_is_found(log, file):
    file.execute("DELETE FROM event WHERE position = 5")
    for position in range(6, EVENTS + 1):
        file.execute("UPDATE event SET position = ? WHERE position = ?", (position - 1, position))
    assert found(log)[0] == (5, "changed")


def test_two_rows_swapped_are_found_at_the_first(log, file):
    for old, new in ((4, 1000), (7, 4), (1000, 7)):
        file.execute("UPDATE event SET position = ? WHERE position = ?", (new, old))
    assert [position for position, _ in found(log)][:1] == [4]
    assert (7, "changed") in found(log)


def test_two_rows_swapped_but_for_position_and_hash_are_found(log, file):
    four, seven = row(file, 4), row(file, 7)
    file.execute("DELETE FROM event WHERE position IN (4, 7)")
    insert(file, (4, *seven[1:-1], four[-1]))
    insert(file, (7, *four[1:-1], seven[-1]))
    assert found(log) == [(4, "changed"), (7, "changed")]


def test_a_row_put_in_is_found(log, file):
    for position in range(EVENTS, 5, -1):
        file.execute("UPDATE event SET position = ? WHERE position = ?", (position + 1, position))
    new = list(row(file, 5))
    new[0], new[3], new[4] = 6, 77, b"n" * 16
    insert(file, new)
    assert found(log)[0] == (6, "changed")


def test_a_row_put_in_at_the_end_is_found_even_where_it_is_chained_on(log, file):
    new = list(row(file, EVENTS))
    new[0], new[3], new[4] = EVENTS + 1, 77, b"n" * 16
    insert(file, with_hash(tuple(new), log.head().hash))
    assert found(log) == [(EVENTS + 1, "added")]


def test_a_row_put_in_before_the_first_is_found(log, file):
    new = list(row(file, 1))
    new[0], new[3], new[4] = 0, 77, b"n" * 16
    insert(file, new)
    assert found(log) == [(0, "added")]


def test_a_row_replaced_is_found(log, file):
    new = list(row(file, 6))
    new[COLUMNS.index("data")] = '{"company":"Another"}'
    file.execute("INSERT OR REPLACE INTO event VALUES (" + ", ".join("?" * len(new)) + ")", new)
    assert found(log) == [(6, "changed")]


def test_a_row_replaced_with_its_hash_is_found_at_its_successor(log, file):
    """Nothing in the row itself is wrong then; what comes after it was not recorded after that."""
    new = list(row(file, 6))
    new[COLUMNS.index("data")] = '{"company":"Another"}'
    file.execute("DELETE FROM event WHERE position = 6")
    insert(file, with_hash(tuple(new), log.hash_at(5)))
    assert found(log) == [(7, "changed")]
    assert "position 6" in verify(log).flaws[0].detail


def test_a_tail_chained_anew_is_found_by_the_head_in_the_key_file(log, file):
    previous = log.hash_at(5)
    for position in range(6, EVENTS + 1):
        new = list(row(file, position))
        new[COLUMNS.index("actor")] = "sdr:bernd"
        file.execute("DELETE FROM event WHERE position = ?", (position,))
        values = with_hash(tuple(new), previous)
        insert(file, values)
        previous = values[-1]
    assert found(log) == [(EVENTS, "rewritten")]


@pytest.mark.parametrize("left", [0, 5, EVENTS - 1])
def test_a_cut_tail_is_found(log, file, left):
    file.execute("DELETE FROM event WHERE position > ?", (left,))
    file.execute("UPDATE sqlite_sequence SET seq = ?", (left,))
    assert found(log)[0] == (left + 1, "cut")


def test_a_last_transaction_that_was_announced_and_never_committed_is_no_flaw(log, file):
    log.keys.announce(Mark(*log.head()[:2]), Mark(EVENTS + 1, b"n" * 32))
    assert found(log) == []


def test_a_last_transaction_that_was_committed_and_never_confirmed_is_no_flaw(log, file, record, monkeypatch):
    monkeypatch.setattr(type(log.keys), "set_head", lambda *_: None)
    record("L1")
    assert log.keys.head().position == EVENTS
    assert found(log) == []


def test_a_second_announcement_does_not_excuse_what_is_beyond_it(log, file, record, monkeypatch):
    monkeypatch.setattr(type(log.keys), "set_head", lambda *_: None)
    record("L1")
    new = list(row(file, EVENTS + 1))
    new[0], new[3], new[4] = EVENTS + 2, 77, b"n" * 16
    insert(file, with_hash(tuple(new), log.head().hash))
    assert found(log) == [(EVENTS + 2, "added")]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE lead SET stream = x'00112233445566778899aabbccddeeff' WHERE number = 2", 2),
        ("UPDATE lead SET mark = x'00' WHERE number = 2", 2),
        ("UPDATE lead SET number = 9 WHERE number = 2", 2),
        ("UPDATE lead SET number = 9 WHERE number = 3", 4),
        ("DELETE FROM lead WHERE number = 1", 1),
        ("DELETE FROM lead WHERE number = 3", 4),
        ("DELETE FROM lead", 1),
        ("INSERT INTO lead VALUES (4, x'01', x'02')", None),
        ("INSERT INTO lead VALUES (0, x'01', x'02')", None),
        ("DELETE FROM source", None),
        ("INSERT INTO source VALUES ('ghost')", None),
    ],
)
def test_a_change_of_the_other_tables_is_found(log, file, statement, expected):
    file.execute(statement)
    assert found(log)[0][0] == expected


def test_a_lead_that_was_only_mentioned_is_watched_too(log, keys, file):
    with log.writing() as writing:
        writing.numbers([stream_id(keys.secret, "crm", "L9")])
    assert found(log) == []
    file.execute("UPDATE lead SET stream = x'00112233445566778899aabbccddeeff' WHERE number = 4")
    assert found(log) == [(None, "lead")]


def test_a_byte_changed_in_the_file_is_found(log, file, tmp_path):
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (tmp_path / "log.db").read_bytes()
    at = content.rindex(b"Adler Maschinenbau", 0, content.rindex(b"Adler Maschinenbau"))
    with (tmp_path / "log.db").open("r+b") as raw:
        raw.seek(at)
        raw.write(b"a")
    position = file.execute("SELECT position FROM event WHERE instr(data, 'adler') > 0").fetchall()
    file.execute("PRAGMA cache_size = 0")
    log.close()
    again = Log.open(tmp_path / "log.db", log.keys)
    assert [(where,) for where, _ in found(again)] == position
    again.close()


def test_a_row_that_cannot_be_read_is_named_and_the_walk_goes_on(log, file):
    file.execute("UPDATE event SET actor = CAST(x'ff' AS TEXT) WHERE position = 6")
    file.execute("UPDATE event SET run = 'other' WHERE position = 9")
    assert found(log) == [(6, "unreadable"), (9, "changed")]


def test_appending_to_a_cut_log_is_refused(log, file, record):
    file.execute("DELETE FROM event WHERE position > 10")
    with pytest.raises(LogCut, match=r"ends at position 10, but its key file remembers position 12"):
        record("L1")
    assert found(log)[0] == (11, "cut")


def test_erasure_leaves_the_chain_whole(log, keys, file, record):
    keys.erase([stream_id(keys.secret, "crm", "L1")])
    record("L1")
    assert found(log) == []


def test_the_hash_is_the_one_that_the_decision_page_describes(log, file):
    one, two = row(file, 1), row(file, 2)
    assert one[-1] == sha256(bytes(32) + msgspec.msgpack.encode(one[:-1])).digest()
    assert two[-1] == sha256(one[-1] + msgspec.msgpack.encode(two[:-1])).digest()


@pytest.mark.parametrize("step", ["lead_rows", "hash_at", "sources"])
def test_what_is_appended_while_verify_compares_is_no_flaw(log, record, monkeypatch, step):
    original = getattr(log, step)

    def appended_before(*asked):
        record("L1", source="another")
        return original(*asked)

    monkeypatch.setattr(log, step, appended_before)
    assert verify(log).whole


@pytest.mark.parametrize("before", [0, 3])
def test_what_is_appended_right_after_the_walk_is_no_flaw(log, record, monkeypatch, before):
    for _ in range(before):
        record("L1")
    heads = log.keys.heads
    left = iter(range(2))

    def appended_before():
        if next(left, None) is not None:
            with monkeypatch.context() as patch:
                patch.setattr(log.keys, "heads", heads)
                record("L2", source="another")
        return heads()

    monkeypatch.setattr(log.keys, "heads", appended_before)
    verdict = verify(log)
    assert verdict.whole
    assert verdict.events == before + 2


DONE_TO_THE_FILE = (
    "UPDATE event SET data = '{}' WHERE position IN (20, 24, 25, 26, 31)",
    "DELETE FROM event WHERE position IN (8, 9, 10, 11, 12, 13, 14, 50)",  # 8 to 14 lie in several stretches
    "UPDATE event SET hash = x'00' WHERE position IN (36, 40)",  # 36 ends a stretch
    "UPDATE event SET hash = 'text' WHERE position = 44",
    "UPDATE event SET actor = CAST(x'ff' AS TEXT) WHERE position IN (54, 56, 58)",
    "UPDATE event SET lead = 99 WHERE position = 59",
    "DELETE FROM lead WHERE number = 2",
    "DELETE FROM event WHERE position = 60",
)


def test_several_processes_find_what_one_finds(log, record, file, monkeypatch):
    for _ in range(12):
        record("L1", "L2", "L1", "L3")
    for statement in DONE_TO_THE_FILE:
        file.execute(statement)
    alone = verify(log, processes=1)
    monkeypatch.setattr("engine.ledger.verify.STRETCH", 4)
    monkeypatch.setattr("engine.ledger.verify.LEAST", 1)
    together = verify(log, processes=2)
    assert together == alone
    assert [(flaw.position, flaw.kind) for flaw in alone.flaws] == [
        (2, "lead"), (8, "missing"), (20, "changed"), (24, "changed"), (25, "changed"), (26, "changed"), (31, "changed"),
        (36, "changed"), (37, "changed"), (40, "changed"), (41, "changed"), (44, "changed"), (45, "changed"), (50, "missing"),
        (54, "unreadable"), (56, "unreadable"), (58, "unreadable"), (59, "lead"), (60, "cut"),
    ]  # fmt: skip
    assert "positions 8 to 14 are missing" in alone.flaws[1].detail


def test_no_more_flaws_are_listed_than_asked_for_and_all_are_counted(log, file):
    file.execute("UPDATE event SET actor = 'sdr:bernd'")
    verdict = verify(log, most=5)
    assert ([flaw.position for flaw in verdict.flaws], verdict.more) == ([1, 2, 3, 4, 5], EVENTS - 5)


def test_a_position_out_of_this_world_is_not_walked_up_to(log, file):
    file.execute("UPDATE event SET position = 1000000000000000 WHERE position = 12")
    assert found(log) == [(12, "missing")]


def test_a_whole_table_of_leads_taken_away_is_named_lead_by_lead(log, file):
    file.execute("DELETE FROM lead")
    assert found(log) == [(1, "lead"), (2, "lead"), (4, "lead")]


def test_a_file_whose_pages_lead_back_is_told_instead_of_walked_over_for_ever(log, record, monkeypatch):
    for _ in range(4):
        record("L1", "L2", "L3")
    ask = log._ask  # such a file cannot be made by SQL

    def leads_back(sql, parameters):
        rows = ask(sql, parameters)
        return rows or (ask(sql, (8, 9, 1)) if "ORDER BY position LIMIT" in sql else rows)

    monkeypatch.setattr(log, "_ask", leads_back)
    assert verify(log).whole is False
    with pytest.raises(LogDamaged, match="rows lead back to earlier ones"):
        list(log.batches(0, 100))

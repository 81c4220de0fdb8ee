"""Quarantine as a place to work in: filters, sums, bulk retries, export and drop; sealed, and in flat memory."""

import base64
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from engine.erasure import erase
from engine.intake import quarantine as room
from engine.intake.ingest import Ingestion, ingest
from engine.intake.quarantine import Quarantine, forget
from engine.intake.reasons import CONTENT, DECISIONS
from engine.intake.retry import retry
from engine.intake.wanted import Wanted
from engine.store import datastore
from engine.store.errors import DiskFull, LogBusy
from engine.views import ask
from projections.errors import QuestionError
from tests.docs import words
from tests.engine.cli.test_commands import Shell, shell  # noqa: F401  # a fixture
from tests.engine.conftest import Desk, tell
from tests.engine.intake.test_quarantine import BROKEN, MAPPING

CAPTURED = tell("LeadCaptured", "2026-03-02T09:00:00Z")
POISONED = tell("OpportunityOpened", "2026-03-03T09:00:00Z", opportunity="O1", amount=1, currency="eur")
WON = tell("DealWon", "2026-03-04T09:00:00Z", opportunity="O1")


def entries(desk: Desk, wanted: Wanted = Wanted()):  # noqa: B008  # frozen
    with desk.workspace.quarantine() as quarantine:
        return list(quarantine.entries(wanted))


def keys_in(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.workspace.folder / "keys.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM key WHERE key IS NOT NULL").fetchone()[0])


def drop(desk: Desk, wanted: Wanted) -> int:
    with desk.workspace.log.writing() as writing:
        quarantine = Quarantine(writing, desk.workspace.keys)
        count = quarantine.drop(wanted)
    with desk.workspace.log.writing() as writing:
        forget(writing, desk.workspace.keys, quarantine.orphans)
    return count


def test_every_word_has_its_cure():
    assert set(CONTENT) == words.of_faults()
    assert set(DECISIONS) == words.of_decisions()
    assert all(reason.wrong and reason.cure for reason in (*CONTENT.values(), *DECISIONS.values()))


def test_entries_are_found_by_what_they_are(desk: Desk):
    desk.take(BROKEN, b"{", run="one")
    desk.clock.micros += 86_400_000_000
    desk.take(WON, tell("LeadScored", source="erp", score="x"), run="two")
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({"filter": {"state": "parked"}}, [3]),
        ({"filter": {"reason": ["json", "unknown"]}, "until": "2026-06-30"}, [1, 2]),
        ({"filter": {"source": "erp"}}, [4]),
        ({"filter": {"type": "LeadCaptured"}}, [1]),
        ({"filter": {"run": "two"}}, [3, 4]),
        ({"since": "2026-07-01"}, [3, 4]),
        ({"until": "2026-06-30", "filter": {"state": "faulty"}}, [1, 2]),
    ]
    found = [[row["entry"] for row in ask(desk.workspace, "quarantine", options).rows] for options, _ in asked]
    assert found == [expected for _, expected in asked]
    with pytest.raises(QuestionError, match="there is no 'sad'"):
        ask(desk.workspace, "quarantine", {"filter": {"reason": "sad"}})
    with pytest.raises(QuestionError, match="no filter `colour`"):
        ask(desk.workspace, "quarantine", {"filter": {"colour": "red"}})


def test_what_waits_behind_a_faulty_event_is_told_apart_and_follows_it(desk: Desk):
    desk.take(CAPTURED, WON, tell("HandoffAccepted", handoff="H1", subject="L2"))
    desk.take(POISONED, tell("LeadScored", score="many"))
    behind, waits, *_ = entries(desk)
    assert behind.behind == (3,)
    assert "no opportunity O1 is known; behind what lies in quarantine of this lead: entry 3" in behind.reason
    assert "line 4" in behind.reason
    assert (waits.behind, "behind" in waits.reason) == ((), False)
    with desk.workspace.quarantine() as quarantine:
        assert {(kind.state, kind.word): kind.behind for kind in quarantine.kinds()}["parked", "unknown"] == 1
    drop(desk, Wanted(entries=(3,)))
    assert entries(desk)[0].behind == ()
    assert "behind" not in entries(desk)[0].reason


def test_a_parked_decision_that_is_contradicted_meanwhile_is_refused_in_its_place(desk: Desk):
    accepted = tell("HandoffAccepted", "2026-03-09T09:00:00Z", handoff="H1")
    desk.take(CAPTURED, accepted)
    desk.take(tell("HandoffRejected", "2026-03-04T09:00:00Z", handoff="H1", reason="student"))
    (before, _) = entries(desk)
    desk.clock.micros += 1_000_000
    desk.take(tell("LeadHandedOff", "2026-03-03T09:00:00Z", handoff="H1"), run="handed")
    (after,) = entries(desk)
    assert (after.entry, after.state, after.word, after.count) == (before.entry, "refused", "ended", 1)
    assert (after.first_seen, after.run) == (before.first_seen, "run")
    assert "is already rejected" in after.reason


def test_what_was_faulty_and_waits_once_it_is_mended_keeps_its_history(desk: Desk, tmp_path):
    mapping, sample = tmp_path / "crm.toml", tmp_path / "crm.csv"
    mapping.write_text(
        'source = "crm"\n[[event]]\ntype = "DealWon"\nsubject = "{id}"\nid = "{id}"\ntime = "{day}"\ndata.opportunity = "{deal}"\n'
    )
    sample.write_text("id,day,deal\nL1,2. March,O1\n")
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    (before,) = entries(desk)
    desk.clock.micros += 60_000_000
    mended = tmp_path / "mended.toml"
    mended.write_text('time_formats = ["%d. %B"]\n'.replace("%d. %B", "DD. MMMM") + mapping.read_text())
    mended.write_text(mapping.read_text().replace('"{day}"', '"2026-03-02"'))
    done = retry(desk.workspace, mapping=mended)
    (after,) = entries(desk)
    assert (done.tried, done.recorded) == (1, 0)
    assert (before.state, after.state, after.word) == ("faulty", "parked", "unknown")
    assert (after.first_seen, after.count, after.tries) == (before.first_seen, 2, 1)
    assert after.context is not None
    assert after.context["mapping"] == str(mended)


@pytest.fixture
def table(desk: Desk, tmp_path):
    mapping, sample = tmp_path / "crm.toml", tmp_path / "crm.csv"
    mapping.write_text(MAPPING.replace("SCORE", "score"))
    sample.write_text("id,day,region,score\nL1,2026-03-02,north,eighty\nL2,2026-03-03,south,ninety\n")
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    return mapping


def test_another_mapping_may_take_the_place_of_the_one_kept(desk: Desk, table, tmp_path):
    mended = tmp_path / "mended.toml"
    mended.write_text(
        MAPPING.replace(
            'data.score = "{SCORE}"', 'data.score = { column = "score", map = { eighty = "80", ninety = "90" } }'
        )
    )
    done = retry(desk.workspace, Wanted(states=("faulty",)), mended)
    assert (done.tried, done.recorded, done.left) == (2, 2, 0)


def test_a_mapping_that_is_gone_is_named_and_stops_nothing_else(desk: Desk, table):
    desk.take(CAPTURED | {"subject": "L9"}, run="x")
    table.unlink()
    done = retry(desk.workspace)
    assert (done.tried, done.left, done.unread) == (2, 2, {str(table): 2})


def test_many_entries_are_tried_in_a_few_transactions(desk: Desk, monkeypatch):
    monkeypatch.setattr("engine.intake.retry.PORTION", 10)
    desk.take(*(b'{"type": "LeadCaptured", "data": {}, "subject": "L%d"}' % number for number in range(35)))
    told: list[int] = []
    assert retry(desk.workspace, advance=told.append).left == 35
    assert told == [10, 20, 30, 35]


def test_a_long_list_is_read_a_page_at_a_time(desk: Desk, monkeypatch):
    desk.take(*(b"{%d" % number for number in range(23)))
    monkeypatch.setattr(room, "PAGE", 5)
    with desk.workspace.quarantine() as quarantine:
        assert [entry.entry for entry in quarantine.entries()] == list(range(1, 24))
        assert [entry.entry for entry in quarantine.entries(limit=7)] == list(range(1, 8))
        assert (quarantine.count(), quarantine.numbers(Wanted(words=("json",)))[-1]) == (23, 23)


def test_the_key_of_a_dropped_entry_is_destroyed_and_the_same_bytes_can_come_again(desk: Desk):
    before = keys_in(desk)
    desk.take(b"{1", b"{2")
    assert keys_in(desk) == before + 2
    assert drop(desk, Wanted(entries=(1,))) == 1
    assert keys_in(desk) == before + 1
    desk.take(b"{1")
    assert [entry.raw for entry in entries(desk)] == [b"{2", b"{1"]


def test_the_key_of_a_mended_entry_is_destroyed(desk: Desk, tmp_path):
    mapping, sample = tmp_path / "crm.toml", tmp_path / "crm.csv"
    told = 'source = "crm"\n[[event]]\ntype = "LeadCaptured"\ntime = "2026-03-02"\nsubject = "{id}"\n'
    mapping.write_text(told)
    sample.write_text("id,name\n,L1\n")
    before = keys_in(desk)
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    (entry,) = entries(desk)
    assert (entry.stream, keys_in(desk)) == (None, before + 1)
    mapping.write_text(told.replace("{id}", "{name}"))
    assert retry(desk.workspace).recorded == 1
    assert keys_in(desk) == before + 1  # the lead's now


def test_erasure_reaches_the_entries_of_all_merged_ids(desk: Desk):
    merged = tell("LeadsMerged", "2026-03-03T09:00:00Z", merged="L2")
    bad = BROKEN.replace(b'"L1"', b'"L2"')
    desk.take(CAPTURED, CAPTURED | {"subject": "L2", "id": "2"}, merged, bad, WON)
    assert [entry.raw is None for entry in entries(desk)] == [False, False]
    erase(desk.workspace, "L1")
    assert [(entry.state, entry.raw, entry.subject, entry.proposal) for entry in entries(desk)] == [
        ("faulty", None, None, None),
        ("parked", None, None, None),
    ]


def test_a_bad_event_of_an_erased_person_is_kept_without_its_content(desk: Desk):
    desk.take(CAPTURED, BROKEN)
    erase(desk.workspace, "L1")
    desk.take(BROKEN, BROKEN.replace(b"44", b"45"))
    again, new = entries(desk)
    assert (again.count, again.raw, again.reason) == (2, None, "age: unknown")
    assert (new.count, new.raw, new.where) == (1, None, None)
    assert retry(desk.workspace).left == 2


def test_a_full_disk_leaves_no_entry_and_nothing_recorded(desk: Desk):
    log = desk.workspace.log
    with log.reading() as reading:
        pages = reading.execute("PRAGMA page_count").fetchone()[0]
        reading.execute(f"PRAGMA max_page_count = {pages}")
    events = [tell("LeadCaptured", subject=f"L{number}", region="n" * 200) for number in range(300)]
    with pytest.raises(DiskFull):
        desk.take(*events, *(b"{%d" % number for number in range(50)))
    with log.reading() as reading:
        reading.execute("PRAGMA max_page_count = 1000000")
    assert (log.head().position, desk.kept()) == (0, [])
    assert desk.take(*events).recorded == 300


def test_a_locked_database_leaves_no_entry(desk: Desk, monkeypatch):
    monkeypatch.setattr(datastore, "PATIENCE", 0.05)
    desk.workspace.close()
    with closing(sqlite3.connect(desk.workspace.folder / "log.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogBusy):
            desk.take(CAPTURED, BROKEN)
        other.execute("ROLLBACK")
    assert desk.kept() == []
    assert desk.take(CAPTURED, BROKEN).recorded == 1


def test_the_commands_list_sum_up_show_and_export(shell: Shell):  # noqa: F811  # the fixture
    (shell.folder / "in").write_bytes(json.dumps(WON).encode() + b"\n{1\n{\xff\n")
    shell("ingest", "in")
    told = json.loads(shell("quarantine", "list", "--state", "parked", "--format", "json").stdout)
    assert [row["type"] for row in told["rows"]] == ["DealWon"]
    assert [column["name"] for column in told["columns"]][:3] == ["entry", "source", "lead"]
    limited = shell("quarantine", "list", "--limit", "1")
    assert "2 more" in limited.stderr
    assert CONTENT["json"].cure in shell("quarantine", "summary").stdout
    assert DECISIONS["unknown"].cure in shell("quarantine", "show", "1").stdout
    exported = [json.loads(line) for line in shell("quarantine", "export").stdout.splitlines()]
    assert [json.loads(exported[0]["text"])["type"], exported[1]["text"]] == ["DealWon", "{1\n"]
    assert base64.b64decode(exported[2]["base64"]) == b"{\xff\n"
    assert (exported[0]["where"], exported[0]["state"]) == ("line 1", "parked")
    assert shell("quarantine", "export", "--raw", "--reason", "json").stdout == "{1\n"


def test_the_commands_retry_and_drop_what_is_meant(shell: Shell):  # noqa: F811  # the fixture
    shell("ingest", shell.lines([WON, tell("LeadOpened"), tell("LeadClosed")]))
    done = shell("quarantine", "retry", "2", "3", "--format", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["tried"], told["recorded"], told["left"]) == (3, 2, 0, 2)
    assert shell("quarantine", "drop", "--yes").returncode == 2
    assert shell("quarantine", "drop", "--reason", "json", "--yes").returncode == 1
    assert shell("quarantine", "drop", "--state", "faulty", "--yes").stdout == "Dropped 2 entries.\n"
    assert shell("quarantine", "list", "--format", "csv").stdout.count("\n") == 2
    assert shell("quarantine", "list", "--reason", "sad").returncode == 1

"""Quarantine: nothing is lost, the same is one entry, and what was mended goes in."""

import sqlite3

import pytest

from engine.intake.ingest import Ingestion, ingest
from engine.intake.retry import retry
from engine.intake.wanted import Wanted
from engine.views import ask
from tests.engine.conftest import Desk, tell

BROKEN = (
    b'{"type": "LeadCaptured", "source": "crm", "subject": "L1", "time": "2026-03-02T09:00:00Z", "data": {"age": 44}}'
)
MAPPING = """
source = "crm"
[[event]]
type = "LeadCaptured"
subject = "{id}"
id = "captured-{id}"
time = "{day}"
data.region = "{region}"
[[event]]
type = "LeadScored"
subject = "{id}"
id = "scored-{id}"
time = "{day}"
when.score = { present = true }
data.score = "{SCORE}"
"""


def test_the_bytes_are_kept_as_they_came(desk: Desk):
    desk.take(BROKEN)
    with desk.workspace.quarantine() as quarantine:
        (entry,) = quarantine.entries()
    assert (entry.raw, entry.subject, entry.type, entry.where) == (BROKEN, "L1", "LeadCaptured", "line 1")
    assert (entry.state, entry.field, entry.word) == ("faulty", "age", "unknown")
    assert (entry.first_seen, entry.count) == (desk.clock.micros, 1)


def test_the_same_bytes_again_are_one_entry_with_a_counter(desk: Desk):
    desk.take(BROKEN, BROKEN)
    desk.clock.micros += 1_000_000
    desk.take(BROKEN, run="second")
    with desk.workspace.quarantine() as quarantine:
        (entry,) = quarantine.entries()
    assert (entry.count, entry.last_seen - entry.first_seen, entry.run) == (3, 1_000_000, "second")


def test_what_is_kept_is_sealed(desk: Desk):
    desk.take(tell("LeadScored", score="a-secret-word"), b"a-secret-word that is no JSON")
    with desk.workspace.log.reading() as reading:
        rows = reading.execute("SELECT * FROM quarantine").fetchall()
    assert "a-secret-word" not in str(rows)
    assert any("a-secret-word" in reason for reason in desk.reasons())


def test_the_view_tells_where_it_came_from_and_why(desk: Desk):
    desk.take(tell("MarketingQualified"), BROKEN)
    parked, faulty = ask(desk.workspace, "quarantine", {}).document()["rows"]
    assert (parked["lead"], parked["state"], parked["type"]) == ("L1", "parked", "MarketingQualified")
    assert (faulty["state"], faulty["count"], faulty["source"]) == ("faulty", 1, "crm")
    assert "age" in faulty["reason"]


def test_retry_takes_in_what_the_sources_mode_now_allows(desk: Desk):
    desk.take(BROKEN)
    settings = desk.workspace.folder / "leadlog.toml"
    settings.write_text(settings.read_text() + '\n[source.crm]\nunknown = "ignore"\n')
    workspace = type(desk.workspace).find(desk.workspace.folder, desk.clock)
    assert retry(workspace).recorded == 1
    assert desk.kept() == []
    assert desk.types() == ["LeadCaptured"]
    workspace.close()


def test_retry_in_vain_leaves_the_entry_and_counts_the_try(desk: Desk):
    desk.take(BROKEN, tell("MarketingQualified", subject="L9"))
    done = retry(desk.workspace)
    assert (done.recorded, done.left) == (0, 2)
    with desk.workspace.quarantine() as quarantine:
        assert [(entry.entry, entry.count, entry.tries) for entry in quarantine.entries()] == [(1, 1, 1), (2, 1, 1)]


def test_retry_of_one_entry_leaves_the_others_alone(desk: Desk):
    desk.take(BROKEN, tell("LeadScored", score="x"))
    retry(desk.workspace, Wanted(entries=(2,)))
    with desk.workspace.quarantine() as quarantine:
        assert [entry.tries for entry in quarantine.entries()] == [0, 1]


@pytest.fixture
def table(desk: Desk, tmp_path):
    """A table whose scores are read from a column that is spelt wrong in the mapping."""
    mapping, sample = tmp_path / "crm.toml", tmp_path / "crm.csv"
    mapping.write_text(MAPPING.replace("SCORE", "score"))
    sample.write_text("id,day,region,score\nL1,2026-03-02,north,eighty\nL2,2026-03-03,south,70\nL3,,east,\n")
    return mapping, sample


def test_a_bad_cell_keeps_its_event_aside_and_the_rest_of_the_row_goes_in(desk: Desk, table):
    mapping, sample = table
    summary = ingest(desk.workspace, Ingestion([str(sample)], mapping))
    assert (summary.recorded, summary.quarantined, summary.left) == (3, 2, 2)
    with desk.workspace.quarantine() as quarantine:
        score, day = quarantine.entries()
    assert "record 1" in str(score.where)
    assert (score.field, day.field) == ("score", "time")


def test_a_mended_mapping_lets_retry_take_it_in(desk: Desk, table):
    mapping, sample = table
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    mapping.write_text(
        MAPPING.replace('data.score = "{SCORE}"', 'data.score = { column = "score", map = { eighty = "80" } }')
    )
    done = retry(desk.workspace, Wanted(entries=(1,)))
    assert (done.recorded, done.left) == (1, 0)
    assert [row.clear() for row in desk.workspace.log.rows(types=("LeadScored",))] == [{"score": 70}, {"score": 80}]


def test_the_same_table_again_changes_nothing(desk: Desk, table):
    mapping, sample = table
    ingest(desk.workspace, Ingestion([str(sample)], mapping))
    head, kept = desk.workspace.log.head(), desk.kept()
    again = ingest(desk.workspace, Ingestion([str(sample)], mapping))
    assert (again.recorded, again.known) == (0, 3)
    assert (desk.workspace.log.head(), desk.kept()) == (head, kept)


def test_a_dry_run_says_what_would_become_of_it_and_changes_nothing(desk: Desk, table):
    mapping, sample = table
    with desk.workspace.copied() as copy:
        summary = ingest(copy, Ingestion([str(sample)], mapping))
    assert (summary.recorded, summary.left) == (3, 2)
    assert desk.workspace.log.head().position == 0
    assert desk.kept() == []


def test_an_entry_that_its_key_does_not_open_is_listed_all_the_same_and_stays(desk: Desk):
    desk.take(BROKEN)
    with sqlite3.connect(desk.workspace.keys.path) as keys:
        keys.execute("UPDATE key SET key = randomblob(32)")
    keys.close()
    assert desk.kept() == [("faulty", "LeadCaptured", "unknown")]
    assert retry(desk.workspace).left == 1
    (row,) = ask(desk.workspace, "quarantine", {}).rows
    assert row["state"] == "faulty"

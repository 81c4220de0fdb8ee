"""Marks: unique texts in everything that can be personal of one lead. Once she is erased no file and no answer holds one, and no figure moved."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli.options import Format
from engine.cli.output import write_view
from engine.erasure import erase
from engine.export import exported
from engine.kafka.publish import message
from engine.store.log import Log
from engine.views import OWN, ask
from engine.workspace import Workspace
from projections import database
from projections.history import History
from projections.views import VIEWS
from tests.engine.conftest import Desk, tell

LEAD = "mark-id@example.test"
MARKS = [
    LEAD, "mark-name", "mark-mail@example.test", "+49 30 5550199", "mark-text", "mark-comment", "mark-evidence", "mark-note",
    "mark-event@example.test", "mark-kept", "mark-trace", "mark-score", "mark-cut", "mark-field@example.test",
]  # fmt: skip


AGREEMENT = {
    "name": "a", "effective_from": "2026-01-01",
    "calendar": {"zone": "Europe/Berlin", "hours": {"mon": ["09:00-18:00"], "thu": ["09:00-18:00"]}},
    "sales": {"responds_by": ["call"], "tier": [{"id": "all", "response": "1h"}]},
    "marketing": {"qualified_leads": {"count": 1, "per": "month"}},
}  # fmt: skip


@pytest.fixture
def marked(desk: Desk) -> Desk:
    """L with marks everywhere; M refers L and was referred by her; both in the log, in quarantine, in the history, in an earlier report."""
    (desk.workspace.folder / "leadlog.toml").write_text(
        'zone = "Europe/Berlin"\n[source.crm]\nunknown = "keep"\n', encoding="utf-8"
    )
    desk.workspace.close()
    desk.workspace = Workspace.find(desk.workspace.folder, desk.clock)
    desk.take(
        tell("SlaAgreed", "2026-01-01T00:00:00Z", "agreement", agreement=AGREEMENT),
        tell("LeadCaptured", subject=LEAD, name="mark-name", email="mark-mail@example.test", phone="+49 30 5550199", channel="web",
             id="mark-event@example.test", nickname="mark-kept") | {"traceparent": "mark-trace"},
        tell("InteractionLogged", "2026-03-02T10:00:00Z", LEAD, kind="call", direction="outbound", text="mark-text", id="2"),
        tell("FeedbackGiven", "2026-03-02T11:00:00Z", LEAD, kind="nps", score=9, comment="mark-comment", id="3"),
        tell("MarketingQualified", "2026-03-03T09:00:00Z", LEAD, tier="hot", id="4"),
        tell("BantAssessed", "2026-03-04T09:00:00Z", LEAD, budget="yes", authority="no", need="yes", timeline="unknown",
             evidence="mark-evidence", id="5"),
        tell("LeadHandedOff", "2026-03-04T10:00:00Z", LEAD, handoff="H1", to_team="sales", note="mark-note", id="6"),
        tell("LeadCaptured", subject="M", channel="fair", name="other", id="7"),
        tell("ReferralMade", "2026-03-05T09:00:00Z", "M", referred=LEAD, id="8"),
        tell("ReferralMade", "2026-03-05T09:00:00Z", LEAD, referred="M", id="9"),
        tell("LeadScored", "2026-03-05T10:00:00Z", LEAD, score="mark-score", id="10"),
        tell("DealWon", "2026-03-05T10:00:00Z", LEAD, opportunity="O1", id="11"),
        tell("LeadCaptured", "2026-03-05T10:00:00Z", LEAD, id="mark-event@example.test", name="mark-name said otherwise"),
        b'{"source": "crm", "type": "LeadScored", "data": {"text": "mark-cut, said mark-mail@example.test',
        b'{"source": "crm", "type": "LeadScored", "subject": "mark-id@example.test", "data": {"mark-field@example.test": 1, "score": "a"}}',
    )  # fmt: skip
    History.open(desk.workspace.history, desk.workspace.log).build()
    return desk


NEEDED = {
    "lead": {"lead": LEAD},
    "sla explain": {"handoff": "H1"},
    "forecast replay": {"period": "month"},
}  # options without which a view says nothing


def held(content: bytes) -> list[str]:
    return [mark for mark in MARKS if mark.encode() in content]


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (file for file in folder.rglob("*") if file.is_file())


def answers(workspace: Workspace) -> dict[str, Any]:
    """What every view answers, and the raw log."""
    found = {view: answer(workspace, view) for view in (*VIEWS, *OWN)}
    return found | {"export": list(exported(workspace.log, workspace.log.rows()))}


def answer(workspace: Workspace, view: str) -> dict[str, Any]:
    """What a view answers, all of it in memory."""
    document = ask(workspace, view, NEEDED.get(view, {})).document()
    return {**document, "rows": [dict(row) for row in document["rows"]]}


def test_the_marks_can_be_found_before(marked: Desk):
    told = json.dumps(answers(marked.workspace)).encode()
    with marked.workspace.quarantine() as quarantine:
        told += b"".join(entry.raw or b"" for entry in quarantine.entries())
    assert held(told) == MARKS


def test_no_mark_and_no_byte_of_a_key_is_in_any_file(marked: Desk, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    keys = list(marked.workspace.keys.keys(marked.workspace.log.streams([1]).values()).values())
    with marked.workspace.quarantine() as quarantine:
        keys += marked.workspace.keys.keys(quarantine.own_keys()).values()
    assert len(keys) == 2
    assert any(keys[0] in file.read_bytes() for file in files(tmp_path))
    erased = erase(marked.workspace, LEAD)
    assert (erased.keys, len(erased.loose)) == (1, 1)
    ask(marked.workspace, "funnel.per_lead", {})
    with marked.workspace.copied() as copy:
        copy.log.head()
        for file in files(tmp_path):
            content = file.read_bytes()
            assert held(content) == [], file
            assert not any(key in content or key[:12] in content for key in keys), file
    assert {file.name for file in files(tmp_path)} >= {
        "log.db",
        "log.db-wal",
        "log.db-shm",
        "keys.db",
        "erasures.ndjson",
    }
    assert [file for file in files(marked.workspace.history) if file.suffix == ".parquet"]


def test_nothing_that_is_answered_or_exported_holds_a_mark(marked: Desk):
    erase(marked.workspace, LEAD)
    assert held(json.dumps(list(exported(marked.workspace.log, marked.workspace.log.rows()))).encode()) == []
    for view in (*VIEWS, *OWN):
        answered = ask(marked.workspace, view, NEEDED.get(view, {}))
        for format_ in Format:
            printed = io.StringIO()
            write_view(answered, format_, printed)
            assert held(printed.getvalue().encode()) == []
    sent = [message(marked.workspace.log, row, personal=True) for row in marked.workspace.log.rows()]
    assert held(b"".join(one.value + b"".join(value for _, value in one.headers) for one in sent)) == []


def test_no_figure_of_any_view_moves(marked: Desk):
    def figures() -> dict[str, Any]:
        return {view: answer(marked.workspace, view) for view in (*VIEWS, "anomalies", "sources gaps")}

    before = figures()
    names = {LEAD: str(erase(marked.workspace, LEAD).streams[0])}
    position = marked.workspace.log.head().position
    for document in before.values():
        document["position"] = position
        for row in document["rows"]:
            if "lead" in row:
                row["lead"] = names.get(row["lead"], row["lead"])
    assert figures() == before


def test_entries_keep_their_word_and_count_once_what_they_hold_is_gone(marked: Desk):
    before = marked.kept()
    erase(marked.workspace, LEAD)
    assert marked.kept() == before
    assert held(" ".join(marked.reasons()).encode()) == []


def test_what_is_sent_again_brings_nothing_back(marked: Desk):
    erase(marked.workspace, LEAD)
    told = tell("LeadCaptured", subject=LEAD, name="mark-name", channel="web", id="mark-event@example.test")
    new = tell("LeadCaptured", "2026-03-09T09:00:00Z", LEAD, name="mark-name", channel="fair", id="20")
    bad = tell("LeadScored", "2026-03-09T10:00:00Z", LEAD, score="mark-score", id="21")
    assert marked.take(told, new, bad).known == 1
    seen = [answer(marked.workspace, view) for view in OWN]
    assert held(json.dumps([*seen, *exported(marked.workspace.log, marked.workspace.log.rows())]).encode()) == []
    for file in files(marked.workspace.folder):
        assert held(file.read_bytes()) == [], file


def test_a_view_that_spills_writes_no_mark(marked: Desk, tmp_path, monkeypatch):
    spill = tmp_path / "spill"
    spill.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spill))
    monkeypatch.setattr(database, "MEMORY", "32MB")
    with History.open(marked.workspace.history, marked.workspace.log).reading() as moment:
        moment.events()
        moment.connection.execute("SET threads = 1")
        moment.connection.execute(
            "CREATE TEMP TABLE large AS SELECT position, lead, type, source, channel, hash(n, position) AS one, hash(position, n) AS two"
            " FROM events, range(200000) AS many(n)"
        )
        written = [file.read_bytes() for file in files(spill)]
        assert sum(map(len, written)) > 1_000_000
        assert [held(content) for content in written] == [[] for _ in written]


def test_a_csv_export_of_a_view_opens_without_marks(marked: Desk):
    erase(marked.workspace, LEAD)
    printed = io.StringIO()
    write_view(ask(marked.workspace, "funnel.per_lead", {}), Format.CSV, printed)
    leads = {row["lead"] for row in csv.DictReader(io.StringIO(printed.getvalue()))}
    assert leads == {str(marked.workspace.log.streams([1])[1]), "M"}


def test_a_log_opened_elsewhere_with_the_key_still_in_memory_seals_nothing_more(marked: Desk):
    """Another process has looked the key up before the erasure; what it records afterwards has no personal part."""
    other = Workspace.find(marked.workspace.folder, marked.clock)
    list(other.log.facts(other.log.rows()))
    erase(marked.workspace, LEAD)
    there = Desk.__new__(Desk)
    there.clock, there.workspace, there.sent = marked.clock, other, 100
    there.take(tell("LeadCaptured", "2026-03-09T09:00:00Z", LEAD, name="mark-name", id="30"))
    (*_, last) = other.log.rows()
    assert last.after_erasure
    other.close()


def test_an_exported_log_names_no_erased_referral(marked: Desk):
    erase(marked.workspace, LEAD)
    log: Log = marked.workspace.log
    referred = [event["data"]["referred"] for event in exported(log, log.rows(types=["ReferralMade"]))]
    assert referred == [str(log.streams([1])[1]), {"source": "crm", "id": "M"}]

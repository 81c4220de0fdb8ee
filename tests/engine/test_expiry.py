"""Handoffs expire by an explicit run, once, by the agreement that was in force when they were given."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.agreements import agree
from engine.expiry import expire, would_expire
from engine.retraction import retract
from engine.views import ask
from engine.workspace import Workspace
from events.instants import parse_instant
from projections.definitions.agreement import agreement
from tests.engine.conftest import Desk, tell
from tests.engine.test_handoff_view import AGREED

OVER = "2026-03-03T16:00:00+01:00"  # Monday 17:00 plus 8 h of Mon–Fri 09–18


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    """One handoff on Monday at 17:00, which may lie for eight hours of business time."""
    agree(desk.workspace, agreement(AGREED))
    desk.take(
        tell("LeadCaptured", "2026-03-02T15:00:00+01:00"),
        tell("LeadHandedOff", "2026-03-02T17:00:00+01:00", handoff="H1", to_team="sales"),
    )
    return desk


def stands_at(desk: Desk, instant: str) -> None:
    desk.clock.micros = parse_instant(instant).start


def expired(desk: Desk) -> list[str]:
    return [row["handoff"] for row in expire(desk.workspace).result.rows]


def status(desk: Desk) -> str:
    (row,) = ask(desk.workspace, "handoffs", {"handoff": "H1"}).rows
    return str(row["status"])


def test_the_due_instant_itself_is_in_time(desk):
    stands_at(desk, OVER)
    agree(desk.workspace, agreement(AGREED))
    desk.take(
        tell("LeadCaptured", "2026-03-02T15:00:00+01:00"),
        tell("LeadHandedOff", "2026-03-02T17:00:00+01:00", handoff="H1"),
    )
    assert [row["expires_at"] for row in ask(desk.workspace, "handoffs unanswered", {}).rows] == [OVER]
    assert expired(desk) == []
    stands_at(desk, "2026-03-03T16:00:01+01:00")
    assert expired(desk) == ["H1"]


def test_the_event_tells_who_did_it_by_which_rule(agreed):
    done = expire(agreed.workspace)
    (row,) = list(agreed.workspace.log.rows(types=["HandoffExpired"]))
    assert (row.actor, row.correlation_id, row.run) == ("leadlog:expire", agreement(AGREED).definition, done.run)
    assert row.clear() == {"handoff": "H1", "reason": "no answer within 8h"}
    assert row.time.start == agreed.clock.micros
    assert [(one["handoff"], one["lead"], one["position"]) for one in done.result.rows] == [("H1", "L1", row.position)]
    assert status(agreed) == "expired"


def test_a_second_run_finds_nothing(agreed):
    assert expired(agreed) == ["H1"]
    assert expired(agreed) == []
    assert agreed.types().count("HandoffExpired") == 1


def test_two_runs_at_once_expire_it_once(agreed):
    def run(_: int) -> int:
        here = Workspace.find(agreed.workspace.folder, agreed.clock)
        try:
            return len(expire(here).result.rows)
        finally:
            here.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(run, range(4))) == 1
    assert agreed.types().count("HandoffExpired") == 1
    assert agreed.kept() == []


def test_a_dry_run_records_nothing(agreed):
    assert [row["handoff"] for row in would_expire(agreed.workspace).rows] == ["H1"]
    assert "HandoffExpired" not in agreed.types()


@pytest.mark.parametrize(
    "event",
    [
        tell("HandoffAccepted", "2026-03-05T10:00:00Z", handoff="H1"),
        tell("HandoffRejected", "2026-03-05T10:00:00Z", handoff="H1", reason="student"),
        tell("HandoffWithdrawn", "2026-03-05T10:00:00Z", handoff="H1"),
    ],
    ids=lambda event: event["type"],
)
def test_what_was_answered_or_ended_does_not_expire(agreed, event):
    agreed.take(event)
    assert expired(agreed) == []


def test_a_paused_one_does_not_expire_and_what_it_was_paused_counts_off(agreed):
    agreed.take(tell("HandoffPaused", "2026-03-02T17:30:00+01:00", handoff="H1"))
    assert expired(agreed) == []
    agreed.take(tell("HandoffResumed", "2026-03-04T09:30:00+01:00", handoff="H1"))
    (row,) = ask(agreed.workspace, "handoffs unanswered", {}).rows
    assert row["expires_at"] == "2026-03-04T17:00:00+01:00"  # half an hour on Monday, 7.5 from Wednesday 09:30 on
    assert expired(agreed) == ["H1"]


def test_a_pause_that_begins_too_late_changes_nothing(agreed):
    agreed.take(tell("HandoffPaused", "2026-03-03T17:30:00+01:00", handoff="H1"))
    assert expired(agreed) == ["H1"]


def test_without_a_limit_in_force_at_the_handoff_nothing_expires(desk):
    later = {**AGREED, "effective_from": "2026-04-01"}
    agree(desk.workspace, agreement(later))
    desk.take(tell("LeadCaptured"), tell("LeadHandedOff", "2026-03-02T17:00:00+01:00", handoff="H1"))
    assert expired(desk) == []


def test_the_handoff_of_somebody_erased_expires_too(agreed):
    from engine.erasure import erase

    erase(agreed.workspace, "L1")
    assert expired(agreed) == ["H1"]


def test_a_run_is_taken_back_like_an_import(agreed):
    done = expire(agreed.workspace)
    retract(agreed.workspace, done.run)
    assert status(agreed) == "open"
    assert expired(agreed) == ["H1"]

"""Handoffs, and spans that run backwards."""

from typing import Any

from projections.anomalies import negative_spans
from projections.asked import Asked
from projections.handoffs.columns import HANDOFFS
from projections.history import History
from projections.views import ask
from tests.projections.fake_log import FakeLog, log_of


def handoffs(log: FakeLog, **options: Any) -> list[Any]:
    return list(ask("handoffs", History.open(None, log), Asked.of(options), "Europe/Berlin", lambda: 0).rows)


def test_a_whole_result():
    log = log_of(
        [
            ("L1", "LeadScored", "2026-03-01T09:00:00Z", {"score": 40}),
            ("L1", "LeadScored", "2026-03-02T09:00:00Z", {"score": 60}),
            (
                "L1",
                "LeadHandedOff",
                "2026-03-02T09:00:00Z",
                {"handoff": "H1", "to_team": "sales", "from_owner": "anna"},
            ),
            ("L1", "LeadScored", "2026-03-02T10:00:00Z", {"score": 80}),
            ("L1", "HandoffRejected", "2026-03-03", {"handoff": "H1", "reason": "no budget"}),
            ("L1", "HandoffExpired", "2026-03-04T09:00:00Z", {"handoff": "H1"}),
            ("L2", "LeadHandedOff", "2026-03-05", {"handoff": "H1", "to_owner": "ben"}),
        ]
    )
    nothing = {column.name: None for column in HANDOFFS} | {"automatic": False, "self": False, "journey": 1}
    assert handoffs(log) == [
        nothing | {
            "handoff": "H1", "lead": 1, "from_owner": "anna", "to_team": "sales", "status": "rejected", "score": 60, "position": 3,
            "handed_off_at": "2026-03-02T10:00:00+01:00", "answered_at": "2026-03-03", "answer_s": 86_400, "reason": "no budget",
        },
        nothing | {"handoff": "H1", "lead": 2, "to_owner": "ben", "status": "open", "handed_off_at": "2026-03-05", "position": 7},
    ]  # fmt: skip
    assert [row["lead"] for row in handoffs(log, period="2026-03-05")] == [2]
    assert [row["lead"] for row in handoffs(log, until="2026-03-04")] == [1]
    assert [row["lead"] for row in handoffs(log, lead=2)] == [2]
    assert handoffs(log, handoff="H2") == []


def test_no_handoffs():
    assert handoffs(FakeLog()) == []


def test_after_a_merge_a_handoff_is_the_surviving_lead_s():
    log = FakeLog()
    log.add("A", "LeadCaptured", "2026-03-02T09:00:00Z")
    log.add("B", "LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1")
    log.add("A", "HandoffAccepted", "2026-03-03T09:00:00Z", handoff="H1")
    assert [(row["lead"], row["status"]) for row in handoffs(log)] == [(2, "open")]
    log.add("A", "LeadsMerged", "2026-03-04T09:00:00Z", merged="B")
    assert [(row["lead"], row["status"]) for row in handoffs(log)] == [(1, "accepted")]


def test_a_span_that_runs_backwards_stands_at_the_event_that_enters_the_later_stage():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-10T09:00:00Z"),
            ("L1", "DealWon", "2026-03-03T09:00:00Z", {"opportunity": "O1"}),
            ("L2", "LeadCaptured", "2026-03-10T09:00:00Z"),
            ("L2", "MarketingQualified", "2026-03-10"),  # the whole day: not before
            ("L3", "LeadCaptured", "2026-03-10T09:00:00Z"),
            ("L3", "MarketingQualified", "2026-03-09"),
        ]
    )
    assert negative_spans(History.open(None, log), Asked.of({}), "UTC", lambda: 0) == [
        {
            "lead": 1, "type": "DealWon", "position": 2, "time": "2026-03-03T09:00:00+00:00",
            "detail": "enters won before lead, which was entered at 2026-03-10T09:00:00+00:00",
        },
        {
            "lead": 3, "type": "MarketingQualified", "position": 6, "time": "2026-03-09",
            "detail": "enters mql before lead, which was entered at 2026-03-10T09:00:00+00:00",
        },
    ]  # fmt: skip

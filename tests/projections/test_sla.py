"""The views of the agreement: whole results, and what no generated history asks."""

from typing import Any

import pytest

from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.result import Result
from projections.views import ask, open_promise
from tests.projections.fake_log import FakeLog

OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = {"zone": "Europe/Berlin", "holidays": "DE-BY", "closed": ["2026-03-11 12:00-24:00"], "hours": OFFICE}
TIERS = [{"id": "hot", "when": "score >= 80", "response": "1h", "decision": "4h"}, {"id": "standard", "response": "8h"}]
MONDAY = "2026-03-09"


def agreement(**changed: Any) -> dict[str, Any]:
    return {"name": "ours", "effective_from": "2026-01-01", "calendar": CALENDAR, "sales": {"tier": TIERS}} | changed


@pytest.fixture
def log() -> FakeLog:
    """H1 at ten on Monday, hot, answered in time; H2 at noon, standard, not answered."""
    log = FakeLog()
    log.add("", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=agreement())
    log.add("L1", "LeadCaptured", f"{MONDAY}T08:00:00+01:00", channel="web", region="north")
    log.add("L2", "LeadCaptured", f"{MONDAY}T08:00:00+01:00", channel="fair")
    log.add("L1", "LeadScored", f"{MONDAY}T09:00:00+01:00", score=85)
    log.add("L1", "LeadHandedOff", f"{MONDAY}T10:00:00+01:00", handoff="H1", to_team="sales", to_owner="anna")
    log.add("L1", "InteractionLogged", f"{MONDAY}T10:30:00+01:00", kind="call", direction="outbound")
    log.add("L2", "LeadHandedOff", f"{MONDAY}T12:00:00+01:00", handoff="H2", to_team="sales")
    log.add("L1", "HandoffPaused", f"{MONDAY}T13:00:00+01:00", handoff="H1", reason="waiting for the lead")
    return log


def answer(view: str, log: FakeLog, now: str = f"{MONDAY}T16:00:00+01:00", **options: Any) -> Result:
    return ask(view, History.open(None, log), Asked.of({"now": now, **options}), "Europe/Berlin", lambda: 0)


def test_a_whole_summary(log):
    measures = "promised met breached running excluded compliance response_p50_s response_p90_s wall_p50_s".split()
    assert list(answer("sla", log, by=("channel", "tier")).rows) == [
        {"channel": "fair", "tier": "standard", "promise": "response"} | dict(zip(measures, (1, 0, 0, 1, 0, None, None, None, None), strict=True)),
        {"channel": "web", "tier": "hot", "promise": "response"} | dict(zip(measures, (1, 1, 0, 0, 0, 1.0, 1800.0, 1800.0, 1800.0), strict=True)),
        {"channel": "web", "tier": "hot", "promise": "decision"} | dict(zip(measures, (1, 0, 0, 1, 0, None, None, None, None), strict=True)),
    ]  # fmt: skip


def test_a_whole_verdict(log):
    assert answer("sla verdicts", log, handoff="H1").rows[0] == {
        "handoff": "H1", "lead": 1, "promise": "response", "tier": "hot", "team": "sales", "owner": "anna", "responder": None,
        "verdict": "met", "reason": None, "started_at": "2026-03-09T10:00:00+01:00", "due_at": "2026-03-09T11:00:00+01:00",
        "done_at": "2026-03-09T10:30:00+01:00", "business_s": 1800.0, "wall_s": 1800.0, "late_s": 0,
    }  # fmt: skip


def test_every_period_has_a_row_also_an_empty_one(log):
    rows = answer("sla", log, period="week", since="2026-03-02", until="2026-03-15").rows
    assert [(row["period"], row["promise"], row["promised"]) for row in rows] == [
        ("2026-W10", "response", 0), ("2026-W10", "decision", 0), ("2026-W11", "response", 2), ("2026-W11", "decision", 1),
    ]  # fmt: skip


def test_filters_and_dimensions_are_those_of_the_handoff(log):
    assert [row["promised"] for row in answer("sla", log, filter={"region": (None,)}).rows] == [1, 0]
    assert [row["handoff"] for row in answer("sla verdicts", log, filter={"owner": ("anna",)}).rows] == ["H1", "H1"]
    assert {
        row["week"] if "week" in row else row["period"] for row in answer("sla", log, by=("week", "responder")).rows
    } == {"2026-W11"}
    with pytest.raises(QuestionError, match="no dimension of the agreement"):
        answer("sla", log, by=("chanel",))


def test_without_an_agreement_it_is_said_how_to_record_one():
    with pytest.raises(QuestionError, match="leadlog agree FILE"):
        answer("sla", FakeLog())


def test_an_agreement_that_is_none_is_left_out_and_told(log):
    position = log.add("", "SlaAgreed", f"{MONDAY}T15:00:00+01:00", agreement={"name": "bad"})
    result = answer("sla", log)
    assert [row["promised"] for row in result.rows] == [2, 1]
    assert any(f"position {position} is left out" in note for note in result.notes)


def test_before_the_first_agreement_nothing_is_promised(log):
    log.add("L3", "LeadHandedOff", "2025-12-31T23:30:00+01:00", handoff="H0", to_team="sales")
    log.add("L3", "LeadHandedOff", "2026-01-01T00:00:00+01:00", handoff="H00", to_team="sales")
    assert [row["handoff"] for row in answer("sla verdicts", log, lead=3).rows] == ["H00"]


def test_what_is_dated_after_the_asked_instant_has_not_happened_yet(log):
    rows = answer("sla verdicts", log, now=f"{MONDAY}T10:15:00+01:00").rows
    assert [(row["handoff"], row["promise"], row["verdict"], row["business_s"]) for row in rows] == [
        ("H1", "response", "running", 900.0), ("H1", "decision", "running", 900.0),
    ]  # fmt: skip


def test_a_pause_after_the_answer_moves_no_due_time(log):
    assert [row["due_at"] for row in answer("sla verdicts", log, handoff="H1").rows] == [
        "2026-03-09T11:00:00+01:00",
        None,
    ]


def test_who_gives_a_lead_away_does_not_have_it_any_more(log):
    log.add("L3", "LeadAssigned", f"{MONDAY}T10:00:00+01:00", owner="sdr")
    log.add("L3", "LeadHandedOff", f"{MONDAY}T11:00:00+01:00", handoff="H3", from_owner="sdr", to_team="sales")
    log.add("L3", "LeadAssigned", f"{MONDAY}T12:00:00+01:00", owner="ben")
    assert [(row["owner"], row["business_s"]) for row in answer("sla owners", log, handoff="H3").rows] == [
        ("ben", 14400.0),
        (None, 3600.0),
    ]


def test_the_work_list_is_soonest_first(log):
    log.add("L3", "LeadHandedOff", f"{MONDAY}T15:30:00+01:00", handoff="H3", to_team="sales", tier="hot")
    log.add("L3", "LeadScored", f"{MONDAY}T15:30:00+01:00", score=90)
    rows = answer("sla due", log).rows
    assert [(row["due_at"], row["left_s"], row["handoff"], row["promise"]) for row in rows] == [
        ("2026-03-09T16:30:00+01:00", 1800.0, "H3", "response"),
        ("2026-03-10T11:30:00+01:00", 12600.0, "H3", "decision"),
        ("2026-03-10T12:00:00+01:00", 14400.0, "H2", "response"),
    ]  # fmt: skip
    assert "paused: 1 more, which are due only once they are resumed" in answer("sla due", log).notes
    assert len(answer("sla due", log, within="3h 30min").rows) == 2
    assert len(answer("sla due", log, within="3h wall").rows) == 1
    late = f"{MONDAY}T16:45:00+01:00"
    assert [row["left_s"] for row in answer("sla due", log, late, within="1h").rows] == []
    assert [row["left_s"] for row in answer("sla due", log, late, within="1h", overdue=True).rows] == [-900.0]
    with pytest.raises(QuestionError, match="within"):
        answer("sla due", log, within="tomorrow")


def test_the_proof_says_why_time_did_not_count(log):
    log.add("L2", "InteractionLogged", "2026-03-12T10:00:00+01:00", kind="call", direction="outbound")
    parts = answer("sla explain", log, "2026-03-12T12:00:00+01:00", handoff="H2").rows
    assert [(part["part"], part["why"], part["business_s"], part["after_due"]) for part in parts] == [
        ("worked", None, 18000.0, False),
        ("closed", "outside working hours", 0.0, False),
        ("worked", None, 10800.0, False),
        ("worked", None, 18000.0, True),
        ("closed", "outside working hours", 0.0, True),
        ("worked", None, 10800.0, True),
        ("closed", "closed that day", 0.0, True),
        ("closed", "outside working hours", 0.0, True),
        ("worked", None, 3600.0, True),
        ("sum", None, 61200.0, None),
    ]  # fmt: skip


def test_a_holiday_is_named_and_a_weekend_is_one(log):
    log.add("L3", "LeadHandedOff", "2026-04-02T16:00:00+02:00", handoff="H3", to_team="sales")  # Maundy Thursday
    parts = answer("sla explain", log, "2026-04-07T10:00:00+02:00", handoff="H3").rows
    assert [part["why"] for part in parts if part["part"] == "closed"] == [
        "outside working hours", "Karfreitag", "weekend", "Ostermontag", "outside working hours",
    ]  # fmt: skip


def test_a_pause_tells_its_reason_in_the_proof(log):
    parts = answer("sla explain", log, handoff="H1").rows
    assert [(part["promise"], part["part"], part["why"]) for part in parts if part["part"] == "paused"] == [
        ("decision", "paused", "waiting for the lead")
    ]


def test_a_handoff_without_a_promise_and_one_that_is_none_are_told_apart(log):
    log.add("L3", "LeadHandedOff", "2025-06-01T10:00:00+01:00", handoff="H0", to_team="sales")
    with pytest.raises(QuestionError, match="nothing is promised"):
        answer("sla explain", log, handoff="H0")
    with pytest.raises(QuestionError, match="no handoff 'H9' is known"):
        answer("sla explain", log, handoff="H9")
    with pytest.raises(QuestionError, match="say which one"):
        answer("sla explain", log)


def test_behind_the_compliance_stand_those_judged(log):
    told = Asked.of({"now": f"{MONDAY}T16:00:00+01:00"})
    opened = open_promise(History.open(None, log), told, "UTC", lambda: 0, "response", "compliance")
    assert [(row["handoff"], row["counted"]) for row in opened.rows] == [("H1", True)]
    with pytest.raises(QuestionError, match="is not promised"):
        open_promise(History.open(None, log), told, "UTC", lambda: 0, "follow_up")
    with pytest.raises(QuestionError, match="no handoffs behind it"):
        open_promise(History.open(None, log), told, "UTC", lambda: 0, "response", "late")


def answered_after(minutes: list[int | None]) -> FakeLog:
    log = FakeLog()
    log.add(
        "", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=agreement(sales={"tier": [{"id": "all", "response": "1h"}]})
    )
    for number, wait in enumerate(minutes):
        log.add(f"L{number}", "LeadHandedOff", f"{MONDAY}T09:00:00+01:00", handoff=f"H{number}", to_team="sales")
        if wait is not None:
            told = f"{MONDAY}T{9 + wait // 60:02}:{wait % 60:02}:00+01:00"
            log.add(f"L{number}", "InteractionLogged", told, kind="call", direction="outbound")
    return log


def test_the_promise_that_nine_in_ten_would_have_kept():
    log = answered_after([10, 20, 30, 40, 50, 60, 70, 80, 95, 200])
    (row,) = answer("sla suggest", log).rows
    assert (row["suggested_s"], row["kept"], row["promised_s"], row["kept_now"]) == (
        95 * 60,
        pytest.approx(0.9),
        3600,
        pytest.approx(0.6),
    )
    for span, kept in (("95min", True), ("94min", False)):
        other = agreement(sales={"tier": [{"id": "all", "response": span}]})
        (then,) = answer("sla", log, what_if=other).rows
        assert (then["compliance"] >= 0.9) is kept


def test_who_still_waits_is_neither_a_breach_nor_left_out():
    rows = answer("sla suggest", answered_after([10, 20, None]), met=0.6).rows
    assert [(row["done"], row["waiting"], row["suggested_s"]) for row in rows] == [(2, 1, 1200.0)]
    (row,) = answer("sla suggest", answered_after([10, 20, None]), met=0.9).rows
    assert (row["suggested_s"], row["reason"]) == (None, "no time would do: 66.7% were done at all")
    with pytest.raises(QuestionError, match="no share"):
        answer("sla suggest", answered_after([10]), met=90)


def test_marketing_counts_a_journey_once_with_enough_score_and_not_what_comes_back():
    log = FakeLog()
    side = {"qualified_leads": {"count": 2, "per": "month"}, "minimum_score": 50, "accepted_share": 0.5}
    log.add("", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=agreement(marketing=side))
    for lead, score in (("L1", 60), ("L2", 40), ("L3", 70)):
        log.add(lead, "LeadScored", "2026-03-02T09:00:00Z", score=score)
        log.add(lead, "LeadHandedOff", "2026-03-03T09:00:00Z", handoff="H1", to_team="sales")
    log.add("L1", "LeadHandedOff", "2026-03-04T09:00:00Z", handoff="H2", to_team="field")
    log.add("L3", "LeadHandedOff", "2026-03-04T09:00:00Z", handoff="H2", to_team="marketing")
    log.add("L1", "LeadRecycled", "2026-03-05T09:00:00Z", reason="later")
    assert [(row["promise"], row["delivered"], row["verdict"]) for row in answer("sla marketing", log, "2026-03-16T12:00:00+01:00").rows] == [
        ("qualified_leads", 2, "met"), ("accepted_share", None, "running"),
    ]  # fmt: skip
    log.add("L1", "LeadHandedOff", "2026-03-06T09:00:00Z", handoff="H3", to_team="sales")
    (row, _) = answer("sla marketing", log, "2026-03-16T12:00:00+01:00").rows
    assert (row["delivered"], row["attainment"]) == (3, 1.5)
    assert row["pace"] == pytest.approx(3 / (2 * 15.5 / (31 - 1 / 24)))  # the last Sunday of March has 23 hours
    assert [
        row["verdict"] for row in answer("sla marketing", log, "2026-04-01T00:00:00+02:00", period="2026-03").rows
    ] == ["met", "excluded"]
    with pytest.raises(QuestionError, match="by the month, not by the week"):
        answer("sla marketing", log, period="week")


def test_marketing_that_promises_nothing(log):
    with pytest.raises(QuestionError, match="marketing promises nothing"):
        answer("sla marketing", log)

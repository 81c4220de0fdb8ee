"""Intake: what becomes of what comes in."""

import json

import pytest

from engine.intake.element import Element
from engine.intake.intake import Intake
from engine.intake.ndjson import ndjson_again
from engine.intake.retry import retry
from events.envelope import parted
from tests.engine.conftest import CONTEXT, Desk, tell

CAPTURED = tell("LeadCaptured", "2026-03-02T09:00:00Z", name="Person One", email="one@example.org", channel="web")
OPENED = tell("OpportunityOpened", "2026-03-03T09:00:00Z", opportunity="O1", amount=1000, currency="EUR")
WON = tell("DealWon", "2026-03-09T09:00:00Z", opportunity="O1", amount="1000.00", currency="EUR")


def test_what_is_legal_is_recorded_with_what_it_says(desk: Desk):
    summary = desk.take(CAPTURED, OPENED, WON)
    assert (summary.read, summary.recorded, summary.parked, summary.quarantined) == (3, 3, 0, 0)
    won = [desk.workspace.log.recorded(row) for row in desk.workspace.log.rows()][2]
    assert (won.source, won.subject, won.id, won.type) == ("crm", "L1", WON["id"], "DealWon")
    assert parted(won.data)[0] == {"opportunity": "O1", "amount": 100_000, "currency": "EUR"}
    assert won.run == "run"


def test_the_same_again_is_known_and_changes_nothing(desk: Desk):
    desk.take(CAPTURED, OPENED, WON)
    head = desk.workspace.log.head()
    summary = desk.take(CAPTURED, OPENED, WON)
    assert (summary.read, summary.recorded, summary.known) == (3, 0, 3)
    assert desk.workspace.log.head() == head


def test_the_same_again_written_otherwise_is_known(desk: Desk):
    desk.take(tell("LeadCaptured", "2026-03-02T09:00:00Z", id="7", region="north"))
    again = tell("LeadCaptured", "2026-03-02T10:00:00.000+01:00", id="7", region="north", channel=None)
    assert desk.take(again).known == 1
    assert desk.kept() == []


def test_a_decision_that_left_its_id_out_is_known_when_it_is_sent_again(desk: Desk):
    bare = tell("DealWon", "2026-03-09T09:00:00Z", id="w")
    desk.take(CAPTURED, OPENED, bare)
    assert desk.take(bare).known == 1
    assert desk.types().count("DealWon") == 1


@pytest.mark.parametrize(
    "other",
    [
        tell("LeadCaptured", "2026-03-02T09:00:00Z", id="7", region="south"),
        tell("LeadCaptured", "2026-03-02T09:00:01Z", id="7", region="north"),
        tell("LeadCaptured", "2026-03-02T09:00:00Z", "L2", id="7", region="north"),
        tell("LeadDetailsChanged", "2026-03-02T09:00:00Z", id="7", region="north"),
        tell("LeadCaptured", "2026-03-02T09:00:00Z", id="7", region="north", actor="sdr:anna"),
        tell("LeadCaptured", "2026-03-02T09:00:00Z", id="7"),
    ],
)
def test_an_id_that_was_used_for_something_else_is_kept_aside(desk: Desk, other):
    desk.take(tell("LeadCaptured", "2026-03-02T09:00:00Z", id="7", region="north"))
    assert desk.take(other).quarantined == 1
    assert [word for _, _, word in desk.kept()] == ["content"]
    assert len(desk.types()) == 1


def test_without_an_id_the_content_is_the_key_and_repeats_are_counted(desk: Desk):
    event = tell("LeadCaptured", "2026-03-02T09:00:00Z", id=None, region="north")
    other_offset = tell("LeadCaptured", "2026-03-02T10:00:00+01:00", id=None, region="north")
    summary = desk.take(event, other_offset, event)
    assert (summary.recorded, summary.repeats) == (1, 2)


def test_the_same_id_from_another_source_is_another_event(desk: Desk):
    desk.take(tell("LeadCaptured", id="7", source="web"), tell("LeadCaptured", id="7", source="chat"))
    assert len(desk.types()) == 2


def test_what_is_not_yet_legal_waits_and_goes_in_by_itself(desk: Desk):
    summary = desk.take(CAPTURED, WON)
    assert (summary.recorded, summary.parked) == (1, 1)
    assert desk.kept() == [("parked", "DealWon", "unknown")]
    summary = desk.take(OPENED)
    assert (summary.recorded, summary.released) == (2, 1)
    assert desk.types() == ["LeadCaptured", "OpportunityOpened", "DealWon"]
    assert desk.kept() == []


def test_what_waits_is_tried_in_the_order_of_time_until_none_moves(desk: Desk):
    offer = tell("OfferMade", "2026-03-04T09:00:00Z", offer="F1", opportunity="O1")
    taken = tell("OfferAccepted", "2026-03-05T09:00:00Z", offer="F1")
    summary = desk.take(WON, taken, offer, OPENED, CAPTURED)
    assert (summary.recorded, summary.parked) == (5, 0)
    assert desk.types() == ["LeadCaptured", "OpportunityOpened", "OfferMade", "OfferAccepted", "DealWon"]


def test_a_thousand_that_wait_for_one_another_go_in(desk: Desk):
    offers = [
        tell("OfferMade", f"2026-03-04T{number // 60:02}:{number % 60:02}:00Z", offer=f"F{number}")
        for number in range(1000)
    ]
    assert desk.take(*offers, CAPTURED, OPENED).recorded == 1002
    assert desk.kept() == []


def test_what_contradicts_is_refused_with_what_would_be_legal(desk: Desk):
    desk.take(CAPTURED, OPENED, WON)
    summary = desk.take(tell("DealLost", "2026-03-10T09:00:00Z", opportunity="O1"))
    assert summary.quarantined == 1
    assert desk.kept() == [("refused", "DealLost", "closed")]
    assert "O1 is won already" in desk.reasons()[0] or "O1 is already won" in desk.reasons()[0]
    assert "DealReversed O1" in desk.reasons()[0]


def test_a_trusted_source_is_recorded_as_it_comes(desk: Desk):
    summary = desk.take(WON, tell("HandoffAccepted", "2026-03-01T09:00:00Z", handoff="H1"), trusted=True)
    assert summary.recorded == 2
    assert desk.kept() == []


def test_what_waits_sent_again_is_one_entry_with_a_counter(desk: Desk):
    desk.take(WON, WON, run="first")
    desk.take(WON, run="second")
    with desk.workspace.quarantine() as quarantine:
        (entry,) = quarantine.entries()
        assert entry.count == 3
        assert quarantine.of_run("second") == 1
    summary = desk.take(CAPTURED, OPENED)
    assert (summary.recorded, summary.released) == (3, 1)
    assert desk.types().count("DealWon") == 1


def test_a_merge_lets_what_waits_for_either_go_in(desk: Desk):
    desk.take(tell("MarketingQualified", "2026-03-04T09:00:00Z", "W1", source="web"), CAPTURED)
    assert desk.kept() == [("parked", "MarketingQualified", "unknown")]
    desk.take(tell("LeadsMerged", "2026-03-05T09:00:00Z", merged={"source": "web", "id": "W1"}))
    assert desk.kept() == []


def test_a_reversal_lets_what_waits_for_either_go_in(desk: Desk):
    desk.take(
        tell("LeadCaptured", "2026-03-01T09:00:00Z", "L1"),
        tell("LeadCaptured", "2026-03-01T09:00:00Z", "L2"),
        tell("LeadDisqualified", "2026-03-02T09:00:00Z", "L1", reason="student"),
        tell("LeadsMerged", "2026-03-03T09:00:00Z", "L1", merged="L2"),
        tell("MarketingQualified", "2026-03-05T09:00:00Z", "L2"),
    )
    assert desk.kept() == [("parked", "MarketingQualified", "inactive")]
    assert desk.take(tell("MergeReverted", "2026-03-04T09:00:00Z", "L1", merged="L2")).released == 1
    assert desk.kept() == []


def test_what_happened_while_two_leads_were_merged_is_known_after_they_were_parted(desk: Desk):
    summary = desk.take(
        tell("LeadCaptured", "2026-03-01T09:00:00Z", "L1"),
        tell("OpportunityOpened", "2026-03-01T10:00:00Z", "L1", opportunity="O1"),
        tell("LeadCaptured", "2026-03-01T09:00:00Z", "L2"),
        tell("LeadsMerged", "2026-03-02T09:00:00Z", "L1", merged="L2"),
        tell("OfferMade", "2026-03-03T09:00:00Z", "L1", offer="F1", opportunity="O1"),
        tell("MergeReverted", "2026-03-04T09:00:00Z", "L1", merged="L2"),
        tell("OfferRevised", "2026-03-05T09:00:00Z", "L1", offer="F1"),
    )
    assert (summary.recorded, desk.kept()) == (7, [])


def test_an_archive_brings_its_own_learning_time_which_does_not_go_back(desk: Desk):
    first = tell("LeadCaptured", "2026-03-02T09:00:00Z", knowntime="2026-03-02T09:05:00Z")
    earlier = tell("LeadScored", "2026-03-02T09:00:00Z", knowntime="2026-03-02T09:04:59Z", score=5)
    desk.take(first, earlier, archive=True)
    assert [row.recorded_at for row in desk.workspace.log.rows()] == [1772442300000000]
    assert desk.reasons()[0].startswith("knowntime")


def test_an_archive_sent_again_leaves_the_same_quarantine(desk: Desk):
    known = {"knowntime": "2026-03-10T09:00:00Z"}
    events = [
        tell("DealWon", "2026-03-09T09:00:00Z", opportunity="O9", **known),
        tell("DealLost", "2026-03-09T09:00:00Z", id=None, opportunity="O8", **known),
        tell("LeadCaptured", "2026-03-09T09:00:00Z", knowntime="2026-03-11T09:00:00Z"),
    ]
    desk.take(*events, archive=True)
    kept = desk.kept()
    again = desk.take(*events, archive=True)
    assert (again.recorded, again.known, again.parked, again.quarantined) == (0, 1, 2, 0)
    assert desk.kept() == kept == [("parked", "DealWon", "unknown"), ("parked", "DealLost", "unknown")]


def test_a_source_that_is_no_archive_cannot_say_when_it_was_learned(desk: Desk):
    desk.take(tell("LeadCaptured", knowntime="2026-03-02T09:05:00Z"))
    assert [row.recorded_at for row in desk.workspace.log.rows()] == [desk.clock.micros]


@pytest.mark.parametrize(
    ("time", "word"),
    [("2026-06-30T12:05:00.000001Z", "future"), ("1989-12-31T23:59:59Z", "range"), ("2026-07-02", "future")],
)
def test_a_time_that_cannot_be_believed_is_kept_aside(desk: Desk, time, word):
    desk.take(tell("LeadCaptured", time))
    assert [kept[2] for kept in desk.kept()] == [word]
    assert "time" in desk.reasons()[0]


def test_a_clock_five_minutes_ahead_is_believed(desk: Desk):
    assert desk.take(tell("LeadCaptured", "2026-06-30T12:05:00Z")).recorded == 1


def test_one_bad_element_takes_no_other_with_it(desk: Desk):
    good = [tell("LeadScored", f"2026-03-02T09:{minute:02}:00Z", score=minute) for minute in range(5)]
    summary = desk.take(CAPTURED, good[0], b'{"broken', good[1], b"\xff\xfe", good[2])
    assert (summary.read, summary.recorded, summary.quarantined) == (6, 4, 2)


def test_behind_a_poisoned_event_waits_what_needs_it_and_says_so(desk: Desk):
    poisoned = tell("OpportunityOpened", "2026-03-03T09:00:00Z", opportunity="O1", amount=1, currency="eur")
    desk.take(CAPTURED, poisoned, WON, tell("SalesQualified", "2026-03-05T09:00:00Z"))
    assert desk.types() == ["LeadCaptured", "SalesQualified"]
    waiting = next(
        reason for (state, _, _), reason in zip(desk.kept(), desk.reasons(), strict=True) if state == "parked"
    )
    assert "line 2" in waiting
    assert "currency" in waiting
    desk.take(tell("NegotiationOpened", "2026-03-04T09:00:00Z", opportunity="O1"))
    assert "entry 1 (OpportunityOpened: currency)" in desk.reasons()[-1]


@pytest.mark.parametrize("place", [0, 7, 19])
def test_an_event_on_which_the_program_fails_takes_no_other_with_it(desk: Desk, monkeypatch, place):
    events = [tell("LeadScored", f"2026-03-02T09:{minute:02}:00Z", score=minute) for minute in range(20)]

    def failing(event):
        if getattr(event, "score", None) == place:
            raise ZeroDivisionError("a bug")
        return parted(event)

    with monkeypatch.context() as patch:
        patch.setattr("engine.intake.arrival.parted", failing)
        summary = desk.take(*events)
    assert (summary.read, summary.recorded, summary.quarantined) == (20, 19, 1)
    assert [row.clear()["score"] for row in desk.workspace.log.rows()] == [n for n in range(20) if n != place]
    assert "ZeroDivisionError" in desk.reasons()[0]
    assert retry(desk.workspace).recorded == 1


def test_a_business_event_has_no_lead(desk: Desk):
    desk.take(tell("SpendRecorded", subject="business", amount="-12.50", currency="EUR", kind="marketing"))
    (row,) = desk.workspace.log.rows()
    assert (row.lead, row.clear()["amount"]) == (0, -1250)
    assert desk.workspace.log.recorded(row).subject == "business"


def test_the_offset_of_a_source_is_stored_with_its_events_and_only_rises(desk: Desk):
    def element(offset: int | None) -> Element:
        made = ndjson_again(json.dumps(CAPTURED).encode(), CONTEXT, desk.workspace.sender_of)
        made.offset = offset
        return made

    intake = Intake(desk.workspace.log, desk.workspace.keys, desk.workspace.sender_of, "run")
    for offset, stored in ((80, 80), (40, 80), (None, 80), (160, 160)):
        intake.take([element(offset)], channel="file:x")
        with desk.workspace.log.reading() as reading:
            assert reading.offset("file:x") == stored

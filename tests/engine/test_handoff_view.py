"""What the agreement requires and was missing at the handoff, sealed fields included."""

import pytest

from engine.agreements import agree
from engine.erasure import erase
from engine.views import ask
from projections.definitions.agreement import agreement
from tests.engine.conftest import Desk, tell

HOURS = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
AGREED = {
    "name": "ours",
    "effective_from": "2026-01-01",
    "calendar": {"zone": "Europe/Berlin", "hours": HOURS},
    "sales": {"tier": [{"id": "hot", "when": "score >= 80", "response": "1h"}]},
    "handoff": {"requires": ["company", "phone", "bant.need"], "expires_after": "8h"},
}


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    """A desk at which handoffs require company, phone and BANT's need."""
    agree(desk.workspace, agreement(AGREED))
    return desk


def row(desk: Desk, **options):
    (found,) = ask(desk.workspace, "handoffs", options).rows
    return found


def test_a_whole_row(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z", company="Bau AG", phone="0151 1"),
        tell("MarketingQualified", "2026-03-02T08:10:00Z", score=85),
        tell("BantAssessed", "2026-03-02T08:20:00Z", budget="yes", authority="no", need="unknown", timeline="yes"),
        tell(
            "LeadAssigned", "2026-03-02T08:30:00Z", owner="ben", rule="round robin", rule_version="3",
            candidates=[{"owner": "carl", "passed_over": "away"}],
        ),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1", from_owner="anna", to_team="sales", to_owner="ben", actor="system:router"),
        tell("BantAssessed", "2026-03-02T09:20:00Z", budget="yes", authority="yes", need="yes", timeline="yes"),
        tell("HandoffAccepted", "2026-03-02T10:30:00Z", handoff="H1", actor="ae:ben"),
        tell("HandoffWithdrawn", "2026-03-02T11:30:00Z", handoff="H1"),
    )  # fmt: skip
    assert row(agreed) == {
        "handoff": "H1", "lead": "L1", "tier": "hot", "from_team": None, "from_owner": "anna", "to_team": "sales", "to_owner": "ben",
        "status": "accepted", "handed_off_at": "2026-03-02T10:00:00+01:00", "answered_at": "2026-03-02T11:30:00+01:00", "reason": None,
        "score": 85, "missing": ["bant.need"], "unseen": [], "bant_budget": "yes", "bant_authority": "no", "bant_need": "unknown",
        "bant_timeline": "yes", "answer_s": 5_400, "answered_by": "ae:ben", "rule": "round robin", "rule_version": "3",
        "candidates": [{"owner": "carl", "passed_over": "away"}], "automatic": True, "self": False, "journey": 1, "position": 6,
    }  # fmt: skip


def test_what_is_told_after_the_handoff_was_missing_at_it(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z"),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1"),
        tell("LeadDetailsChanged", "2026-03-02T09:30:00Z", phone="0151 1", company="Bau AG"),
    )
    assert row(agreed)["missing"] == ["company", "bant.need", "phone"]


def test_a_number_that_was_cleared_is_missing(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z", phone="0151 1", company="Bau AG"),
        tell("LeadDetailsChanged", "2026-03-02T08:30:00Z", phone=None, company=None),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1"),
    )
    assert row(agreed)["missing"] == ["company", "bant.need", "phone"]


def test_of_a_merged_lead_either_may_have_told_it(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z", "L2", phone="0151 1"),
        tell("LeadCaptured", "2026-03-02T08:00:00Z", company="Bau AG"),
        tell("LeadsMerged", "2026-03-02T08:30:00Z", merged="L2"),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1"),
    )
    assert row(agreed)["missing"] == ["bant.need"]


def test_after_an_erasure_nobody_can_say_whether_the_number_was_there(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z", phone="0151 1", company="Bau AG"),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1"),
    )
    erase(agreed.workspace, "L1")
    assert (row(agreed)["missing"], row(agreed)["unseen"]) == (["bant.need"], ["phone"])


def test_before_there_was_an_agreement_nobody_required_anything(agreed):
    agreed.take(
        tell("LeadCaptured", "2025-03-03T08:00:00Z"), tell("LeadHandedOff", "2025-03-03T09:00:00Z", handoff="H1")
    )
    assert (row(agreed)["tier"], row(agreed)["missing"], row(agreed)["unseen"]) == (None, None, None)


def test_as_it_was_known_before(agreed):
    agreed.take(
        tell("LeadCaptured", "2026-03-02T08:00:00Z", knowntime="2026-06-30T12:00:00Z", company="Bau AG"),
        tell("LeadHandedOff", "2026-03-02T09:00:00Z", knowntime="2026-06-30T12:00:00Z", handoff="H1"),
        tell("LeadDetailsChanged", "2026-03-02T08:30:00Z", knowntime="2026-06-30T13:00:00Z", phone="0151 1"),
        archive=True,
    )
    assert row(agreed)["missing"] == ["bant.need"]
    assert row(agreed, as_of="2026-06-30T12:30:00Z")["missing"] == ["bant.need", "phone"]

"""What may be decided by how the lead itself stands, as given / when / then; test_lead_things has the rest."""

import pytest

from engine.lead import (
    RULES,
    Parked,
    decide,
    initial,
)
from events.base import Decision
from events.decisions import (
    BantAssessed,
    CustomerChurned,
    CustomerOnboarded,
    LeadAssigned,
    LeadHandedOff,
    MarketingQualified,
    OpportunityOpened,
    SalesQualified,
    SubscriptionExpanded,
    SubscriptionRenewed,
)
from events.observations import InteractionLogged, LeadDetailsChanged, LeadScored
from tests.engine.given import (
    accepted,
    captured,
    disqualified,
    given,
    handed_off,
    opened,
    qualified,
    recycled,
    rejected,
    reversed_,
    won,
)

YEARLY = {"amount": "1200", "every": "year"}
QUALIFYING: list[Decision] = [
    MarketingQualified(),
    SalesQualified(),
    BantAssessed(budget="yes", authority="no", need="yes", timeline="unknown"),
    LeadAssigned(owner="ae:ben"),
]
BRINGING: list[Decision] = [LeadHandedOff(handoff="H1"), OpportunityOpened(opportunity="O1")]
AS_CUSTOMER: list[Decision] = [
    CustomerOnboarded(),
    SubscriptionRenewed(recurring=YEARLY),  # type: ignore[arg-type]  # a TypedDict, given as it comes
    SubscriptionExpanded(recurring=YEARLY),  # type: ignore[arg-type]  # a plain dict, as JSON brings it
    CustomerChurned(),
]


def named(decision: Decision) -> str:
    return type(decision).__name__


# The capture, and how the lead stands


@pytest.mark.parametrize("of", RULES, ids=lambda of: of.__name__)
def test_nothing_is_decided_on_a_lead_before_its_capture(of):
    proposal = of.model_construct(handoff="H1", opportunity="O1", offer="F1")
    assert decide(initial(), proposal) == Parked("unknown", "the lead is not captured by then")


@pytest.mark.parametrize("decision", QUALIFYING + BRINGING, ids=named)
def test_an_active_lead_is_qualified_assigned_handed_off_and_sold_to_whatever_stage_was_skipped(decision):
    given(captured()).when(decision).decided()


@pytest.mark.parametrize("decision", QUALIFYING + BRINGING, ids=named)
def test_a_disqualified_lead_waits_for_its_recycling(decision):
    before = captured(), disqualified()
    given(*before).when(decision).parked("the lead is disqualified and no customer", "inactive")
    given(*before, recycled()).when(decision).decided()


@pytest.mark.parametrize("decision", [*QUALIFYING, LeadHandedOff(handoff="H1"), opened("O2")], ids=named)
def test_a_customer_is_worked_on_even_when_disqualified(decision):
    given(captured(), opened("O1"), won("O1"), disqualified()).when(decision).decided()


@pytest.mark.parametrize("decision", QUALIFYING, ids=named)
def test_what_was_sent_is_legal_again_in_the_same_journey(decision):
    given(captured(), decision).when(decision).decided()


def test_a_later_capture_does_not_reopen_a_disqualified_lead():
    given(captured(), disqualified(), captured()).when(qualified()).parked("the lead is disqualified and no customer")


def test_only_an_active_lead_is_disqualified():
    given(captured()).when(disqualified()).decided()
    given(captured(), disqualified()).when(disqualified()).parked("the lead is disqualified", "inactive")
    given(captured(), opened("O1"), won("O1"), disqualified()).when(disqualified()).parked("the lead is disqualified")
    given(captured(), disqualified(), recycled()).when(disqualified()).decided()


# Journeys


@pytest.mark.parametrize(
    "before",
    [
        [captured()],
        [captured(), InteractionLogged(kind="call", direction="outbound"), LeadScored(score=70)],
        [captured(), LeadDetailsChanged(region="north")],
        [captured(), qualified(), recycled()],
    ],
)
def test_a_lead_on_which_nothing_was_decided_in_this_journey_is_not_recycled(before):
    given(*before).when(recycled()).parked("the lead has not been decided on in this journey", "inactive")


@pytest.mark.parametrize(
    "before",
    [[qualified()], [disqualified()], [opened("O1")], [qualified(), recycled(), qualified()]],
)
def test_a_lead_on_which_something_was_decided_in_this_journey_is_recycled(before):
    given(captured(), *before).when(recycled()).decided()


def test_a_handoff_and_an_opportunity_live_on_into_the_next_journey():
    lead = given(captured(), handed_off("H1"), opened("O1"), recycled())
    lead.when(accepted()).decided(handoff="H1")
    lead.when(won()).decided(opportunity="O1")
    lead.when(handed_off("H1")).refused("H1 is already taken: that handoff is open", "taken")


# Customers


@pytest.mark.parametrize("decision", AS_CUSTOMER, ids=named)
def test_a_customer_is_one_from_the_first_win_until_a_full_reversal_leaves_none(decision):
    no_customer = "the lead is no customer"
    before = captured(), opened("O1"), opened("O2")
    given(*before).when(decision).parked(no_customer, "inactive")
    given(*before, won("O1")).when(decision).decided()
    given(*before, won("O1", 10), reversed_("O1", 5)).when(decision).decided()
    given(*before, won("O1"), reversed_("O1")).when(decision).parked(no_customer)
    given(*before, won("O1"), won("O2"), reversed_("O1")).when(decision).decided()
    given(*before, won("O1"), won("O2"), reversed_("O1"), reversed_("O2")).when(decision).parked(no_customer)
    given(*before, won("O1"), recycled()).when(decision).decided()


def test_churn_does_not_end_what_may_be_decided_on_a_customer():
    given(captured(), opened("O1"), won("O1"), CustomerChurned()).when(CustomerOnboarded()).decided()


# What a refusal offers


def test_a_refusal_names_what_could_be_decided_instead():
    offers = given(captured(), handed_off("H1"), accepted("H1"), handed_off("H2")).when(rejected("H1")).instead()
    assert offers == [
        "MarketingQualified", "LeadAssigned", "BantAssessed", "SalesQualified", "LeadHandedOff",
        "HandoffAccepted H2", "HandoffRejected H2", "HandoffExpired H2",
        "HandoffPaused H1", "HandoffPaused H2", "HandoffResumed H1", "HandoffResumed H2",
        "HandoffWithdrawn H1", "HandoffWithdrawn H2",
        "OpportunityOpened", "LeadDisqualified", "LeadRecycled",
    ]  # fmt: skip

"""What may be decided on a handoff, an opportunity, an offer and a deal, as given / when / then."""

import pytest

from events.base import Decision
from events.decisions import (
    DealLost,
    DealReversed,
    DealWon,
    HandoffAccepted,
    HandoffExpired,
    HandoffPaused,
    HandoffRejected,
    HandoffResumed,
    HandoffWithdrawn,
    NegotiationOpened,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferRevised,
    OfferWithdrawn,
    OpportunityUpdated,
)
from tests.engine.given import (
    accepted,
    captured,
    disqualified,
    expired,
    given,
    handed_off,
    lost,
    offer_accepted,
    offer_declined,
    offer_expired,
    offer_withdrawn,
    offered,
    opened,
    paused,
    qualified,
    rejected,
    reversed_,
    withdrawn,
    won,
)

ANSWERS: list[type[Decision]] = [HandoffAccepted, HandoffRejected, HandoffExpired]
ABOUT_A_HANDOFF: list[type[Decision]] = [HandoffPaused, HandoffResumed, HandoffWithdrawn]
ABOUT_AN_OPPORTUNITY: list[type[Decision]] = [OpportunityUpdated, NegotiationOpened, DealWon, DealLost]
ABOUT_AN_OFFER: list[type[Decision]] = [OfferRevised, OfferAccepted, OfferDeclined, OfferWithdrawn, OfferExpired]
REASONED = {HandoffRejected, DealReversed}


def about(of: type[Decision], **names: str) -> Decision:
    """A decision of that type, with a reason where one is asked for."""
    return of(**names, **({"reason": "defect"} if of in REASONED else {}))


# Handoffs


def test_several_handoffs_may_be_open_and_each_id_is_new():
    lead = given(captured(), handed_off("H1"))
    lead.when(handed_off("H2")).decided()
    lead.when(handed_off("H1")).refused("H1 is already taken: that handoff is open", "taken")


def test_a_taken_id_is_refused_for_good_even_where_the_lead_is_inactive():
    before = captured(), handed_off("H1"), rejected("H1"), disqualified()
    given(*before).when(handed_off("H1")).refused("H1 is already taken: that handoff is rejected", "taken")


@pytest.mark.parametrize("of", ANSWERS + ABOUT_A_HANDOFF)
def test_an_open_handoff_is_answered_paused_and_withdrawn(of):
    given(captured(), handed_off("H1")).when(about(of, handoff="H1")).decided()


@pytest.mark.parametrize("of", ANSWERS + ABOUT_A_HANDOFF)
def test_what_is_decided_on_a_handoff_waits_until_it_is_known(of):
    given(captured()).when(about(of, handoff="H9")).parked("no handoff H9 is known", "unknown")


def test_a_handoff_is_answered_once():
    given(captured(), qualified(), handed_off("H1"), accepted("H1")).when(
        HandoffRejected(handoff="H1", reason="no budget")
    ).refused("H1 is already accepted", "ended")


@pytest.mark.parametrize("end", [accepted, rejected, expired, withdrawn])
@pytest.mark.parametrize("of", ANSWERS)
def test_an_answered_or_ended_handoff_gets_no_second_answer(of, end):
    before = captured(), handed_off("H1"), end("H1")
    how = {accepted: "accepted", rejected: "rejected", expired: "expired", withdrawn: "withdrawn"}[end]
    given(*before).when(about(of, handoff="H1")).refused(f"H1 is already {how}", "ended")


@pytest.mark.parametrize("of", ABOUT_A_HANDOFF)
def test_an_accepted_handoff_may_still_be_paused_resumed_and_withdrawn(of):
    given(captured(), handed_off("H1"), accepted("H1")).when(about(of, handoff="H1")).decided()


@pytest.mark.parametrize(("end", "how"), [(rejected, "rejected"), (withdrawn, "withdrawn"), (expired, "expired")])
@pytest.mark.parametrize("of", ABOUT_A_HANDOFF)
def test_an_ended_handoff_is_neither_paused_nor_resumed_nor_withdrawn(of, end, how):
    given(captured(), handed_off("H1"), end("H1")).when(about(of, handoff="H1")).refused(
        f"H1 is already {how}", "ended"
    )


def test_a_pause_changes_nothing_about_what_may_be_decided():
    given(captured(), handed_off("H1"), paused("H1"), paused("H1")).when(accepted("H1")).decided()


# Ids left out


@pytest.mark.parametrize("of", ANSWERS + ABOUT_A_HANDOFF)
def test_a_handoff_left_out_is_the_one_that_is_unanswered(of):
    lead = given(captured(), handed_off("H1"), accepted("H1"), handed_off("H2"))
    lead.when(about(of)).decided(handoff="H2")


@pytest.mark.parametrize("of", ANSWERS + ABOUT_A_HANDOFF)
def test_a_handoff_left_out_waits_where_none_or_several_are_unanswered(of):
    none = "it names no handoff, and none is open"
    several = "it names no handoff, and several are open: H1, H2"
    given(captured(), handed_off("H1"), rejected("H1")).when(about(of)).parked(none, "unknown")
    given(captured(), handed_off("H1"), handed_off("H2")).when(about(of)).parked(several, "several")


@pytest.mark.parametrize("of", ABOUT_AN_OPPORTUNITY)
def test_an_opportunity_left_out_is_the_one_that_is_open(of):
    given(captured(), opened("O1"), lost("O1"), opened("O2")).when(about(of)).decided(opportunity="O2")
    given(captured()).when(about(of)).parked("it names no opportunity, and none is open", "unknown")
    given(captured(), opened("O1"), opened("O2")).when(about(of)).parked(
        "it names no opportunity, and several are open: O1, O2", "several"
    )


def test_an_offer_may_leave_its_opportunity_out():
    given(captured(), opened("O1"), won("O1"), opened("O2")).when(offered("F1")).decided(opportunity="O2")
    given(captured()).when(offered("F1")).parked("it names no opportunity, and none is open", "unknown")
    given(captured(), opened("O1"), opened("O2")).when(offered("F1")).parked(
        "it names no opportunity, and several are open: O1, O2", "several"
    )


@pytest.mark.parametrize("of", ABOUT_AN_OFFER)
def test_an_offer_left_out_is_the_one_that_is_open(of):
    before = captured(), opened("O1"), offered("F1"), offer_declined("F1")
    given(*before, offered("F2")).when(about(of)).decided(offer="F2")
    given(*before).when(about(of)).parked("it names no offer, and none is open", "unknown")
    given(*before, offered("F2"), offered("F3")).when(about(of)).parked(
        "it names no offer, and several are open: F2, F3", "several"
    )


def test_a_reversal_that_leaves_its_deal_out_means_the_one_that_is_won():
    before = captured(), opened("O1"), opened("O2"), opened("O3"), won("O1")
    given(*before).when(reversed_()).decided(opportunity="O1")
    given(captured(), opened("O1")).when(reversed_()).parked("it names no opportunity, and none is won", "unknown")
    given(*before, won("O2")).when(reversed_()).parked(
        "it names no opportunity, and several are won: O1, O2", "several"
    )


def test_a_reason_names_five_of_many_ids():
    before = captured(), *(handed_off(f"H{number}") for number in range(1, 8))
    given(*before).when(accepted()).parked("it names no handoff, and several are open: H1, H2, H3, H4, H5, …")


# Opportunities, deals and offers


def test_an_opportunity_is_opened_after_all_others_are_lost():
    given(captured(), opened("O1"), lost("O1")).when(opened("O2")).decided()


@pytest.mark.parametrize(("end", "how"), [(won, "won"), (lost, "lost")])
def test_the_id_of_an_opportunity_stays_taken(end, how):
    given(captured(), opened("O1"), end("O1")).when(opened("O1")).refused(
        f"O1 is already taken: that opportunity is {how}", "taken"
    )


@pytest.mark.parametrize("of", ABOUT_AN_OPPORTUNITY)
def test_an_open_opportunity_is_updated_negotiated_won_and_lost(of):
    given(captured(), opened("O1")).when(about(of, opportunity="O1")).decided()


@pytest.mark.parametrize("of", ABOUT_AN_OPPORTUNITY)
def test_what_is_decided_on_an_opportunity_waits_until_it_is_known(of):
    given(captured(), opened("O1")).when(about(of, opportunity="O9")).parked("no opportunity O9 is known", "unknown")


@pytest.mark.parametrize(
    ("ends", "how"), [([won("O1")], "won"), ([lost("O1")], "lost"), ([won("O1"), reversed_("O1")], "reversed")]
)
@pytest.mark.parametrize("of", ABOUT_AN_OPPORTUNITY)
def test_nothing_more_is_decided_on_a_closed_opportunity(of, ends, how):
    given(captured(), opened("O1"), *ends).when(about(of, opportunity="O1")).refused(f"O1 is already {how}", "closed")


def test_an_offer_needs_an_open_opportunity_and_a_new_id():
    lead = given(captured(), opened("O1"), opened("O2"), offered("F1", "O1"), won("O2"))
    lead.when(offered("F2", "O1")).decided()
    lead.when(offered("F2", "O9")).parked("no opportunity O9 is known", "unknown")
    lead.when(offered("F2", "O2")).refused("O2 is already won", "closed")
    lead.when(offered("F1", "O1")).refused("F1 is already taken: that offer is open", "taken")


@pytest.mark.parametrize("of", ABOUT_AN_OFFER)
def test_an_open_offer_is_revised_and_answered(of):
    given(captured(), opened("O1"), offered("F1")).when(about(of, offer="F1")).decided()


@pytest.mark.parametrize("of", ABOUT_AN_OFFER)
def test_what_is_decided_on_an_offer_waits_until_it_is_known(of):
    given(captured(), opened("O1")).when(about(of, offer="F9")).parked("no offer F9 is known", "unknown")


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (offer_accepted, "accepted"),
        (offer_declined, "declined"),
        (offer_withdrawn, "withdrawn"),
        (offer_expired, "expired"),
    ],
)
@pytest.mark.parametrize("of", ABOUT_AN_OFFER)
def test_nothing_more_is_decided_on_a_closed_offer(of, end, how):
    given(captured(), opened("O1"), offered("F1"), end("F1")).when(about(of, offer="F1")).refused(
        f"F1 is already {how}", "closed"
    )


def test_an_offer_is_answered_even_after_its_opportunity_is_closed():
    given(captured(), opened("O1"), offered("F1"), lost("O1")).when(offer_expired("F1")).decided()


# Reversals


def test_only_a_won_deal_is_reversed():
    given(captured(), opened("O1"), won("O1")).when(reversed_("O1")).decided()
    given(captured(), opened("O1")).when(reversed_("O1")).parked("O1 is open and not yet won", "inactive")
    given(captured()).when(reversed_("O1")).parked("no opportunity O1 is known", "unknown")
    given(captured(), opened("O1"), lost("O1")).when(reversed_("O1")).refused("O1 is already lost", "closed")
    given(captured(), opened("O1"), won("O1"), reversed_("O1")).when(reversed_("O1")).refused(
        "O1 is already reversed", "closed"
    )


def test_partial_reversals_add_up_to_a_full_one():
    parts = captured(), opened("O1"), won("O1", 1000), reversed_("O1", 400), reversed_("O1", 500)  # 900 of 1000
    given(*parts).when(reversed_("O1", 100)).decided()
    given(*parts, reversed_("O1", 100)).when(reversed_("O1", 1)).refused("O1 is already reversed")  # 1000
    given(*parts, reversed_("O1", 200)).when(reversed_("O1", 1)).refused("O1 is already reversed")  # 1100
    given(*parts, reversed_("O1")).when(reversed_("O1", 1)).refused("O1 is already reversed")  # all of it


def test_a_part_in_another_currency_or_of_a_deal_without_amount_never_reaches_the_whole():
    given(captured(), opened("O1"), won("O1", 10), reversed_("O1", 99, "USD")).when(reversed_("O1")).decided()
    given(captured(), opened("O1"), won("O1"), reversed_("O1", 99)).when(reversed_("O1")).decided()

"""A decision is judged by the story up to its own time: late news, equal instants, plain dates, anomalies."""

import pytest

from engine.ties import Fact
from events.decisions import CustomerOnboarded, DealWon, HandoffAccepted, LeadAssigned, OfferMade, OfferRevised
from events.instants import Instant
from events.observations import InteractionLogged
from tests.engine.given import (
    HOUR,
    accepted,
    at,
    captured,
    disqualified,
    handed_off,
    judged_at,
    lost,
    offer_accepted,
    offered,
    opened,
    paused,
    qualified,
    recycled,
    rejected,
    reversed_,
    story,
    won,
)

# Late news


def test_a_decision_is_judged_up_to_its_own_time_whatever_happened_later():
    of = story(at(1, captured()), at(2, opened("O1")), at(9, won("O1")), at(10, disqualified()), at(20, recycled()))
    judged_at(of, 5, offered("F1", "O1")).decided()
    judged_at(of, 9, qualified()).decided()
    judged_at(of, 10, opened("O1")).refused("O1 is already taken: that opportunity is won", "taken")
    judged_at(of, 11, offered("F1", "O1")).refused("O1 is already won", "closed")


def test_before_the_capture_nothing_is_decided_until_an_earlier_capture_is_heard_of():
    of = story(at(5, captured()), at(6, qualified()))
    judged_at(of, 3, qualified()).parked("the lead is not captured by then", "unknown")
    of.add(Fact(*at(2, captured())[:2], 9, captured()))
    judged_at(of, 3, qualified()).decided()


def test_a_recycling_waits_for_a_decision_dated_before_it():
    of = story(at(1, captured()), at(2, InteractionLogged(kind="call", direction="outbound")), at(6, qualified()))
    judged_at(of, 5, recycled()).parked("the lead has not been decided on in this journey", "inactive")
    of.add(Fact(*at(4, qualified())[:2], 9, qualified()))
    judged_at(of, 5, recycled()).decided()


def test_several_open_handoffs_become_one_by_news_dated_before_the_answer():
    of = story(at(1, captured()), at(2, handed_off("H3")), at(3, handed_off("H4")))
    judged_at(of, 9, accepted()).parked("it names no handoff, and several are open: H3, H4", "several")
    of.add(Fact(*at(5, rejected())[:2], 9, rejected("H3")))
    judged_at(of, 9, accepted()).decided(handoff="H4")


def test_a_story_that_grew_is_the_story_that_was_told_at_once():
    told = [
        *(at(1, captured()), at(4, opened("O1")), at(3, handed_off("H1")), at("1970-01-01", qualified())),
        *(at(5, accepted("H1")), at(4, opened("O2")), at(2, disqualified()), at(2, recycled()), at(8, won("O1"))),
    ]
    grown = story()
    for place, (time, sequence, event) in enumerate(told, start=1):
        grown.add(Fact(time, sequence, place, event))
        for hour in range(9):
            for proposal in (qualified(), accepted("H1"), won("O1"), recycled(), opened("O1")):
                afresh = story(*told[:place])
                assert judged_at(grown, hour, proposal) == judged_at(afresh, hour, proposal)
                assert grown.anomalies() == afresh.anomalies()


# Equal instants


REVISED = OfferRevised(offer="F1")


@pytest.mark.parametrize(("soon", "late"), [(offer_accepted("F1"), REVISED), (REVISED, offer_accepted("F1"))])
def test_at_one_instant_an_offer_is_made_accepted_and_revised_in_any_order_of_arrival(soon, late):
    of = story(at(1, captured()), at(2, opened("O1")))
    judged_at(of, 3, soon).parked("no offer F1 is known")
    of.add(Fact(*at(3, offered("F1"))[:2], 11, offered("F1", "O1")))
    for place, event in ((12, soon), (13, late)):
        judged_at(of, 3, event).decided()
        of.add(Fact(*at(3, event)[:2], place, event))
    assert of.anomalies() == []
    judged_at(of, 4, REVISED).refused("F1 is already accepted")


def test_at_one_instant_a_whole_story_may_happen_whatever_its_sequence_says():
    of = story(at(1, captured(), 9), at(1, won("O1"), 1), at(1, offered("F1"), 2), at(1, opened("O1"), 3))
    assert of.anomalies() == []
    judged_at(of, 1, CustomerOnboarded()).decided()


def test_at_one_instant_what_is_legal_before_the_others_is_legal():
    of = story(at(1, captured()), at(2, opened("O1")), at(3, disqualified()), at(3, won("O1")))
    judged_at(of, 3, OfferMade(offer="F1")).decided(opportunity="O1")
    judged_at(story(at(1, captured()), at(3, disqualified())), 3, qualified()).decided()


def test_at_one_instant_an_id_left_out_is_filled_in_by_what_was_open_in_between():
    of = story(at(1, captured()), at(3, handed_off("H1")), at(3, rejected("H1")))
    judged_at(of, 3, paused()).decided(handoff="H1")
    judged_at(of, 3, accepted()).parked("it names no handoff, and none is open")


def test_at_one_instant_two_decisions_that_contradict_each_other_in_any_order_are_not_both_legal():
    of = story(at(1, captured()), at(2, handed_off("H1")), at(2, opened("O1")), at(3, rejected("H1")), at(3, won("O1")))
    judged_at(of, 3, accepted("H1")).refused("H1 is already rejected", "ended")
    judged_at(of, 3, lost("O1")).refused("O1 is already won", "closed")
    judged_at(of, 3, opened("O1")).refused("O1 is already taken: that opportunity is won", "taken")


@pytest.mark.parametrize("together", [[disqualified(), recycled()], [recycled(), disqualified()]])
def test_a_recycling_at_the_instant_of_a_disqualification_may_lie_before_or_after_it(together):
    told = at(1, captured()), at(2, qualified()), *(at(3, event) for event in together)
    judged_at(story(*told), 4, qualified()).decided()  # disqualified, then recycled
    judged_at(story(*told), 4, disqualified()).decided()
    judged_at(story(*told), 4, recycled()).decided()  # recycled, then disqualified
    judged_at(story(*told, at(4, qualified())), 5, qualified()).decided()
    assert story(*told, at(4, qualified()), at(5, disqualified())).anomalies() == []


def test_a_recycling_that_can_only_lie_last_is_last():
    told = at(1, captured()), at(3, disqualified()), at(3, recycled())
    judged_at(story(*told), 4, qualified()).decided()
    judged_at(story(*told), 4, recycled()).parked("the lead has not been decided on in this journey")


# Plain dates


def test_a_plain_date_is_a_whole_day():
    of = story(at("1970-01-02", captured()), at("1970-01-03", handed_off("H1")))
    judged_at(of, 24 + 1, qualified()).decided()  # on the day of the capture, whenever that was
    judged_at(of, 24 - 1, qualified()).parked("the lead is not captured by then")
    judged_at(of, 48 + 1, accepted("H1")).decided()
    judged_at(of, 47, accepted("H1")).parked("no handoff H1 is known")
    judged_at(of, "1970-01-03", accepted("H1")).decided()


def test_a_date_lies_where_it_is_legal_among_the_instants_of_its_day():
    told = at(1, captured()), at(8, opened("O1")), at(9, won("O1")), at(10, disqualified())
    judged_at(story(*told), "1970-01-01", offered("F1", "O1")).decided()  # between eight and nine
    of = story(*told, at("1970-01-01", offered("F1", "O1")))
    judged_at(of, 12, offer_accepted("F1")).decided()
    assert of.anomalies() == []


def test_instants_on_the_day_of_a_date_keep_their_own_order():
    told = at(1, captured()), at("1970-01-01", opened("O1")), at(8, handed_off("H1")), at(9, rejected("H1"))
    judged_at(story(*told), 10, accepted("H1")).refused("H1 is already rejected")
    judged_at(story(*told), 7, paused("H1")).parked("no handoff H1 is known")
    judged_at(story(*told), 8, paused("H1")).decided()


# Anomalies: what trusted sources recorded, or what news dated earlier made illegal


def listed(of):
    return [(type(anomaly.fact.event).__name__, anomaly.kind, anomaly.detail) for anomaly in of.anomalies()]


def test_an_anomaly_is_listed_once_and_nothing_later_is_judged_by_it():
    of = story(
        at(1, captured()),
        at(2, opened("O1")),
        at(3, lost("O1")),
        at(4, offered("F1", "O1")),
        at(5, won("O9")),
        at(6, CustomerOnboarded()),
        at(7, disqualified()),
        at(8, LeadAssigned(owner="ae:ben")),
    )
    assert listed(of) == [
        ("OfferMade", "closed_reference", "O1 is already lost"),
        ("DealWon", "unknown_reference", "no opportunity O9 is known"),
        ("CustomerOnboarded", "illegal_state", "the lead is no customer"),
        ("LeadAssigned", "illegal_state", "the lead is disqualified and no customer"),
    ]
    judged_at(of, 9, offer_accepted("F1")).parked("no offer F1 is known")


def test_everything_before_a_capture_is_an_anomaly_of_that_kind():
    of = story(at(2, LeadAssigned(owner="ae:ben")), at(3, captured()), at(4, qualified()))
    assert listed(of) == [("LeadAssigned", "before_capture", "the lead is not captured by then")]
    never = story(at(2, opened("O1")), at(3, won("O1")))
    assert [kind for _, kind, _ in listed(never)] == ["before_capture", "before_capture"]


def test_the_first_kind_that_fits_is_the_one():
    told = at(1, captured()), at(2, opened("O1")), at(2, offered("F1")), at(3, lost("O1")), at(4, disqualified())
    assert listed(story(*told, at(5, OfferMade(offer="F1", opportunity="O9")))) == [
        ("OfferMade", "unknown_reference", "no opportunity O9 is known")
    ]
    assert listed(story(*told, at(5, opened("O1")))) == [
        ("OpportunityOpened", "closed_reference", "O1 is already taken: that opportunity is lost")
    ]
    assert listed(story(*told, at(5, DealWon()))) == [
        ("DealWon", "unknown_reference", "it names no opportunity, and none is open")
    ]
    assert listed(story(at(1, captured()), at(2, opened("O1")), at(3, reversed_("O1")))) == [
        ("DealReversed", "illegal_state", "O1 is open and not yet won")
    ]


def test_what_news_dated_earlier_makes_illegal_stays_and_is_listed():
    of = story(at(1, captured()), at(5, qualified()), at(6, handed_off("H1")))
    assert of.anomalies() == []
    of.add(Fact(*at(3, disqualified())[:2], 9, disqualified()))
    assert [kind for _, kind, _ in listed(of)] == ["illegal_state", "illegal_state"]
    of.add(Fact(*at(4, recycled())[:2], 10, recycled()))
    assert of.anomalies() == []


def test_a_skipped_stage_is_no_anomaly():
    assert story(at(1, captured()), at(2, opened("O1")), at(3, won("O1"))).anomalies() == []


# Trusted sources


def test_an_id_that_a_trusted_source_leaves_out_is_filled_in_where_one_is_meant():
    of = story(at(1, captured()), at(2, handed_off("H1")), at(4, handed_off("H2")))
    hour = Instant.exact(3 * HOUR)
    assert of.trusted_fill(accepted(), hour, None) == HandoffAccepted(handoff="H1")
    assert of.trusted_fill(accepted("H7"), hour, None) == accepted("H7")
    assert of.trusted_fill(accepted(), Instant.exact(5 * HOUR), None) == accepted()  # two
    assert of.trusted_fill(accepted(), Instant.exact(1 * HOUR), None) == accepted()  # none
    assert of.trusted_fill(qualified(), hour, None) == qualified()


def test_a_trusted_offer_with_a_taken_id_still_gets_its_opportunity():
    of = story(at(1, captured()), at(2, opened("O1")), at(3, offered("F1")))
    assert of.trusted_fill(offered("F1"), Instant.exact(4 * HOUR), None) == offered("F1", "O1")

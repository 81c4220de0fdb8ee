"""Generated streams: in whatever order they come in, what is legal in the order of time is recorded, and nothing is refused."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given, note
from hypothesis import strategies as st

from engine.lead import Decided, Parked, decide, initial
from engine.standing import Lead
from engine.story import Story
from engine.ties import Fact, entered, settled
from events.base import Decision, LeadEvent
from events.decisions import DealLost, DealReversed, DealWon, LeadRecycled
from events.instants import DAY, Instant
from tests.engine.given import (
    HOUR,
    accepted,
    captured,
    disqualified,
    expired,
    handed_off,
    lost,
    offer_accepted,
    offer_withdrawn,
    offered,
    opened,
    paused,
    qualified,
    recycled,
    rejected,
    reversed_,
    withdrawn,
    won,
)
from tests.engine.test_lead import AS_CUSTOMER

ONBOARDED = AS_CUSTOMER[0]
EVENTS: list[LeadEvent] = [
    *(qualified(), disqualified(), recycled(), recycled(), ONBOARDED),
    *(make(name) for make in (handed_off, accepted, rejected, paused, withdrawn, expired) for name in ("H1", "H2")),
    *(make(name) for make in (opened, won, lost, reversed_) for name in ("O1", "O2")),
    *(won("O1", 100), reversed_("O1", 60), offered("F1", "O1"), offered("F2", "O2")),
    *(make(name) for make in (offer_accepted, offer_withdrawn) for name in ("F1", "F2")),
]
PROBES = [event for event in EVENTS if isinstance(event, Decision)]


def moment(hour: int, *, dated: bool) -> Instant:
    """That hour, or only its day."""
    if not dated:
        return Instant.exact(hour * HOUR)
    day = hour * HOUR // DAY
    return Instant(day * DAY, (day + 1) * DAY - 1, day)


@st.composite
def legal_streams(draw: st.DrawFn) -> list[Fact]:
    """A stream in the order of time, in which each event is legal; many at one instant.

    Some are known by their day only, but no deal's end, and in streams without a recycling: several of those on the day
    of a date have more orders than engine.ties tries.
    """
    told, hour, state = [Fact(moment(0, dated=False), None, 0, captured())], 0, given_captured()
    dates = draw(st.booleans())
    choice = [event for event in EVENTS if not (dates and isinstance(event, LeadRecycled))]
    for _ in range(draw(st.integers(1, 20))):
        after = [(event, found) for event in choice if isinstance(found := entered(state, event), Lead)]
        if not after:
            break
        event, state = after[draw(st.integers(0, len(after) - 1))]
        hour += draw(st.sampled_from([0, 0, 1, 5, 20]))
        dated = dates and not isinstance(event, DealWon | DealLost | DealReversed) and draw(st.integers(0, 3)) == 0
        told.append(Fact(moment(hour, dated=dated), None, 0, event))
    return told


def given_captured() -> Lead:
    state = entered(initial(), captured())
    assert isinstance(state, Lead)
    return state


def recorded(arriving: Sequence[Fact]) -> tuple[Story, list[Fact]]:
    """The story after they came in one by one, what is parked being tried again whenever something was recorded; and what waits."""
    story, waiting, position = Story(), [], 0
    for fact in arriving:
        waiting.append(fact)
        trying = [fact]
        while trying:
            moved = False
            for one in trying:
                verdict = (
                    story.decide(one.event, one.time, one.sequence)
                    if isinstance(one.event, Decision)
                    else Decided(one.event)  # type: ignore[arg-type]  # a capture: recorded whatever there is
                )
                if isinstance(verdict, Decided):
                    position += 1
                    story.add(Fact(one.time, one.sequence, position, verdict.event))
                    waiting.remove(one)
                    moved = True
                else:
                    assert isinstance(verdict, Parked), f"{one.event!r}: {verdict}"
            trying = sorted(waiting, key=lambda one: one.time.start) if moved else []
    return story, waiting


@given(legal_streams(), st.randoms(use_true_random=False))
def test_a_legal_stream_is_recorded_whole_in_any_order_of_arrival(told, random):
    arriving = list(told)
    random.shuffle(arriving)
    story, waiting = recorded(arriving)
    note("; ".join(f"{fact.time} {fact.event!r}" for fact in arriving))
    assert waiting == []
    assert story.anomalies() == []


@given(legal_streams(), st.randoms(use_true_random=False))
def test_what_may_be_decided_afterwards_does_not_depend_on_the_order_of_arrival(told, random):
    arriving = list(told)
    random.shuffle(arriving)
    shuffled, straight = recorded(arriving)[0], recorded(told)[0]
    for hour in range(0, 60, 9):
        for probe in PROBES:
            at = moment(hour, dated=False)
            assert type(shuffled.decide(probe, at, None)) is type(straight.decide(probe, at, None))


@given(legal_streams(), st.integers(1, 5))
def test_facts_at_once_are_no_anomalies_where_some_order_makes_all_of_them_legal(told, together):
    state = given_captured()
    for fact in told[1:-together]:
        after = entered(state, fact.event)
        assert isinstance(after, Lead)
        state = after
    at_once = [fact.event for fact in told[1:][-together:]]
    facts = [Fact(moment(0, dated=False), None, place, event) for place, event in enumerate(at_once)]
    ends = [end for tried in permutations(facts) if (end := legal_end(state, tried)) is not None]
    assert ends
    found = settled([state], facts)
    assert found.anomalies == ()
    for probe in PROBES:
        if any(isinstance(decide(end, probe), Decided) for end in ends):
            assert any(isinstance(decide(end, probe), Decided) for end in found.states), probe


def legal_end(state: Lead, tried: Sequence[Fact]) -> Lead | None:
    """The lead after these, in this order, where each is legal."""
    for fact in tried:
        after = entered(state, fact.event)
        if not isinstance(after, Lead):
            return None
        state = after
    return state

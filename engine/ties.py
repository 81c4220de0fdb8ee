"""Facts of one lead that cannot be told apart in time: equal instants, and a plain date with whatever lies on its day.

Each is legal if it is so before or after the others and contradicts none of them for good. They are settled in a likely
order by kind; so what a lead becomes by them depends on what they are, not on the order in which they came in.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.lead import evolve, judged
from engine.rules import Objection
from engine.standing import Lead
from events.base import Decision, LeadEvent
from events.decisions import (
    DealLost,
    DealReversed,
    DealWon,
    HandoffAccepted,
    HandoffExpired,
    HandoffRejected,
    HandoffWithdrawn,
    LeadDisqualified,
    LeadHandedOff,
    LeadRecycled,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    OpportunityOpened,
)
from events.instants import Instant
from events.observations import LeadCaptured


class Fact(NamedTuple):
    """A recorded event as far as decisions look at it."""

    time: Instant
    sequence: int | None
    position: int
    event: LeadEvent


class Settled(NamedTuple):
    """What facts made of a lead.

    states: how it may stand afterwards, mostly one way; two where a recycling may lie before or after the others.
    passed: the states that it went through, from the one before all of them on.
    anomalies: facts that no order makes legal. They did not enter the state.
    """

    states: tuple[Lead, ...]
    passed: tuple[Lead, ...]
    anomalies: tuple[tuple[Fact, Objection], ...]


# A likely order of what happens at once: first what others need, last what others cannot follow.
MIDDLE = 3
ALL = 2**63
RANKS: Mapping[type[LeadEvent], int] = {
    LeadCaptured: 0,
    LeadHandedOff: 2,
    OpportunityOpened: 2,
    OfferMade: 2,
    HandoffAccepted: 4,
    DealWon: 5,
    **dict.fromkeys((HandoffRejected, HandoffWithdrawn, HandoffExpired), 6),
    **dict.fromkeys((OfferAccepted, OfferDeclined, OfferWithdrawn, OfferExpired, DealLost), 6),
    LeadDisqualified: 7,
    DealReversed: 9,
}
# A recycling is the one decision that gives (a disqualified lead is active again) and takes (nothing is decided in the
# new journey yet): both places are tried.
RECYCLED_FIRST: Mapping[type[LeadEvent], int] = {**RANKS, LeadRecycled: 1}
RECYCLED_LAST: Mapping[type[LeadEvent], int] = {**RANKS, LeadRecycled: 8}


def order(fact: Fact) -> tuple[int, int, int, int]:
    """The order of a story: by instant (a date: by the start of its day), sequence (none first), position."""
    return fact.time.start, int(fact.sequence is not None), fact.sequence or 0, fact.position


def settled(states: Sequence[Lead], facts: Sequence[Fact]) -> Settled:
    """What the facts make of a lead that stood in one of those states, in the orders that leave the fewest anomalies."""
    if len(facts) == 1 and len(states) == 1:
        return _alone(states[0], facts[0])
    recycled = any(isinstance(fact.event, LeadRecycled) for fact in facts)
    runs: list[Settled] = []
    for turn in (_by_rank, _ends_by_date, _by_date):
        for ranks in (RECYCLED_LAST, RECYCLED_FIRST) if recycled else (RANKS,):
            in_turn = sorted(facts, key=lambda fact: (*turn(fact, ranks.get(type(fact.event), MIDDLE)), *order(fact)))
            runs += [_in_order(state, in_turn) for state in states]
        if not recycled and not any(run.anomalies for run in runs):
            break
    fewest = min(len(run.anomalies) for run in runs)
    best = [run for run in runs if len(run.anomalies) == fewest]
    ends: list[Lead] = []
    for run in best:
        ends += [state for state in run.states if state not in ends]
    return Settled(tuple(ends), tuple(state for run in best for state in run.passed), best[0].anomalies)


def _alone(state: Lead, fact: Fact) -> Settled:
    after = entered(state, fact.event)
    if isinstance(after, Lead):
        return Settled((after,), (state, after), ())
    return Settled((state,), (state,), ((fact, after),))


def _by_rank(fact: Fact, rank: int) -> tuple[int, ...]:
    """As an instant would have it, and a date where its rank is."""
    return rank, _share(fact), fact.time.end


def _ends_by_date(fact: Fact, rank: int) -> tuple[int, ...]:
    """A date begins something as early, and ends something as late as its day allows."""
    ends = rank > MIDDLE and not 0 < _share(fact) < ALL  # a part of a deal's reversal does not
    return (MIDDLE + 1, fact.time.end, rank) if ends else (min(rank, MIDDLE), fact.time.end, rank)


def _by_date(fact: Fact, rank: int) -> tuple[int, ...]:
    """A date is as late as its day allows."""
    return fact.time.end, rank, _share(fact)


def _share(fact: Fact) -> int:
    """Parts of a deal are reversed before the whole."""
    return (fact.event.amount or ALL) if isinstance(fact.event, DealReversed) else 0


def _in_order(state: Lead, facts: Sequence[Fact]) -> Settled:
    """One order: of those that no remaining fact definitely precedes, always the first in turn that is legal.

    Where none of them is, it is the turn of the one that ends first: whatever may come before it is done. It enters if
    it was legal before some of the others and contradicts none of them; else it is an anomaly.
    """
    remaining = list(facts)
    done: list[Fact] = []
    passed = [state]
    anomalies: list[tuple[Fact, Objection]] = []
    while remaining:
        until = min(fact.time.end for fact in remaining)
        free = [fact for fact in remaining if fact.time.start <= until]
        legal = next((fact for fact in free if isinstance(entered(passed[-1], fact.event), Lead)), None)
        fact = legal or min(free, key=lambda fact: (fact.time.end, *order(fact)))
        remaining.remove(fact)
        after = entered(passed[-1], fact.event)
        if isinstance(after, Objection) and not after.final and _was_legal(fact, done, passed):
            after = evolve(passed[-1], fact.event)
        if isinstance(after, Lead):
            done.append(fact)
            passed.append(after)
        else:
            anomalies.append((fact, after))
    return Settled((passed[-1],), tuple(passed), tuple(anomalies))


def _was_legal(fact: Fact, done: Sequence[Fact], passed: Sequence[Lead]) -> bool:
    """Whether it was legal at some place behind the last of those that definitely precede it."""
    behind = max((place for place, other in enumerate(done, start=1) if other.time.end < fact.time.start), default=0)
    return any(isinstance(entered(state, fact.event), Lead) for state in passed[behind:])


def entered(state: Lead, event: LeadEvent) -> Lead | Objection:
    """The lead after the event, or why it is not legal. Observations always are."""
    if not isinstance(event, Decision):
        return evolve(state, event)
    legal = judged(state, event)
    return legal if isinstance(legal, Objection) else evolve(state, legal)

"""Facts of one lead that cannot be told apart in time: equal instants, and a plain date with whatever lies on its day.

Among them any order counts in which all are legal. So what a lead becomes by them depends on what they are, never on
the order in which they came in.
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
RANKS: Mapping[type[LeadEvent], int] = {
    LeadCaptured: 0,
    LeadHandedOff: 2,
    OpportunityOpened: 2,
    OfferMade: 2,
    HandoffAccepted: 4,
    **dict.fromkeys((HandoffRejected, HandoffWithdrawn, HandoffExpired), 5),
    **dict.fromkeys((OfferAccepted, OfferDeclined, OfferWithdrawn, OfferExpired, DealWon, DealLost), 5),
    LeadDisqualified: 6,
    DealReversed: 8,
}
# A recycling is the one decision that gives (a disqualified lead is active again) and takes (nothing is decided in the
# new journey yet): both places are tried.
RECYCLED_FIRST: Mapping[type[LeadEvent], int] = {**RANKS, LeadRecycled: 1}
RECYCLED_LAST: Mapping[type[LeadEvent], int] = {**RANKS, LeadRecycled: 7}


def order(fact: Fact) -> tuple[int, bool, int, int]:
    """The order of a story: by instant (a date: by the start of its day), sequence (none first), position."""
    return fact.time.start, fact.sequence is not None, fact.sequence or 0, fact.position


def settled(states: Sequence[Lead], facts: Sequence[Fact]) -> Settled:
    """What the facts make of a lead that stood in one of those states, in the orders that leave the fewest anomalies."""
    if len(facts) == 1 and len(states) == 1:
        return _alone(states[0], facts[0])
    recycled = any(isinstance(fact.event, LeadRecycled) for fact in facts)
    ranks = (RECYCLED_LAST, RECYCLED_FIRST) if recycled else (RANKS,)
    runs = [_in_order(state, facts, ranked) for state in states for ranked in ranks]
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


def _in_order(state: Lead, facts: Sequence[Fact], ranks: Mapping[type[LeadEvent], int]) -> Settled:
    """One order: of those that no remaining fact definitely precedes, always the first by rank that is legal.

    Where none of them is legal, the one that ends first cannot become so any more: whatever might still come before it
    was among them. It is given up as an anomaly.
    """
    remaining = sorted(facts, key=lambda fact: (ranks.get(type(fact.event), MIDDLE), fact.time.end, *order(fact)))
    passed = [state]
    anomalies: list[tuple[Fact, Objection]] = []
    while remaining:
        until = min(fact.time.end for fact in remaining)
        objections: list[tuple[Fact, Objection]] = []
        for fact in remaining:
            if fact.time.start > until:
                continue
            after = entered(passed[-1], fact.event)
            if isinstance(after, Lead):
                passed.append(after)
                remaining.remove(fact)
                break
            objections.append((fact, after))
        else:
            anomalies.append(min(objections, key=lambda one: (one[0].time.end, *order(one[0]))))
            remaining.remove(anomalies[-1][0])
    return Settled((passed[-1],), tuple(passed), tuple(anomalies))


def entered(state: Lead, event: LeadEvent) -> Lead | Objection:
    """The lead after the event, or why it is not legal. Observations always are."""
    if not isinstance(event, Decision):
        return evolve(state, event)
    legal = judged(state, event)
    return legal if isinstance(legal, Objection) else evolve(state, legal)

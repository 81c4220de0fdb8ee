"""The story of a lead: its facts in the order in which they happened. A decision is judged up to its own time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Literal, NamedTuple

from engine.lead import FACTS, REFERENCES, Decided, Verdict, decide, initial, judged, with_ids_filled_in
from engine.rules import CAPTURED, Objection
from engine.standing import Lead
from engine.ties import Fact, entered, order, settled
from events.base import Decision
from events.decisions import LeadRecycled
from events.instants import Instant

AnomalyKind = Literal["before_capture", "unknown_reference", "closed_reference", "illegal_state"]
UNRECORDED = 2**63  # the position of a proposal: behind everything


class Anomaly(NamedTuple):
    """A recorded fact that was not legal at its time. detail: a sentence that names the id and the fact."""

    fact: Fact
    kind: AnomalyKind
    detail: str


class Moment(NamedTuple):
    """Facts that overlap in time, and the lead after them; mostly a single one.

    beyond: the index of the first fact after them. end: µs of their latest end. recycled: a recycling is among them.
    """

    beyond: int
    end: int
    states: tuple[Lead, ...]
    anomalies: tuple[tuple[Fact, Objection], ...]
    recycled: bool = False


BEGINNING = Moment(0, -(2**63), (initial(),), ())


class Story:
    """What the decisions on one lead (or on several that are merged) depend on.

    facts: in any order; what no decision depends on may be among them and is passed over.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts = sorted((fact for fact in facts if type(fact.event) in FACTS), key=order)
        self._moments = [BEGINNING]

    def add(self, fact: Fact) -> None:
        """The fact is recorded. What was folded from its time on will be folded again."""
        if type(fact.event) not in FACTS:
            return
        index = bisect_right(self._facts, order(fact), key=order)
        self._facts.insert(index, fact)
        if self._continued(fact):
            return
        while self._moments[-1].beyond > index or self._moments[-1].end >= fact.time.start:
            self._moments.pop()

    def _continued(self, fact: Fact) -> bool:
        """Whether it is legal at the very end of the story, and is folded at once even where it overlaps the last ones.

        Not where a recycling is among those: its place may change.
        """
        last = self._moments[-1]
        if last.beyond != len(self._facts) - 1 or self._facts[-1] is not fact or last.anomalies or last.recycled:
            return False
        after = entered(last.states[0], fact.event)
        if len(last.states) > 1 or isinstance(fact.event, LeadRecycled) or isinstance(after, Objection):
            return False
        if last.end >= fact.time.start:
            self._moments[-1] = last._replace(beyond=last.beyond + 1, end=max(last.end, fact.time.end), states=(after,))
        else:
            self._moments.append(Moment(last.beyond + 1, fact.time.end, (after,), ()))
        return True

    def decide(self, event: Decision, time: Instant, sequence: int | None) -> Verdict:
        """Whether the event may become a fact, by what happened up to its time; what happened later refuses nothing.

        Where facts overlap it in time, it is legal if it is so before or after them and contradicts none of them for good.
        time, sequence: the event's own.
        """
        base, ties, after = self._up_to(time)
        verdict = _verdict(after, event)
        if isinstance(verdict, Decided) or not ties:
            return verdict
        between = _between(base, ties, event, time, sequence)
        return verdict if between is None else Decided(between)

    def trusted_fill(self, event: Decision, time: Instant, sequence: int | None) -> Decision:
        """The event of a trusted source, which is recorded as it comes: an id left out is filled in where one is meant."""
        reference = REFERENCES.get(type(event))
        if reference is None or getattr(event, reference.to) is not None:
            return event
        verdict = self.decide(event, time, sequence)
        if isinstance(verdict, Decided):
            return verdict.event
        _, _, after = self._up_to(time)
        return with_ids_filled_in(after[-1], event)

    def anomalies(self) -> list[Anomaly]:
        """What is recorded and was not legal at its time, in the order of the story; one a fact."""
        return [
            Anomaly(fact, _kind(objection), objection.reason)
            for moment in self._folded()
            for fact, objection in sorted(moment.anomalies, key=lambda one: order(one[0]))
        ]

    def _up_to(self, time: Instant) -> tuple[tuple[Lead, ...], list[Fact], tuple[Lead, ...]]:
        """The lead before what overlaps that time, what does (or lies among that) and is not later, the lead after it."""
        moments = self._folded()
        if moments[-1].end < time.start:
            return moments[-1].states, [], moments[-1].states
        at = bisect_left(moments, time.start, key=lambda moment: moment.end)
        base, overlapping = moments[at - 1], moments[at]
        until = bisect_right(self._facts, time.end, key=lambda fact: fact.time.start)
        ties = self._facts[base.beyond : until]
        if not ties:
            return base.states, [], base.states
        if until == overlapping.beyond:
            return base.states, ties, overlapping.states
        return base.states, ties, settled(base.states, ties).states

    def _folded(self) -> list[Moment]:
        while (first := self._moments[-1].beyond) < len(self._facts):
            beyond, end = first + 1, self._facts[first].time.end
            while beyond < len(self._facts) and self._facts[beyond].time.start <= end:
                end = max(end, self._facts[beyond].time.end)
                beyond += 1
            made = settled(self._moments[-1].states, self._facts[first:beyond])
            recycled = any(isinstance(fact.event, LeadRecycled) for fact in self._facts[first:beyond])
            self._moments.append(Moment(beyond, end, made.states, made.anomalies, recycled))
        return self._moments


def _verdict(states: tuple[Lead, ...], event: Decision) -> Verdict:
    """Legal if it is so in one of the ways in which the lead may stand."""
    for state in states[:-1]:
        legal = judged(state, event)
        if not isinstance(legal, Objection):
            return Decided(legal)
    return decide(states[-1], event)


def _between(
    base: tuple[Lead, ...], ties: list[Fact], event: Decision, time: Instant, sequence: int | None
) -> Decision | None:
    """The event with its ids filled in, where it is legal somewhere among its ties and contradicts none of them."""
    before = settled(base, ties)
    lost = {fact.position for fact, _ in before.anomalies}
    tried: list[Decision] = []
    for state in reversed(before.passed):
        legal = judged(state, event)
        if isinstance(legal, Objection) or legal in tried:
            continue
        tried.append(legal)
        together = settled(base, [*ties, Fact(time, sequence, UNRECORDED, legal)]).anomalies
        if not any(fact.position == UNRECORDED or (why.final and fact.position not in lost) for fact, why in together):
            return legal
    return None


def _kind(objection: Objection) -> AnomalyKind:
    """The first kind that fits: a rule asks its conditions in the order of the kinds."""
    if objection.reason == CAPTURED.because:
        return "before_capture"
    match objection.word:
        case "unknown" | "several":
            return "unknown_reference"
        case "ended" | "closed" | "taken":
            return "closed_reference"
        case _:
            return "illegal_state"

"""What a batch keeps aside: the faulty, the refused, and the decisions that wait until their lead moves on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from engine.intake.arrival import Arrival
from engine.intake.content import same
from engine.intake.element import Element
from engine.intake.entry import Entry, Held, State
from engine.intake.quarantine import Quarantine
from engine.intake.summary import Summary
from engine.lead import Parked, Refused
from events.envelope import Proposal
from events.faults import Fault


@dataclass(slots=True)
class Waiting:
    """A parked decision.

    order: by time, then arrival. run: that brought it. entry: where an earlier batch put it. held: what this batch has to put there.
    """

    arrival: Arrival
    order: tuple[int, int]
    run: str
    entry: Entry | None = None
    held: list[Held] = field(default_factory=list)


class Aside:
    """Collects what goes into quarantine, and puts it there at the batch's end.

    again: the entry that the element at hand was read from once more.
    """

    def __init__(self, quarantine: Quarantine, summary: Summary) -> None:
        self._quarantine, self._summary = quarantine, summary
        self._held: list[Held] = []
        self._waiting: dict[int, list[Waiting]] = {}
        self._tried: dict[int, Parked | Refused] = {}
        self.again: int | None = None

    def faulty(self, element: Element, fault: Fault, proposal: Proposal | None = None) -> None:
        """It cannot be taken."""
        self._keep(self._made(element, "faulty", fault.field, fault.word, str(fault), proposal))

    def refused(self, element: Element, proposal: Proposal | None, verdict: Refused) -> None:
        """It contradicts what is recorded."""
        self._keep(self._made(element, "refused", "", verdict.word, _reason(verdict), proposal))

    def parked(self, element: Element, lead: int, arrival: Arrival, verdict: Parked) -> None:
        """It may yet become legal. The same again is one that waits, however often it came."""
        held = self._made(element, "parked", "", verdict.word, _reason(verdict), element.proposal)
        key = arrival.event_id
        self._summary.parked += 1
        self._summary.waiting[key] = self._summary.waiting.get(key, 0) + 1
        for one in self._waiting.get(lead, ()):
            if one.arrival.event_id == key and same(one.arrival.said(), arrival.said()):
                one.held.append(held)
                one.run = self._summary.run
                return
        order = (arrival.occurred_at, 2**62 + self._summary.read)
        self.wait(lead, Waiting(arrival, order, self._summary.run, None, [held]))

    def wait(self, lead: int, waiting: Waiting) -> None:
        """A decision on that lead waits."""
        self._waiting.setdefault(lead, []).append(waiting)

    def waiting(self, leads: Iterable[int]) -> list[Waiting]:
        """What waits for those leads, in order of time, then arrival."""
        return sorted((one for lead in leads for one in self._waiting.get(lead, ())), key=lambda one: one.order)

    def keys(self) -> list[bytes]:
        """The idempotency keys of all that waits."""
        return [one.arrival.event_id for one in self._all()]

    def lies_here(self, element: Element) -> bool:
        """Whether it lies in quarantine already: it was learned in its time, and is only looked at again."""
        return self.again is not None or self._quarantine.has(
            self._made(element, "parked", "", "", "", element.proposal)
        )

    def judged_again(self, one: Waiting, verdict: Parked | Refused) -> None:
        """It is still not legal, but perhaps for another reason, or no longer to become so."""
        if one.entry is not None:
            self._tried[one.entry.entry] = verdict
        state, word, reason = _state(verdict), verdict.word, _reason(verdict)
        one.held = [replace(held, state=state, word=word, reason=reason) for held in one.held]

    def gone(self, lead: int, one: Waiting) -> None:
        """It waits no more: it is recorded, or was known."""
        self._waiting[lead].remove(one)
        if one.entry is not None:
            self._quarantine.remove(one.entry.entry)
            self._tried.pop(one.entry.entry, None)
        sent = self._summary.waiting.pop(one.arrival.event_id, 0)
        self._summary.parked -= sent
        self._summary.known += max(sent - 1, 0)
        self._summary.released += not sent

    def put(self, again: Iterable[int], now: int) -> None:
        """Put all of it into quarantine. again: the entries that this batch was read from. now: µs."""
        self._count_refused()
        held = [*self._held, *(held for one in self._all() for held in one.held)]
        held.sort(key=lambda one: one.arrived)
        self._quarantine.put([one for one in held if one.again is None], now)
        left: dict[int, list[Held]] = {entry: [] for entry in sorted(again)}
        for one in held:
            if one.again is not None:
                left[one.again].append(one)
        for entry, of_entry in left.items():
            self._quarantine.replace(entry, of_entry, now)
        entries = {one.entry.entry: one.entry for one in self._all() if one.entry is not None}
        for entry, verdict in self._tried.items():
            self._quarantine.tried(entry, now)
            if (entries[entry].state, entries[entry].reason) != (_state(verdict), _reason(verdict)):
                self._quarantine.judge(entry, _state(verdict), verdict.word, _reason(verdict))

    def _all(self) -> Iterator[Waiting]:
        return (one for some in self._waiting.values() for one in some)

    def _keep(self, held: Held) -> None:
        self._held.append(held)
        self._summary.quarantined += 1
        self._summary.reasons[held.word] = self._summary.reasons.get(held.word, 0) + 1

    def _count_refused(self) -> None:
        """What this run parked and what was refused afterwards waits no more."""
        for one in self._all():
            verdict = self._tried.get(one.entry.entry) if one.entry else None
            if isinstance(verdict, Refused) or any(held.state == "refused" for held in one.held):
                sent = self._summary.waiting.pop(one.arrival.event_id, 0)
                self._summary.parked -= sent
                self._summary.quarantined += sent
                word = verdict.word if verdict else one.held[0].word
                if sent:
                    self._summary.reasons[word] = self._summary.reasons.get(word, 0) + sent

    def _made(
        self, element: Element, state: State, field_: str, word: str, reason: str, proposal: Proposal | None
    ) -> Held:
        hints = element.hints
        return Held(
            state=state,
            field=field_,
            word=word,
            reason=reason,
            where=element.where,
            raw=element.raw,
            context=element.context,
            proposal=proposal if state != "faulty" else None,
            source=proposal.source if proposal else hints.get("source"),
            subject=proposal.subject if proposal else hints.get("subject"),
            id=proposal.id if proposal else hints.get("id"),
            type=proposal.type if proposal else hints.get("type"),
            run=self._summary.run,
            arrived=self._summary.read,
            again=self.again,
        )


def _state(verdict: Parked | Refused) -> State:
    return "parked" if isinstance(verdict, Parked) else "refused"


def _reason(verdict: Parked | Refused) -> str:
    reason = f"{verdict.word}: {verdict.reason}"
    if isinstance(verdict, Parked):
        return reason
    return f"{reason}; legal would be {', '.join(map(str, verdict.legal)) or 'nothing'}"

"""One batch of intake inside the log's exclusive transaction: what is known, what is legal, what waits, what is kept aside."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.intake.arrival import Arrival, arrival_of, arrivals_of
from engine.intake.content import Said, said, said_of_draft, same
from engine.intake.element import Element
from engine.intake.parking import Stories, parked_of
from engine.intake.quarantine import Held, Quarantine
from engine.lead import DEPENDS_ON, Decided, Parked, Refused
from engine.privacy.ids import stream_id
from engine.privacy.keys import KeyFile
from engine.store.log import Draft, Writing
from engine.ties import Fact
from events.base import Decision, Event, LeadEvent
from events.cloudevents import Sender
from events.envelope import Proposal, parted
from events.faults import Fault
from events.identity import LeadsMerged, MergeReverted, PersonErased
from events.instants import wire

if TYPE_CHECKING:
    from engine.intake.intake import Summary

AHEAD = 5 * 60 * 1_000_000  # µs that a sender's clock may be ahead of ours
RELEASES = DEPENDS_ON | {LeadsMerged.__name__, MergeReverted.__name__}  # what can make a parked decision legal


@dataclass(slots=True)
class Waiting:
    """A parked decision. entry: its number, where an earlier batch put it there. held: what this batch has to put there."""

    arrival: Arrival
    order: tuple[int, int]
    entry: int | None = None
    held: list[Held] = field(default_factory=list)


class Batch:
    """Takes the elements of one batch in their order of arrival."""

    def __init__(
        self,
        writing: Writing,
        keys: KeyFile,
        sender_of: Callable[[str | None], Sender],
        stories: Stories,
        summary: "Summary",
        again: int | None = None,
    ) -> None:
        """again: the entry of quarantine that these elements come from."""
        self._again = again
        self._writing, self._sender_of, self._stories, self._summary = writing, sender_of, stories, summary
        self._secret = keys.secret
        self._quarantine = Quarantine(writing, keys)
        self._moment = writing.head.recorded_at  # µs of the latest learning; never goes back
        self._drafts: list[Draft] = []
        self._held: list[Held] = []
        self._known: dict[UUID, int] = {}
        self._said: dict[UUID, Said] = {}
        self._drafted: dict[UUID, Draft] = {}
        self._waiting: dict[int, list[Waiting]] = {}
        self._poisoned: dict[UUID, list[str]] = {}
        self._tried: set[int] = set()
        self.erased: set[UUID] = set()

    def take(self, elements: Sequence[Element]) -> None:
        """Decide on each element, then append and keep aside all at once."""
        arrivals = arrivals_of(self._secret, list(elements))
        self._begin([arrival for arrival in arrivals if arrival is not None])
        for element, arrival in zip(elements, arrivals, strict=True):
            self._summary.read += 1
            if element.ignored:
                self._summary.ignored += 1
            elif arrival is None:
                assert element.fault is not None
                self._keep_faulty(element, element.fault)
            else:
                self._take(element, arrival)
        self._end()

    def release(self, leads: Iterable[int]) -> None:
        """Try again all that is parked of those leads, without anything new (`leadlog quarantine retry`)."""
        self._moment = max(self._moment, self._writing.now)
        leads = list(leads)
        self._begin([], leads)
        for lead in leads:
            self._release(lead)
        self._end()

    def _begin(self, arrivals: Sequence[Arrival], leads: Collection[int] = ()) -> None:
        """Read all that these decisions can depend on, a few statements for the whole batch."""
        named = [
            stream for arrival in arrivals for stream in (arrival.stream, arrival.other) if stream and arrival.of_a_lead
        ]
        self._numbers = self._writing.numbers(list(dict.fromkeys(named)))
        touched = {*self._numbers.values(), *leads}
        self._stories.begin(self._writing, touched)
        members = {member for lead in touched for member in self._stories.members(lead)}
        lead_of = {stream: lead for lead, stream in self._writing.streams(members).items()}
        self._numbers |= lead_of
        parked, self._poisoned = parked_of(self._quarantine, lead_of)
        for entry in parked:
            assert entry.proposal is not None
            waiting = Waiting(
                arrival_of(self._secret, entry.proposal), (entry.proposal.time.start, entry.entry), entry.entry
            )
            self._waiting.setdefault(self._lead(waiting.arrival), []).append(waiting)
        waiting_keys = [one.arrival.key for some in self._waiting.values() for one in some]
        self._known = self._writing.known([*(arrival.key for arrival in arrivals), *waiting_keys])

    def _lead(self, arrival: Arrival) -> int:
        return self._numbers[arrival.stream] if arrival.of_a_lead else 0

    def _take(self, element: Element, arrival: Arrival) -> None:
        proposal = arrival.proposal
        sender = self._sender_of(proposal.source)
        try:
            if self._is_known(arrival):
                self._summary.known += proposal.id is not None
                self._summary.repeats += proposal.id is None
                return
            self._learn(proposal, sender)
        except Fault as fault:
            self._keep_faulty(element, fault, proposal)
            return
        if not isinstance(proposal.data, Decision):
            self._accept(arrival, proposal.data)
            return
        match self._judge(arrival, sender):
            case Decided(event=event):
                self._accept(arrival, event)
            case Parked(word=word, reason=reason):
                self._park(element, arrival, word, reason)
            case Refused(word=word, reason=reason, legal=legal):
                told = f"{word}: {reason}; legal would be {', '.join(map(str, legal)) or 'nothing'}"
                self._keep(_held(element, "refused", "", word, told, self._summary, proposal))

    def _is_known(self, arrival: Arrival) -> bool:
        """Whether the log has it. Raises Fault where the same id says something else."""
        draft = self._drafted.get(arrival.key)
        first = said_of_draft(draft) if draft else self._said.get(arrival.key)
        if first is None and (position := self._known.get(arrival.key)):
            recorded = self._writing.recorded(position)
            if recorded.subject is None and recorded.lead:
                return True  # erased since: nothing is left to compare with
            first = self._said[arrival.key] = said(recorded, recorded.stream)
        if first is None:
            return False
        if not same(first, said(arrival.proposal, arrival.stream)):
            raise Fault("id", "content", f"{arrival.proposal.id!r} was sent before and said something else")
        return True

    def _learn(self, proposal: Proposal, sender: Sender) -> None:
        """Move the log's clock on to when this was learned. Raises Fault where the time told cannot be believed."""
        now = self._writing.now if proposal.known is None else proposal.known
        if proposal.time.start > now + AHEAD:
            raise Fault("time", "future", f"{proposal.time} (time) is later than {wire(now)}, when it was told")
        if proposal.time.start < sender.earliest:
            raise Fault("time", "range", f"{proposal.time} is before {wire(sender.earliest)}, the source's `earliest`")
        if proposal.known is not None and proposal.known < self._moment:
            raise Fault(
                "knowntime", "time", f"{wire(now)} is earlier than {wire(self._moment)}, what the log learned last"
            )
        self._moment = max(self._moment, now)

    def _judge(self, arrival: Arrival, sender: Sender) -> Decided | Parked | Refused:
        proposal = arrival.proposal
        assert isinstance(proposal.data, Decision)
        story = self._stories.story(self._lead(arrival))
        if sender.trusted:
            return Decided(story.trusted_fill(proposal.data, proposal.time, proposal.sequence))
        return story.decide(proposal.data, proposal.time, proposal.sequence)

    def _accept(self, arrival: Arrival, event: Event) -> None:
        self._record(arrival, event)
        self._summary.recorded += 1
        if arrival.proposal.type in RELEASES:
            self._release(self._lead(arrival))

    def _record(self, arrival: Arrival, event: Event) -> None:
        proposal = arrival.proposal
        clear, personal = parted(event)
        sealed = {
            "subject": proposal.subject, "id": proposal.id, "data": personal,
            "extensions": dict(proposal.extensions), "kept": dict(proposal.kept),
        }  # fmt: skip
        self._drafts.append(
            Draft(
                stream=arrival.stream,
                lead=self._lead(arrival),
                type=proposal.type,
                schema_version=proposal.schema_version,
                time=proposal.time,
                recorded_at=self._moment,
                source=proposal.source,
                event_id=arrival.key,
                data=clear,
                personal={name: value for name, value in sealed.items() if value},
                actor=proposal.actor,
                sequence=proposal.sequence,
                run=self._summary.run,
                correlation_id=proposal.correlation_id,
                causation_id=proposal.causation_id,
            )
        )
        self._drafted[arrival.key] = self._drafts[-1]
        position = self._writing.head.position + len(self._drafts)
        if isinstance(event, LeadsMerged | MergeReverted):
            assert isinstance(event.merged, UUID)
            order = (proposal.time.start, proposal.sequence or 0, position)
            self._stories.merged(self._lead(arrival), self._numbers[event.merged], order, proposal.type)
        elif isinstance(event, PersonErased):
            self.erased |= set(self._writing.streams(self._stories.members(self._lead(arrival))).values())
        elif isinstance(event, LeadEvent) and proposal.type in DEPENDS_ON:
            self._stories.add(self._lead(arrival), Fact(proposal.time, proposal.sequence, position, event))

    def _release(self, lead: int) -> None:
        """What waits for that lead is tried again, in order of time, then arrival, until none moves."""
        moved = bool(self._waiting)
        while moved:
            moved = False
            members = self._stories.members(lead)
            waiting = sorted(
                (one for member in members for one in self._waiting.get(member, ())), key=lambda one: one.order
            )
            for one in waiting:
                if self._try_again(one):
                    moved = True
                    break

    def _try_again(self, one: Waiting) -> bool:
        arrival = one.arrival
        try:
            known = self._is_known(arrival)
        except Fault:
            return False
        verdict = None if known else self._judge(arrival, self._sender_of(arrival.proposal.source))
        if verdict is not None and not isinstance(verdict, Decided):
            if one.entry is not None:
                self._tried.add(one.entry)
            return False
        self._waiting[self._lead(arrival)].remove(one)
        if one.entry is not None:
            self._quarantine.remove(one.entry)
        sent = self._summary.waiting.pop(arrival.key, 0)
        self._summary.parked -= sent
        self._summary.known += max(sent - 1, 0)
        self._summary.released += not sent
        if verdict is not None:
            self._summary.recorded += 1
            self._record(arrival, verdict.event)
        return True

    def _park(self, element: Element, arrival: Arrival, word: str, reason: str) -> None:
        reason = f"{word}: {reason}"
        behind = self._poisoned.get(arrival.stream)
        if behind:
            reason += f"; behind what lies in quarantine of this lead: {', '.join(behind)}"
        held = _held(element, "parked", "", word, reason, self._summary, arrival.proposal)
        self._summary.parked += 1
        self._summary.waiting[arrival.key] = self._summary.waiting.get(arrival.key, 0) + 1
        waiting = self._waiting.setdefault(self._lead(arrival), [])
        for one in waiting:
            if one.arrival.key == arrival.key and same(
                said(one.arrival.proposal, one.arrival.stream), said(arrival.proposal, arrival.stream)
            ):
                one.held.append(held)
                return
        order = (arrival.proposal.time.start, 2**62 + self._summary.read)
        waiting.append(Waiting(arrival, order, None, [held]))

    def _keep_faulty(self, element: Element, fault: Fault, proposal: Proposal | None = None) -> None:
        held = _held(element, "faulty", fault.field, fault.word, str(fault), self._summary, proposal)
        if held.source and held.subject:
            stream = stream_id(self._secret, held.source, held.subject)
            told = f"{element.where} ({held.type or 'unread'}: {fault.field or fault.word})"
            self._poisoned.setdefault(stream, []).append(told)
        self._keep(held)

    def _keep(self, held: Held) -> None:
        self._held.append(held)
        self._summary.quarantined += 1
        self._summary.reasons[held.word] = self._summary.reasons.get(held.word, 0) + 1

    def _end(self) -> None:
        self._writing.append(self._drafts)
        now = self._writing.now
        waiting: Iterable[Waiting] = (one for some in self._waiting.values() for one in some)
        held = sorted([*self._held, *(held for one in waiting for held in one.held)], key=lambda one: one.arrived)
        if self._again is None:
            self._quarantine.put(held, now)
        elif not self._quarantine.holds(self._again, held):
            self._quarantine.remove(self._again)
            self._quarantine.put(held, now)
        else:
            self._tried.add(self._again)
        for entry in self._tried:
            self._quarantine.tried(entry, now)


def _held(
    element: Element, state: Any, field_: str, word: str, reason: str, summary: "Summary", proposal: Proposal | None
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
        run=summary.run,
        arrived=summary.read,
    )

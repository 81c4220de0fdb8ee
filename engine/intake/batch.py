"""One batch of intake inside the log's exclusive transaction: what is known, what is legal, what waits, what is kept aside."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from engine.intake.arrival import Arrival, arrival_of, arrivals_of
from engine.intake.content import Said, said, said_of_draft, same
from engine.intake.element import Element
from engine.intake.entry import Entry, Held, State
from engine.intake.parking import Stories
from engine.intake.quarantine import RELEASES, Quarantine
from engine.intake.summary import Summary
from engine.lead import DEPENDS_ON, Decided, Parked, Refused
from engine.privacy.keys import KeyFile
from engine.store.log import Draft, Writing
from engine.ties import Fact
from events.base import Decision, Event, LeadEvent
from events.business import RunRestored, RunRetracted
from events.cloudevents import Sender
from events.envelope import Proposal, Recorded, parted
from events.faults import Fault
from events.identity import LeadsMerged, MergeReverted, PersonErased
from events.instants import wire

AHEAD = 5 * 60 * 1_000_000  # µs that a sender's clock may be ahead of ours


@dataclass(slots=True)
class Waiting:
    """A parked decision. entry: where an earlier batch put it there. held: what this batch has to put there. run: that brought it."""

    arrival: Arrival
    order: tuple[int, int]
    run: str
    entry: Entry | None = None
    held: list[Held] = field(default_factory=list)


class Batch:
    """Takes the elements of one batch in their order of arrival."""

    def __init__(
        self,
        writing: Writing,
        keys: KeyFile,
        sender_of: Callable[[str | None], Sender],
        stories: Stories,
        summary: Summary,
    ) -> None:
        self._writing, self._sender_of, self._stories, self._summary = writing, sender_of, stories, summary
        self._secret = keys.secret
        self._quarantine = Quarantine(writing, keys)
        self._moment = writing.head.recorded_at  # µs of the latest learning; never goes back
        self._drafts: list[Draft] = []
        self._held_aside: list[Held] = []
        self._known: dict[UUID, int] = {}
        self._facts: dict[int, Recorded] = {}
        self._said: dict[UUID, Said] = {}
        self._run_of: dict[UUID, str | None] = {}
        self._drafted: dict[UUID, Draft] = {}
        self._waiting: dict[int, list[Waiting]] = {}
        self._tried: dict[int, Parked | Refused] = {}
        self._again: int | None = None
        self.erased: set[UUID] = set()

    @property
    def orphans(self) -> set[UUID]:
        """Keys that sealed only what has left quarantine here."""
        return self._quarantine.orphans

    def take(self, elements: Sequence[Element], again: Sequence[int] = ()) -> None:
        """Decide on each element, then append and keep aside all at once.

        again: the entry of quarantine that each element was read from once more, where they come from there.
        """
        arrivals = arrivals_of(self._secret, list(elements))
        self._begin([arrival for arrival in arrivals if arrival is not None])
        for place, (element, arrival) in enumerate(zip(elements, arrivals, strict=True)):
            self._again = again[place] if again else None
            self._summary.read += 1
            if element.ignored:
                self._summary.ignored += 1
            elif arrival is None:
                assert element.fault is not None
                self._keep_faulty(element, element.fault)
            else:
                self._take(element, arrival)
        self._end(set(again))

    def release(self, leads: Iterable[int]) -> None:
        """Try again all that is parked of those leads, without anything new (`leadlog quarantine retry`)."""
        self._moment = max(self._moment, self._writing.now)
        leads = list(leads)
        self._begin([], leads)
        for lead in leads:
            self._release(lead)
        self._end(set())

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
        for entry in self._quarantine.parked_of(lead_of):
            assert entry.proposal is not None
            order = (entry.proposal.time.start, entry.entry)
            waiting = Waiting(arrival_of(self._secret, entry.proposal), order, entry.run or self._summary.run, entry)
            self._waiting.setdefault(self._lead(waiting.arrival), []).append(waiting)
        waiting_keys = [one.arrival.key for some in self._waiting.values() for one in some]
        self._known = self._writing.known([*(arrival.key for arrival in arrivals), *waiting_keys])
        self._facts = self._writing.facts(self._known.values())

    def _lead(self, arrival: Arrival) -> int:
        return self._numbers[arrival.stream] if arrival.of_a_lead else 0

    def _take(self, element: Element, arrival: Arrival) -> None:
        proposal = arrival.proposal
        sender = self._sender_of(proposal.source)
        try:
            if self._is_known(arrival):
                self._summary.known += proposal.id is not None
                self._summary.repeats += proposal.id is None
                if (run := self._run_of.get(arrival.key)) in self._stories.retracted and run is not None:
                    self._summary.undone[run] = self._summary.undone.get(run, 0) + 1
                return
            self._learn(element, proposal, sender)
        except Fault as fault:
            self._keep_faulty(element, fault, proposal)
            return
        if not isinstance(proposal.data, Decision):
            self._accept(arrival, proposal.data)
            return
        match self._judge(arrival, sender):
            case Decided(event=event):
                self._accept(arrival, event)
            case Parked() as parked:
                self._park(element, arrival, parked)
            case Refused(word=word) as refused:
                self._keep(self._held(element, "refused", "", word, _reason(refused), proposal))

    def _is_known(self, arrival: Arrival) -> bool:
        """Whether the log has it. Raises Fault where the same id says something else."""
        draft = self._drafted.get(arrival.key)
        first = said_of_draft(draft) if draft else self._said.get(arrival.key)
        if first is None and (position := self._known.get(arrival.key)):
            recorded = self._facts[position]
            self._run_of[arrival.key] = recorded.run
            if recorded.subject is None and recorded.lead:
                return True  # erased since: nothing is left to compare with
            first = self._said[arrival.key] = said(recorded, recorded.stream)
        if first is None:
            return False
        if not same(first, said(arrival.proposal, arrival.stream)):
            told = f"{arrival.proposal.id!r} was sent before and said something else"
            if (run := self._run_of.get(arrival.key)) in self._stories.retracted:
                told += f", in run {run}, which is retracted; a corrected import needs ids of its own"
            raise Fault("id", "content", told)
        return True

    def _learn(self, element: Element, proposal: Proposal, sender: Sender) -> None:
        """Move the log's clock on to when this was learned. Raises Fault where the time told cannot be believed."""
        now = self._writing.now if proposal.known is None else proposal.known
        if proposal.time.start > now + AHEAD:
            raise Fault("time", "future", f"{proposal.time} (time) is later than {wire(now)}, when it was told")
        if proposal.time.start < sender.earliest:
            raise Fault("time", "range", f"{proposal.time} is before {wire(sender.earliest)}, the source's `earliest`")
        if proposal.known is not None and proposal.known < self._moment and not self._lies_aside(element, proposal):
            raise Fault(
                "knowntime", "time", f"{wire(now)} is earlier than {wire(self._moment)}, what the log learned last"
            )
        self._moment = max(self._moment, now)

    def _lies_aside(self, element: Element, proposal: Proposal) -> bool:
        """Whether it lies in quarantine: it was learned in its time, and is only looked at again."""
        return self._again is not None or self._quarantine.has(self._held(element, "parked", "", "", "", proposal))

    def _judge(self, arrival: Arrival, sender: Sender) -> Decided | Parked | Refused:
        proposal = arrival.proposal
        assert isinstance(proposal.data, Decision)
        story = self._stories.story(self._lead(arrival))
        if sender.trusted:
            return Decided(story.trusted_fill(proposal.data, proposal.time, proposal.sequence))
        return story.decide(proposal.data, proposal.time, proposal.sequence)

    def _accept(self, arrival: Arrival, event: Event) -> None:
        self._record(arrival, event, self._summary.run)
        self._summary.recorded += 1
        for name in arrival.proposal.strange:
            self._summary.strange[name] = self._summary.strange.get(name, 0) + 1
        if arrival.proposal.type in RELEASES:
            self._release(self._lead(arrival))

    def _record(self, arrival: Arrival, event: Event, run: str) -> None:
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
                run=run,
                correlation_id=proposal.correlation_id,
                causation_id=proposal.causation_id,
            )
        )
        self._drafted[arrival.key] = self._drafts[-1]
        position = self._writing.head.position + len(self._drafts)
        if isinstance(event, LeadsMerged | MergeReverted):
            assert isinstance(event.merged, UUID)
            order = (proposal.time.start, proposal.sequence or 0, position)
            self._stories.merged(self._lead(arrival), self._numbers[event.merged], order, proposal.type, run)
        elif isinstance(event, PersonErased):
            self.erased |= set(self._writing.streams(self._stories.members(self._lead(arrival))).values())
        elif isinstance(event, LeadEvent) and proposal.type in DEPENDS_ON:
            self._stories.add(self._lead(arrival), Fact(proposal.time, proposal.sequence, position, event), run)
        elif isinstance(event, RunRetracted | RunRestored):
            self._stories.undone(event.run, isinstance(event, RunRetracted))

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
        if not known and one.run in self._stories.retracted:
            return False  # what a retracted run brought waits until the run is restored
        verdict = None if known else self._judge(arrival, self._sender_of(arrival.proposal.source))
        if verdict is not None and not isinstance(verdict, Decided):
            self._judged_again(one, verdict)
            return False
        self._waiting[self._lead(arrival)].remove(one)
        if one.entry is not None:
            self._quarantine.remove(one.entry.entry)
            self._tried.pop(one.entry.entry, None)
        sent = self._summary.waiting.pop(arrival.key, 0)
        self._summary.parked -= sent
        self._summary.known += max(sent - 1, 0)
        self._summary.released += not sent
        if verdict is not None:
            self._summary.recorded += 1
            self._record(arrival, verdict.event, one.run)
        return True

    def _judged_again(self, one: Waiting, verdict: Parked | Refused) -> None:
        """It is still not legal, but perhaps for another reason, or no longer to become so."""
        if one.entry is not None:
            self._tried[one.entry.entry] = verdict
        told = {"state": _state(verdict), "word": verdict.word, "reason": _reason(verdict)}
        one.held = [replace(held, **told) for held in one.held]  # type: ignore[arg-type]  # the three are what they are named

    def _park(self, element: Element, arrival: Arrival, parked: Parked) -> None:
        held = self._held(element, "parked", "", parked.word, _reason(parked), arrival.proposal)
        self._summary.parked += 1
        self._summary.waiting[arrival.key] = self._summary.waiting.get(arrival.key, 0) + 1
        waiting = self._waiting.setdefault(self._lead(arrival), [])
        for one in waiting:
            if one.arrival.key == arrival.key and same(
                said(one.arrival.proposal, one.arrival.stream), said(arrival.proposal, arrival.stream)
            ):
                one.held.append(held)
                one.run = self._summary.run
                return
        order = (arrival.proposal.time.start, 2**62 + self._summary.read)
        waiting.append(Waiting(arrival, order, self._summary.run, None, [held]))

    def _keep_faulty(self, element: Element, fault: Fault, proposal: Proposal | None = None) -> None:
        self._keep(self._held(element, "faulty", fault.field, fault.word, str(fault), proposal))

    def _keep(self, held: Held) -> None:
        self._held_aside.append(held)
        self._summary.quarantined += 1
        self._summary.reasons[held.word] = self._summary.reasons.get(held.word, 0) + 1

    def _end(self, again: set[int]) -> None:
        self._writing.append(self._drafts)
        now = self._writing.now
        waiting = [one for some in self._waiting.values() for one in some]
        self._count_refused(waiting)
        held = sorted([*self._held_aside, *(held for one in waiting for held in one.held)], key=lambda one: one.arrived)
        self._quarantine.put([one for one in held if one.again is None], now)
        left: dict[int, list[Held]] = {entry: [] for entry in sorted(again)}
        for one in held:
            if one.again is not None:
                left[one.again].append(one)
        for entry, of_entry in left.items():
            self._quarantine.replace(entry, of_entry, now)
        entries = {one.entry.entry: one.entry for one in waiting if one.entry is not None}
        for entry, verdict in self._tried.items():
            self._quarantine.tried(entry, now)
            if (entries[entry].state, entries[entry].reason) != (_state(verdict), _reason(verdict)):
                self._quarantine.judge(entry, _state(verdict), verdict.word, _reason(verdict))

    def _count_refused(self, waiting: Iterable[Waiting]) -> None:
        """What this run parked and what was refused afterwards waits no more."""
        for one in waiting:
            verdict = self._tried.get(one.entry.entry) if one.entry else None
            if isinstance(verdict, Refused) or any(held.state == "refused" for held in one.held):
                sent = self._summary.waiting.pop(one.arrival.key, 0)
                self._summary.parked -= sent
                self._summary.quarantined += sent
                word = verdict.word if verdict else one.held[0].word
                if sent:
                    self._summary.reasons[word] = self._summary.reasons.get(word, 0) + sent

    def _held(
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
            again=self._again,
        )


def _state(verdict: Parked | Refused) -> State:
    return "parked" if isinstance(verdict, Parked) else "refused"


def _reason(verdict: Parked | Refused) -> str:
    reason = f"{verdict.word}: {verdict.reason}"
    if isinstance(verdict, Parked):
        return reason
    return f"{reason}; legal would be {', '.join(map(str, verdict.legal)) or 'nothing'}"

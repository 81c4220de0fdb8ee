"""One batch of intake inside the log's exclusive transaction: what is known, what is legal, what waits, what is kept aside."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from engine.intake.arrival import Arrival, arrival_of, arrivals_of
from engine.intake.aside import Aside, Waiting
from engine.intake.content import Said, said, said_of_draft, same
from engine.intake.element import Element
from engine.intake.parking import Stories
from engine.intake.quarantine import RELEASES, Quarantine
from engine.intake.summary import Summary
from engine.lead import DEPENDS_ON, Decided, Parked, Refused
from engine.merges import FIRST
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
        self._aside = Aside(self._quarantine, summary)
        self._moment = writing.head.recorded_at  # µs of the latest learning; never goes back
        self._drafts: list[Draft] = []
        self._known: dict[UUID, int] = {}
        self._facts: dict[int, Recorded] = {}
        self._said: dict[UUID, Said] = {}
        self._run_of: dict[UUID, str | None] = {}
        self._drafted: dict[UUID, Draft] = {}
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
            self._aside.again = again[place] if again else None
            self._summary.read += 1
            if element.ignored:
                self._summary.ignored += 1
            elif arrival is None:
                assert element.fault is not None
                self._aside.faulty(element, element.fault)
            else:
                self._take(element, arrival)
        self._end(again)

    def release(self, leads: Iterable[int]) -> None:
        """Try again all that is parked of those leads, without anything new (`leadlog quarantine retry`)."""
        self._moment = max(self._moment, self._writing.now)
        leads = list(leads)
        self._begin([], leads)
        for lead in leads:
            self._release(lead)
        self._end(())

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
            self._aside.wait(self._lead(waiting.arrival), waiting)
        self._known = self._writing.known([*(arrival.key for arrival in arrivals), *self._aside.keys()])
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
            self._aside.faulty(element, fault, proposal)
            return
        if not isinstance(proposal.data, Decision):
            self._accept(arrival, proposal.data)
            return
        match self._judge(arrival, sender):
            case Decided(event=event):
                self._accept(arrival, event)
            case Parked() as parked:
                self._aside.parked(element, self._lead(arrival), arrival, parked)
            case Refused() as refused:
                self._aside.refused(element, proposal, refused)

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
        if (
            proposal.known is not None
            and proposal.known < self._moment
            and not self._aside.lies_here(element, proposal)
        ):
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
        self._record(arrival, event, self._summary.run)
        self._summary.recorded += 1
        for name in arrival.proposal.strange:
            self._summary.strange[name] = self._summary.strange.get(name, 0) + 1
        if arrival.proposal.type in RELEASES:
            self._release(self._lead(arrival))
            if arrival.other is not None:  # a reversal parts the two: each may move on
                self._release(self._numbers[arrival.other])

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
            order = (proposal.time.start, FIRST if proposal.sequence is None else proposal.sequence, position)
            self._stories.merged(self._lead(arrival), self._numbers[event.merged], order, proposal.type, run)
        elif isinstance(event, PersonErased):
            self.erased |= set(self._writing.streams(self._stories.members(self._lead(arrival))).values())
        elif isinstance(event, LeadEvent) and proposal.type in DEPENDS_ON:
            self._stories.add(self._lead(arrival), Fact(proposal.time, proposal.sequence, position, event), run)
        elif isinstance(event, RunRetracted | RunRestored):
            self._stories.undone(event.run, isinstance(event, RunRetracted))

    def _release(self, lead: int) -> None:
        """What waits for that lead is tried again, in order of time, then arrival, until none moves."""
        while any(self._try_again(one) for one in self._aside.waiting(self._stories.members(lead))):
            pass

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
            self._aside.judged_again(one, verdict)
            return False
        self._aside.gone(self._lead(arrival), one)
        if verdict is not None:
            self._summary.recorded += 1
            self._record(arrival, verdict.event, one.run)
        return True

    def _end(self, again: Iterable[int]) -> None:
        self._writing.append(self._drafts)
        self._aside.put(again, self._writing.now)

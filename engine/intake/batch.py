"""One batch of intake inside the log's exclusive transaction: what is known, what is legal, what waits, what is kept aside."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from engine.intake import agreed
from engine.intake.arrival import Arrival, arrival_of
from engine.intake.aside import Aside, Waiting
from engine.intake.content import Said, said, same
from engine.intake.element import Element
from engine.intake.parking import Stories
from engine.intake.quarantine import RELEASES, Quarantine
from engine.intake.ready import arrivals_of
from engine.intake.summary import Summary
from engine.lead import DEPENDS_ON, Decided, Parked, Refused
from engine.merges import FIRST
from engine.privacy.keys import KeyFile
from engine.store.log import Writing
from engine.store.rows import Addition
from engine.ties import Fact
from events.base import Decision, Event, LeadEvent
from events.cloudevents import Sender
from events.envelope import Recorded
from events.faults import Fault
from events.instants import wire
from events.registry import TYPES

DECISIONS = frozenset(name for name, of in TYPES.items() if issubclass(of, Decision))
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
        self._position = writing.head.position
        self._additions: list[Addition] = []
        self._known: dict[bytes, int] = {}
        self._facts: dict[int, Recorded] = {}
        self._said: dict[bytes, Said] = {}
        self._run_of: dict[bytes, str | None] = {}
        self._added: dict[bytes, Arrival] = {}
        self._senders: dict[str, Sender] = {}
        self.erased: set[UUID] = set()

    @property
    def orphans(self) -> set[UUID]:
        """Keys that sealed only what has left quarantine here."""
        return self._quarantine.orphans

    def take(self, elements: Sequence[Element], again: Sequence[int] = ()) -> None:
        """Decide on each element, then append and keep aside all at once.

        again: the entry of quarantine that each element was read from once more, where they come from there.
        """
        arrivals = arrivals_of(self._secret, elements)
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
        streams = dict.fromkeys(arrival.stream for arrival in arrivals if arrival.of_a_lead)
        streams |= dict.fromkeys(arrival.other for arrival in arrivals if arrival.other)
        numbers = self._writing.numbers([UUID(bytes=stream) for stream in streams])
        self._numbers = {stream.bytes: lead for stream, lead in numbers.items()}
        deciding = {self._numbers[arrival.stream] for arrival in arrivals if arrival.type in DEPENDS_ON}
        self._stories.begin(self._writing, deciding | set(leads))
        members = {member for lead in (*numbers.values(), *leads) for member in self._stories.members(lead)}
        further = self._writing.streams(members - set(numbers.values()))
        self._numbers |= {stream.bytes: lead for lead, stream in further.items()}
        for entry in self._quarantine.parked_of([*numbers, *further.values()]):
            assert entry.proposal is not None
            order = (entry.proposal.time.start, entry.entry)
            waiting = Waiting(arrival_of(self._secret, entry.proposal), order, entry.run or self._summary.run, entry)
            self._aside.wait(self._lead(waiting.arrival), waiting)
        self._known = self._writing.positions([*(arrival.event_id for arrival in arrivals), *self._aside.keys()])
        self._facts = self._writing.facts(self._known.values())

    def _lead(self, arrival: Arrival) -> int:
        return self._numbers[arrival.stream] if arrival.of_a_lead else 0

    def _sender(self, source: str) -> Sender:
        if (sender := self._senders.get(source)) is None:
            sender = self._senders[source] = self._sender_of(source)
        return sender

    def _take(self, element: Element, arrival: Arrival) -> None:
        sender = self._sender(arrival.source)
        try:
            if self._is_known(arrival):
                self._summary.known += arrival.named
                self._summary.repeats += not arrival.named
                if (run := self._run_of.get(arrival.event_id)) in self._stories.retracted and run is not None:
                    self._summary.undone[run] = self._summary.undone.get(run, 0) + 1
                return
            if arrival.type == "SlaAgreed":
                agreed.check(arrival.fields()[agreed.FIELD])
            self._learn(element, arrival, sender)
        except Fault as fault:
            self._aside.faulty(element, fault, element.proposal)
            return
        if arrival.type not in DECISIONS:
            self._accept(arrival)
            return
        arrival, verdict = self._judge(arrival)
        match verdict:
            case Decided(event=event):
                self._accept(arrival, event)
            case Parked() as parked:
                self._aside.parked(element, self._lead(arrival), arrival, parked)
            case Refused() as refused:
                self._aside.refused(element, element.proposal, refused)

    def _is_known(self, arrival: Arrival) -> bool:
        """Whether the log has it. Raises Fault where the same id says something else."""
        key = arrival.event_id
        if key not in self._known and key not in self._added:
            return False
        added = self._added.get(key)
        first = added.said() if added else self._said.get(key)
        if first is None:
            recorded = self._facts[self._known[key]]
            self._run_of[key] = recorded.run
            if recorded.subject is None and recorded.lead:
                return True  # erased since: nothing is left to compare with
            first = self._said[key] = said(recorded)
        if not same(first, arrival.said()):
            told = f"{arrival.id!r} was sent before and said something else"
            if (run := self._run_of.get(key)) in self._stories.retracted:
                told += f", in run {run}, which is retracted; a corrected import needs ids of its own"
            raise Fault("id", "content", told)
        return True

    def _learn(self, element: Element, arrival: Arrival, sender: Sender) -> None:
        """Move the log's clock on to when this was learned. Raises Fault where the time told cannot be believed."""
        known = arrival.known if sender.archive else None
        now = self._writing.now if known is None else known
        if arrival.occurred_at > now + AHEAD:
            raise Fault("time", "future", f"{arrival.time} (time) is later than {wire(now)}, when it was told")
        if arrival.occurred_at < sender.earliest:
            raise Fault("time", "range", f"{arrival.time} is before {wire(sender.earliest)}, the source's `earliest`")
        if known is not None and known < self._moment and not self._aside.lies_here(element):
            raise Fault(
                "knowntime", "time", f"{wire(now)} is earlier than {wire(self._moment)}, what the log learned last"
            )
        self._moment = max(self._moment, now)

    def _judge(self, arrival: Arrival) -> tuple[Arrival, Decided | Parked | Refused]:
        """The arrival with the ids that deciding has filled in, and what is decided."""
        story, event = self._stories.story(self._lead(arrival)), arrival.event()
        assert isinstance(event, Decision)
        if self._sender(arrival.source).trusted:
            filled = story.trusted_fill(event, arrival.time, arrival.sequence)
            verdict: Decided | Parked | Refused = Decided(filled)
        else:
            verdict = story.decide(event, arrival.time, arrival.sequence)
        if isinstance(verdict, Decided) and verdict.event is not event:
            arrival = arrival.with_event(verdict.event)
        return arrival, verdict

    def _accept(self, arrival: Arrival, event: Event | None = None) -> None:
        """event: as it was decided upon, without its personal fields; None for what needs no decision."""
        self._record(arrival, event, self._summary.run)
        self._summary.recorded += 1
        for name in arrival.strange:
            self._summary.strange[name] = self._summary.strange.get(name, 0) + 1
        if arrival.type in RELEASES:
            self._release(self._lead(arrival))
            if arrival.other is not None:  # a reversal parts the two: each may move on
                self._release(self._numbers[arrival.other])

    def _record(self, arrival: Arrival, event: Event | None, run: str) -> None:
        lead, type_ = self._lead(arrival), arrival.type
        self._additions.append(Addition(arrival, lead, self._moment, run))
        self._added[arrival.event_id] = arrival
        if type_ in DEPENDS_ON:
            event = event or arrival.event()
            assert isinstance(event, LeadEvent)
            position = self._position + len(self._additions)
            self._stories.add(lead, Fact(arrival.time, arrival.sequence, position, event), run)
        elif type_ in ("LeadsMerged", "MergeReverted"):
            assert arrival.other is not None
            position = self._position + len(self._additions)
            order = (arrival.occurred_at, FIRST if arrival.sequence is None else arrival.sequence, position)
            self._stories.merged(lead, self._numbers[arrival.other], order, type_, run)
        elif type_ == "PersonErased":
            self.erased |= set(self._writing.streams(self._stories.members(lead)).values())
        elif type_ in ("RunRetracted", "RunRestored"):
            self._stories.undone(arrival.fields()["run"], type_ == "RunRetracted")

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
        if known:
            self._aside.gone(self._lead(arrival), one)
            return True
        arrival, verdict = self._judge(arrival)
        if not isinstance(verdict, Decided):
            self._aside.judged_again(one, verdict)
            return False
        self._aside.gone(self._lead(arrival), one)
        self._summary.recorded += 1
        self._record(arrival, verdict.event, one.run)
        return True

    def _end(self, again: Iterable[int]) -> None:
        self._writing.record(self._additions)
        self._aside.put(again, self._writing.now)

"""What a batch knows of the leads that it touches: their stories as merged now, and what is parked of them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from engine.intake.quarantine import Entry, Quarantine
from engine.lead import DEPENDS_ON
from engine.merges import Merges
from engine.store.log import Writing
from engine.store.rows import Row
from engine.story import Story
from engine.ties import Fact
from events import registry


class Stories:
    """The stories of the leads of one batch; what merges there are is remembered from batch to batch."""

    def __init__(self) -> None:
        self._merges, self._seen = Merges(), 0
        self._stories: dict[frozenset[int], Story] = {}
        self._facts: dict[int, list[Fact]] = {}
        self._writing: Writing | None = None

    def begin(self, writing: Writing, leads: Collection[int]) -> None:
        """Read all that the leads' decisions depend on, in one go."""
        self._writing, self._stories, self._facts = writing, {}, {}
        self._seen = max(self._seen, self._merges.learn(writing.merges(after=self._seen), writing.numbers))
        self._read(self._merges.groups_of(leads))

    def members(self, lead: int) -> frozenset[int]:
        """The leads that are one story with it."""
        return self._merges.group(lead)

    def story(self, lead: int) -> Story:
        """The story that decisions on that lead are judged by."""
        members = self.members(lead)
        if members not in self._stories:
            self._read(members - self._facts.keys())
            self._stories[members] = Story(fact for member in members for fact in self._facts[member])
        return self._stories[members]

    def add(self, lead: int, fact: Fact) -> None:
        """A fact of this batch."""
        if lead not in self._facts:
            self._read({lead})
        self._facts[lead].append(fact)
        if (members := self.members(lead)) in self._stories:
            self._stories[members].add(fact)

    def merged(self, subject: int, other: int, order: tuple[int, int, int], type_: str) -> None:
        """A merge or its reversal; stories are put together anew where they are asked for."""
        self._merges.add(subject, other, order, type_ == "LeadsMerged")

    def _read(self, leads: Iterable[int]) -> None:
        assert self._writing is not None
        missing = set(leads) - self._facts.keys()
        rows = self._writing.rows_of(missing, DEPENDS_ON) if missing else {}
        for lead in missing:
            self._facts[lead] = [fact_of(row) for row in rows.get(lead, ())]


def fact_of(row: Row) -> Fact:
    """A row of the log as the decider needs it."""
    event = registry.stored(row.type, row.schema_version, row.clear())
    return Fact(row.time, row.sequence, row.position, event)  # type: ignore[arg-type]  # DEPENDS_ON names lead events only


def parked_of(quarantine: Quarantine, streams: Collection[UUID]) -> tuple[list[Entry], dict[UUID, list[str]]]:
    """The parked entries of those leads, and for each lead what else of it lies in quarantine, told shortly."""
    parked, poisoned = [], dict[UUID, list[str]]()
    for entry in quarantine.of_streams(streams):
        if entry.state == "parked" and entry.proposal is not None:
            parked.append(entry)
        elif entry.stream is not None and entry.state == "faulty":
            poisoned.setdefault(entry.stream, []).append(
                f"entry {entry.entry} ({entry.type or 'unread'}: {entry.field or entry.word})"
            )
    return parked, poisoned

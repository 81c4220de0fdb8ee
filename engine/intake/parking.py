"""What a batch knows of the leads that it touches: their stories as merged now, without what was undone."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from engine.lead import DEPENDS_ON
from engine.merges import Merges, Order
from engine.runs import folded
from engine.store.log import Writing
from engine.store.rows import Row
from engine.story import Story
from engine.ties import Fact
from events import registry
from events.instants import Instant, Precision

TOLD = "position, occurred_at, occurred_until, occurred_day, precision, sequence, type, schema_version, data"
PRECISIONS = tuple(Precision)

_fields = msgspec.json.Decoder(dict[str, Any]).decode


class Stories:
    """The stories of the leads of one batch; what merges there are is remembered from batch to batch."""

    def __init__(self) -> None:
        self._merges, self._seen = Merges(), 0
        self.retracted: frozenset[str] = frozenset()
        self._retractions_seen = 0
        self._stories: dict[frozenset[int], Story] = {}
        self._stories_of: dict[int, set[frozenset[int]]] = {}
        self._facts: dict[int, list[tuple[str | None, Fact]]] = {}
        self._writing: Writing | None = None

    def begin(self, writing: Writing, leads: Collection[int]) -> None:
        """Read all that the leads' decisions depend on, in one go."""
        self._writing, self._stories, self._stories_of, self._facts = writing, {}, {}, {}
        retractions = writing.retractions(after=self._retractions_seen)
        self.retracted = folded(retractions, self.retracted)
        self._retractions_seen = max((row.position for row in retractions), default=self._retractions_seen)
        self._seen = max(self._seen, self._merges.learn(writing.merges(after=self._seen), writing.numbers))
        self._merges.leave_out(self.retracted)
        self._read(self._merges.groups_of(leads))

    def members(self, lead: int) -> frozenset[int]:
        """The leads that are one story with it."""
        return self._merges.group(lead)

    def story(self, lead: int) -> Story:
        """The story that decisions on that lead are judged by: without the facts of retracted runs."""
        members = self.members(lead)
        if members not in self._stories:
            self._read(members - self._facts.keys())
            facts = (told for member in members for told in self._facts[member])
            self._stories[members] = Story(fact for run, fact in facts if run not in self.retracted)
            for member in members:
                self._stories_of.setdefault(member, set()).add(members)
        return self._stories[members]

    def add(self, lead: int, fact: Fact, run: str | None) -> None:
        """A fact of this batch."""
        if lead not in self._facts:
            self._read({lead})
        self._facts[lead].append((run, fact))
        if run not in self.retracted and (members := self.members(lead)) in self._stories:
            self._stories[members].add(fact)

    def merged(self, subject: int, other: int, order: Order, type_: str, run: str | None) -> None:
        """A merge or its reversal; the stories of both are put together anew where they are asked for."""
        self._merges.add(subject, other, order, type_ == "LeadsMerged", run)
        for members in self._stories_of.pop(subject, set()) | self._stories_of.pop(other, set()):
            self._stories.pop(members, None)

    def undone(self, run: str, retracted: bool) -> None:
        """A run is retracted, or restored, in the middle of this batch."""
        self.retracted = self.retracted | {run} if retracted else self.retracted - {run}
        self._merges.leave_out(self.retracted)
        self._stories.clear()

    def _read(self, leads: Iterable[int]) -> None:
        assert self._writing is not None
        missing = set(leads) - self._facts.keys()
        self._facts.update((lead, []) for lead in missing)
        for lead, run, *told in self._writing.of_leads(missing, DEPENDS_ON, f"lead, run, {TOLD}"):
            self._facts[lead].append((run, _fact(*told)))


def fact_of(row: Row) -> Fact:
    """A row of the log as the decider needs it."""
    event = registry.stored(row.type, row.schema_version, row.clear())
    return Fact(row.time, row.sequence, row.position, event)  # type: ignore[arg-type]  # DEPENDS_ON names lead events only


def _fact(
    position: int,
    start: int,
    end: int,
    day: int | None,
    precision: int,
    sequence: int | None,
    type_: str,
    version: int,
    data: str,
) -> Fact:
    """fact_of() the columns TOLD."""
    event = registry.stored(type_, version, _fields(data))
    return Fact(Instant(start, end, day, PRECISIONS[precision]), sequence, position, event)  # type: ignore[arg-type]  # as above

"""Which leads are one story: the merges in force."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self
from uuid import UUID

from engine.runs import retracted_runs
from engine.store.log import Log
from engine.store.reading import Reading
from engine.store.rows import Row

Order = tuple[int, int, int]  # µs, sequence (FIRST for none), position
FIRST = -(2**63)


class Merges:
    """The merges of a log, by dense lead numbers.

    Of each pair (subject, merged) the last event by time decides whether the merge is in force; arrival plays no part.
    What a retracted run told of them does not count.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], list[tuple[Order, bool, str | None]]] = {}
        self._linked: dict[int, set[int]] = {}  # what of it is in force, both ways
        self._retracted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reading: Reading, as_of: int | None = None) -> Self:
        """The merges of a log as it is in that transaction. as_of: µs, as far as they were known then."""
        merges = cls()
        rows = (row for row in reading.merges() if as_of is None or row.recorded_at <= as_of)
        merges.learn(rows, reading.lead_numbers)
        merges.leave_out(retracted_runs(reading, as_of))
        return merges

    @classmethod
    def known(cls, log: Log, as_of: int | None = None) -> Self:
        """The merges of a log, as far as they were known at that µs."""
        with log.reading() as reading:
            return cls.of(reading, as_of)

    def learn(self, rows: Iterable[Row], numbers: Callable[[Sequence[UUID]], Mapping[UUID, int]]) -> int:
        """Rows of LeadsMerged and MergeReverted. Returns the last position read, 0 for none."""
        told = [(row, UUID(row.clear()["merged"])) for row in rows]
        number_of = numbers([other for _, other in told])
        for row, other in told:
            order = (row.occurred_at, FIRST if row.sequence is None else row.sequence, row.position)
            self.add(row.lead, number_of[other], order, row.type == "LeadsMerged", row.run)
        return max((row.position for row, _ in told), default=0)

    def add(self, subject: int, merged: int, order: Order, in_force: bool, run: str | None = None) -> None:
        """A LeadsMerged (in_force) or MergeReverted. order: (µs, sequence, position). run: that brought it."""
        self._told.setdefault((subject, merged), []).append((order, in_force, run))
        self._link(subject, merged)

    def leave_out(self, retracted: frozenset[str]) -> None:
        """What these runs told does not count from now on; what others did does."""
        if retracted != self._retracted:
            self._retracted = retracted
            for pair in self._told:
                self._link(*pair)

    def group(self, lead: int) -> frozenset[int]:
        """The leads whose events are one story with that lead's, itself among them."""
        found, ahead = {lead}, [lead]
        while ahead:
            new = self._linked.get(ahead.pop(), set()) - found
            found |= new
            ahead.extend(new)
        return frozenset(found)

    def groups_of(self, leads: Iterable[int]) -> set[int]:
        """All leads of the stories of those leads."""
        return {member for lead in leads for member in self.group(lead)}

    def _link(self, one: int, other: int) -> None:
        """Only these two: a log of ten million events has as many merges as a batch has events."""
        change = set.add if self._is_in_force(one, other) or self._is_in_force(other, one) else set.discard
        change(self._linked.setdefault(one, set()), other)
        change(self._linked.setdefault(other, set()), one)

    def _is_in_force(self, subject: int, merged: int) -> bool:
        told = self._told.get((subject, merged), ())
        counting = ((order, in_force) for order, in_force, run in told if run not in self._retracted)
        return max(counting, default=((0, 0, 0), False))[1]

"""Which leads are one story: the merges in force."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self
from uuid import UUID

from engine.store.log import Log, Row


class Merges:
    """The merges of a log, by dense lead numbers.

    Of each pair (subject, merged) the last event by time decides whether the merge is in force; arrival plays no part.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[int, int], tuple[tuple[int, int, int], bool]] = {}
        self._groups: dict[int, frozenset[int]] | None = {}

    @classmethod
    def of(cls, rows: Iterable[Row], numbers: Callable[[Sequence[UUID]], Mapping[UUID, int]]) -> Self:
        """The merges that these rows tell. numbers: the lead numbers of streams."""
        merges = cls()
        merges.learn(rows, numbers)
        return merges

    @classmethod
    def known(cls, log: Log, as_of: int | None = None) -> Self:
        """The merges of a log, as far as they were known at that µs."""
        with log.reading() as reading:
            rows = reading.merges()
            return cls.of((row for row in rows if as_of is None or row.recorded_at <= as_of), reading.lead_numbers)

    def learn(self, rows: Iterable[Row], numbers: Callable[[Sequence[UUID]], Mapping[UUID, int]]) -> int:
        """Rows of LeadsMerged and MergeReverted. Returns the last position read, 0 for none."""
        told = [(row, UUID(row.clear()["merged"])) for row in rows]
        number_of = numbers([other for _, other in told])
        for row, other in told:
            order = (row.occurred_at, row.sequence or 0, row.position)
            self.add(row.lead, number_of[other], order, row.type == "LeadsMerged")
        return max((row.position for row, _ in told), default=0)

    def add(self, subject: int, merged: int, order: tuple[int, int, int], in_force: bool) -> None:
        """A LeadsMerged (in_force) or MergeReverted. order: (µs, sequence, position)."""
        pair = (subject, merged)
        if pair not in self._last or self._last[pair][0] < order:
            self._last[pair] = (order, in_force)
            self._groups = None

    def group(self, lead: int) -> frozenset[int]:
        """The leads whose events are one story with that lead's, itself among them."""
        if self._groups is None:
            self._groups = joined(pair for pair, (_, in_force) in self._last.items() if in_force)
        return self._groups.get(lead) or frozenset((lead,))

    def groups_of(self, leads: Iterable[int]) -> set[int]:
        """All leads of the stories of those leads."""
        return {member for lead in leads for member in self.group(lead)}


def joined(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    """Connected leads: each lead that a pair names with all that it is connected to."""
    groups: dict[int, set[int]] = {}
    for one, other in pairs:
        group = groups.setdefault(one, {one})
        other_group = groups.setdefault(other, {other})
        if group is not other_group:
            small, large = sorted((group, other_group), key=len)
            large |= small
            groups.update(dict.fromkeys(small, large))
    frozen: Mapping[int, frozenset[int]] = {id(group): frozenset(group) for group in groups.values()}
    return {lead: frozen[id(group)] for lead, group in groups.items()}

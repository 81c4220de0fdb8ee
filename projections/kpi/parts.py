"""The stretches of time that a question takes: those asked for, those that formulas look at, those that values are compared with."""

from collections.abc import Collection, Sequence
from functools import cached_property

from projections.kpi.stretches import Cutting, Stretch
from projections.kpi.terms import When


class Parts:
    """Stretches of time that belong together: those asked for come first, then, in the same order, those that formulas look at or that
    values are compared with.
    """

    def __init__(
        self, first: Sequence[Stretch], cutting: Cutting, whens: Collection[When], compare: str | None
    ) -> None:
        self.first, self.width = first, len(first)
        self.parts: list[Sequence[Stretch]] = [first]
        self._places: dict[tuple[bool, When], int] = {(False, "then"): 0}
        self._add(False, first, cutting, whens)
        if compare is not None:
            other = [cutting.before(one) if compare == "previous" else cutting.year_ago(one) for one in first]
            self._places[True, "then"] = len(self.parts)
            self.parts.append(other)
            self._add(True, other, cutting, whens)

    @cached_property
    def all(self) -> list[Stretch]:
        """All of them, by number."""
        return [one for part in self.parts for one in part]

    def of(self, when: When) -> list[int]:
        """The parts that hold what lies at that time of something asked for."""
        return [place for (_, of), place in self._places.items() if of == when]

    def at(self, number: int, when: When) -> int | None:
        """The number of the stretch that lies at that time of another one; None where there is none."""
        compared = number >= self.width * self._places.get((True, "then"), len(self.parts))
        place = self._places.get((compared, when))
        return None if place is None else place * self.width + number % self.width

    def compared(self, number: int) -> int:
        """The number of the stretch with which one of those asked for is compared."""
        return self._places[True, "then"] * self.width + number

    def _add(self, compared: bool, of: Sequence[Stretch], cutting: Cutting, whens: Collection[When]) -> None:
        if "before" in whens:
            self._places[compared, "before"] = len(self.parts)
            self.parts.append([cutting.before(one) for one in of])
        if "ever" in whens:
            self._places[compared, "ever"] = len(self.parts)
            self.parts.append([cutting.ever()] * len(of))

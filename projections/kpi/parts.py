"""The stretches of time that a question takes: those asked for, those that formulas look at, those that values are compared with."""

from collections.abc import Collection, Sequence

from projections.kpi.stretches import Cutting, Stretch
from projections.kpi.terms import When


class Parts:
    """Stretches of time by number: those asked for come first, then, in the same order, those that formulas look at or that values are
    compared with; at last, once for all of them, all of time.
    """

    def __init__(
        self, first: Sequence[Stretch], cutting: Cutting, whens: Collection[When], compare: str | None
    ) -> None:
        self.first, self.width = first, len(first)
        self.all: list[Stretch] = list(first)
        self._begins: dict[tuple[bool, When], int] = {(False, "then"): 0}
        if "before" in whens:
            self._add((False, "before"), [cutting.before(one) for one in first])
        if compare is not None:
            other = [cutting.before(one) if compare == "previous" else cutting.year_ago(one) for one in first]
            self._add((True, "then"), other)
            if "before" in whens:
                self._add((True, "before"), [cutting.before(one) for one in other])
        self._ever = len(self.all)
        if "ever" in whens:
            self.all.append(cutting.ever())

    def of(self, when: When) -> set[int]:
        """The numbers of what lies at that time of something asked for, or of what that is compared with."""
        if when == "ever":
            return set(range(self._ever, len(self.all)))
        return {begins + place for (_, of), begins in self._begins.items() if of == when for place in range(self.width)}

    def at(self, number: int, when: When) -> int | None:
        """The number of the stretch that lies at that time of another one; None where there is none."""
        if when == "ever":
            return self._ever if self._ever < len(self.all) else None
        compared = number >= self._begins.get((True, "then"), len(self.all))
        begins = self._begins.get((compared, when))
        return None if begins is None else begins + number % self.width

    def compared(self, number: int) -> int:
        """The number of the stretch with which one of those asked for is compared."""
        return self._begins[True, "then"] + number

    def _add(self, which: tuple[bool, When], stretches: Sequence[Stretch]) -> None:
        self._begins[which] = len(self.all)
        self.all.extend(stretches)

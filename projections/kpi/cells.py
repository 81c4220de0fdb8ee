"""The cells of a KPI report: what each measure comes to in each stretch of time and for each combination of dimensions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from events.money import digits
from projections.kpi.measures import MEASURES, Measure
from projections.kpi.parts import Parts
from projections.kpi.terms import Figure, Need, When

Key = tuple[str | None, ...]
DAY = 86_400_000_000  # µs


class Place(NamedTuple):
    """Where a total stands. by: a dimension by which it is cut beyond those of the report; its value is the key's last then."""

    measure: str
    by: str | None
    stretch: int
    key: Key


@dataclass(frozen=True, slots=True)
class Total:
    """What one measure comes to.

    things: how many. span, p50, p90: µs of their spans, together and by rank. amounts: by currency and the rate into the report's,
    both None for what is no money. missing: why it has no value. unpriced: how many things have no amount.
    """

    things: int = 0
    span: int | None = None
    p50: float | None = None
    p90: float | None = None
    missing: str | None = None
    unpriced: int = 0
    amounts: Mapping[tuple[str | None, str | None], Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells. currency: of the report. refused: measure → why it is not cut so. parts: the stretches of time."""

    totals: Mapping[Place, Total]
    currency: str
    refused: Mapping[str, str]
    parts: Parts

    def keys(self, measures: Iterable[str]) -> set[Key]:
        """The combinations of dimensions that any of those measures has."""
        wanted = {name for name in measures if not MEASURES[name].everywhere}
        return {place.key for place in self.totals if place.measure in wanted and place.by is None}


@dataclass(frozen=True, slots=True)
class Cell:
    """The measures in one stretch of time for one combination of dimensions."""

    cells: Cells
    stretch: int
    key: Key
    by: str | None = None

    @property
    def per_year(self) -> Fraction:
        """How many of its stretch make a year."""
        return self.cells.parts.all[self.stretch].per_year

    def at(self, when: When) -> "Cell | None":
        """The same cell in the period before, or ever."""
        there = self.cells.parts.at(self.stretch, when)
        return None if there is None else replace(self, stretch=there)

    def figure(self, need: Need) -> Figure:
        """The value of a measure; money in major units of the report's currency, spans in days."""
        measure = MEASURES[need.measure]
        if (refused := self.cells.refused.get(measure.name)) is not None:
            return Figure(None, reason=refused)
        if (missing := self.cells.parts.all[self.stretch].missing) is not None:
            return Figure(None, reason=missing)
        place = Place(measure.name, self.by, self.stretch, self.key)
        if measure.everywhere:
            place = place._replace(key=(), by=None)
        total = self.cells.totals.get(place)
        if total is None:
            spans = need.take in ("p50", "p90")
            return Figure(None, reason=measure.none) if measure.absent or spans else Figure(Fraction(0))
        if total.missing is not None:
            return Figure(None, reason=total.missing)
        match need.take:
            case "count":
                return Figure(Fraction(total.things))
            case "sum":
                return _sum(total, measure, self.cells.currency)
            case "days":
                return Figure(Fraction(total.span or 0, DAY))
            case "p50" | "p90":
                span = total.p50 if need.take == "p50" else total.p90
                return Figure(None, reason=measure.none) if span is None else Figure(Fraction(span) / DAY)

    def parts(self, dimension: str) -> "list[Cell]":
        """The cell, cut by a dimension."""
        width = len(self.key)
        keys = {
            place.key
            for place in self.cells.totals
            if place.by == dimension and place.stretch == self.stretch and place.key[:width] == self.key
        }
        return [replace(self, key=key, by=dimension) for key in sorted(keys, key=str)]


def _sum(total: Total, measure: Measure, currency: str) -> Figure:
    """The sum of the amounts, each converted by its rate. Missing where a rate is."""
    if unknown := sorted({of for of, rate in total.amounts if of not in (None, currency) and rate is None}):
        return Figure(None, reason=f"no rate from {', '.join(map(str, unknown))} to {currency} on the day")
    value = Fraction(0)
    for (of, rate), amount in total.amounts.items():
        value += amount / _scale(measure, of) * (Fraction(rate) if rate is not None and of != currency else 1)
    left_out = f"{total.unpriced} without an amount left out" if total.unpriced else None
    return Figure(value, reason=left_out)


def _scale(measure: Measure, currency: str | None) -> int:
    match measure.scale:
        case "minor":
            return int(10 ** digits(currency))
        case "twelfths":
            return 12
        case "plain":
            return 1

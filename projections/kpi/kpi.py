"""The view `kpi`: the value of each KPI in each period and for each combination of dimensions (RULES.md, section 6)."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from events.money import digits
from projections.asked import Asked, Limits
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.catalogue import Catalogue, Kpi
from projections.kpi.cells import Cell, Cells
from projections.kpi.counting import Counting, Way, happened
from projections.kpi.given import told_key
from projections.kpi.measures import MEASURES
from projections.kpi.parts import Parts
from projections.kpi.sales import SALES
from projections.kpi.stretches import EVER, Cutting
from projections.kpi.terms import Figure, Need, Term
from projections.result import Column, instant
from projections.steps import per_lead


class Report:
    """The KPIs that a question asks for, over what is known. Raises QuestionError for a KPI or a dimension that is none."""

    def __init__(self, known: Known, asked: Asked, limits: Limits, catalogue: Catalogue) -> None:
        self.ids = chosen(asked, catalogue)
        asked = _with_own_grain(asked, [catalogue.kpis[id_] for id_ in self.ids])
        self._asked, self._limits, self._catalogue = asked, limits, catalogue
        terms = catalogue.terms if asked.basis == "cohort" else catalogue.terms_by_period
        self._terms: Mapping[str, Term] = {id_: terms[id_] for id_ in self.ids}
        self._ways = {id_: _way(asked, catalogue.kpis[id_]) for id_ in self.ids}
        needs: dict[Way, set[Need]] = {}
        for id_, way in self._ways.items():
            needs.setdefault(way, set()).update(self._terms[id_].needs())
        connection = per_lead(known, SALES)
        known.business()
        cutting = Cutting(asked, limits)
        whens = {need.when for several in needs.values() for need in several}
        there = happened(connection)
        self._parts = Parts(cutting.stretches(there), cutting, whens, asked.compare)
        self._counting = Counting(known, asked, limits, needs, self._parts, there)

    @property
    def columns(self) -> list[Column]:
        """The columns of the answer."""
        compared = ("compared", "change") if self._asked.compare is not None else ()
        told = ("value", "unit", *compared, "numerator", "denominator", "partial", self._why)
        return [Column(name) for name in ("kpi", "period", *self._dimensions, *told)]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each KPI, period and combination of dimensions."""
        cells = self._counting.cells(self._asked.currency, self._limits.currency)
        return [row for id_ in self.ids for row in self._rows(id_, cells[self._ways[id_]])]

    def notes(self) -> list[str]:
        """What a reader of the values must know."""
        notes = []
        if count := self._counting.undated():
            notes.append(f"{count} events are undated and fall into no period")
        if self._asked.compare is not None and all(one.begins == -EVER for one in self._parts.first):
            notes.append("nothing is compared, for there is nothing before all of time: say a period, or since when")
        return notes

    def behind(self) -> list[dict[str, Any]]:
        """What is counted behind the values: a row for each thing, KPI and measure. Their count, or the sum of what they tell, is the
        measure's.
        """
        return [row for id_ in self.ids for row in self._behind(id_)]

    @property
    def columns_behind(self) -> list[Column]:
        """The columns of `behind`."""
        told = ("measure", "lead", "thing", "position", "time", "amount", "currency", "days")
        return [Column(name) for name in ("kpi", "period", *self._dimensions, *told)]

    @property
    def _why(self) -> str:
        """The column that says why a value is missing or what it leaves out: another one where reasons themselves cut the rows."""
        return "missing" if "reason" in self._dimensions else "reason"

    @property
    def _dimensions(self) -> list[str]:
        return list(dict.fromkeys(name for way in self._ways.values() for name in way.by))

    def _rows(self, id_: str, cells: Cells) -> Iterator[dict[str, Any]]:
        term, way = self._terms[id_], self._ways[id_]
        keys = cells.keys(need.measure for need in term.needs()) if way.by else {()}
        for key in sorted(keys, key=lambda key: [(part is None, part) for part in key]):
            for number, stretch in enumerate(self._parts.first):
                figure = term.figure(Cell(cells, number, key))
                compared = self._compared(term, Cell(cells, number, key), figure)
                yield {
                    "kpi": id_,
                    "period": stretch.label,
                    **told_key(way.by, key),
                    **_told(figure, self._catalogue.kpis[id_], cells.currency),
                    **compared,
                    "partial": stretch.partial,
                    self._why: figure.reason,
                }

    def _compared(self, term: Term, cell: Cell, figure: Figure) -> dict[str, Any]:
        """The value with which one is compared, and by which part of it it has changed."""
        if self._asked.compare is None:
            return {}
        other = term.figure(Cell(cell.cells, self._parts.compared(cell.stretch), cell.key)).value
        change = None if figure.value is None or not other else (figure.value - other) / abs(other)
        return {"compared": number(other), "change": number(change)}

    def _behind(self, id_: str) -> Iterator[dict[str, Any]]:
        way = self._ways[id_]
        measures = {need.measure for need in self._terms[id_].needs() if need.when == "then" and need.by is None}
        for row in self._counting.behind(way):
            if row["measure"] in measures:
                stretch = self._parts.first[row["stretch"]]
                yield {
                    "kpi": id_,
                    "period": stretch.label,
                    **told_key(way.by, row["key"]),
                    "measure": row["measure"],
                    "lead": row["story"] or None,
                    "thing": row["thing"],
                    "position": row["position"],
                    "time": instant(row["occurred"], row["day"], self._limits.zone),
                    "amount": major(row["measure"], row["amount"], row["currency"]),
                    "currency": row["currency"],
                    "days": None if row["span"] is None else row["span"] / 86_400_000_000,
                }


def chosen(asked: Asked, known: Catalogue) -> tuple[str, ...]:
    """The KPIs that a question asks for; all where it names none. Raises QuestionError."""
    for id_ in asked.kpi:
        if id_ not in known.kpis:
            near = get_close_matches(id_, known.kpis, 3)
            meant = f" (near: {', '.join(near)})" if near else ""
            raise QuestionError(f"there is no KPI `{id_}`{meant}; `leadlog kpi list` shows all {len(known.kpis)}")
    return asked.kpi or tuple(known.kpis)


def _with_own_grain(asked: Asked, kpis: Sequence[Kpi]) -> Asked:
    """The question, cut by the grain that all its KPIs have, where it names no period."""
    grains = {kpi.grain for kpi in kpis}
    grain = grains.pop() if len(grains) == 1 else None
    return (
        asked.model_copy(update={"period": grain}) if grain and asked.grain is None and asked.period is None else asked
    )


def _way(asked: Asked, kpi: Kpi) -> Way:
    """How a KPI is cut and filtered: as it is asked for, and as it always is."""
    by = tuple(dict.fromkeys((*asked.dimensions, *kpi.by)))
    both = {name: values for name, values in asked.filter.items() if name not in kpi.filter}
    for name, values in kpi.filter.items():
        wanted = asked.filter.get(name)
        both[name] = values if wanted is None else tuple(value for value in values if value in wanted)
    return Way(by, tuple(sorted(both.items())))


def _told(figure: Figure, kpi: Kpi, currency: str) -> dict[str, Any]:
    return {
        "value": number(figure.value),
        "unit": kpi.unit.replace("money", currency),
        "numerator": number(figure.numerator),
        "denominator": number(figure.denominator),
    }


def number(value: Fraction | None) -> int | float | None:
    """The value as JSON has it: an integer where it is one."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)


def major(measure: str, amount: Any, currency: str | None) -> int | float | None:
    """An amount in major units, as the measure keeps it."""
    if amount is None:
        return None
    scale = {"minor": 10 ** digits(currency), "twelfths": 12, "plain": 1}[MEASURES[measure].scale]
    return number(Fraction(amount) / int(scale))

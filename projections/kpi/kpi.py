"""The view `kpi`: the value of each KPI in each period and for each combination of dimensions (RULES.md, section 6)."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from projections.asked import Asked, Limits
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.catalogue import Catalogue, Kpi
from projections.kpi.cells import Cell, Cells
from projections.kpi.counting import Counting, happened
from projections.kpi.sales import SALES
from projections.kpi.stretches import Stretch, stretches
from projections.kpi.terms import Figure, Term, needs_of
from projections.kpi.working_days import working_days
from projections.result import Column
from projections.steps import per_lead


def columns(asked: Asked) -> list[Column]:
    """The columns of the answer."""
    names = ("kpi", "period", *asked.dimensions, "value", "unit", "numerator", "denominator", "partial", "reason")
    return [Column(name) for name in names]


def kpi_rows(known: Known, asked: Asked, limits: Limits, catalogue: Catalogue) -> list[dict[str, Any]]:
    """A row for each KPI, period and combination of dimensions.

    Raises QuestionError for a KPI or a dimension that is none.
    """
    ids = chosen(asked, catalogue)
    terms = catalogue.terms if asked.basis == "cohort" else catalogue.terms_by_period
    connection = per_lead(known, SALES)
    known.business()
    found = stretches(asked, limits, happened(connection))
    needs = needs_of({id_: terms[id_] for id_ in ids})
    counting = Counting(known, asked, limits, needs, found, working_days(connection, found, limits))
    cells = counting.cells(asked.currency, limits.currency)
    return [row for id_ in ids for row in _rows(id_, catalogue.kpis[id_], terms[id_], cells, found, asked)]


def chosen(asked: Asked, known: Catalogue) -> tuple[str, ...]:
    """The KPIs that a question asks for; all where it names none. Raises QuestionError."""
    if strange := [id_ for id_ in asked.kpi if id_ not in known.kpis]:
        raise QuestionError(f"there is no KPI `{strange[0]}`; `leadlog kpi list` shows all {len(known.kpis)}")
    return asked.kpi or tuple(known.kpis)


def _rows(
    id_: str, kpi: Kpi, term: Term, cells: Cells, found: Sequence[Stretch], asked: Asked
) -> Iterator[dict[str, Any]]:
    keys = cells.keys(need.measure for need in term.needs()) if asked.dimensions else {()}
    for key in sorted(keys, key=lambda key: [(part is None, part) for part in key]):
        for number, stretch in enumerate(found):
            figure = term.figure(Cell(cells, number, key))
            yield {
                "kpi": id_,
                "period": stretch.label,
                **dict(zip(asked.dimensions, key, strict=True)),
                **_told(figure, kpi, cells.currency),
                "partial": stretch.partial,
                "reason": figure.reason,
            }


def _told(figure: Figure, kpi: Kpi, currency: str) -> dict[str, Any]:
    return {
        "value": _number(figure.value),
        "unit": kpi.unit.replace("money", currency),
        "numerator": _number(figure.numerator),
        "denominator": _number(figure.denominator),
    }


def _number(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)

"""A scorecard: a row for each combination of dimensions and period, a column for each formula."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from projections.asked import Asked, Limits
from projections.definitions.definition import Part, hashed, validated
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.catalogue import catalogue
from projections.kpi.cells import Cell, Cells, Key
from projections.kpi.counting import Counting, Way, happened
from projections.kpi.formula import formula
from projections.kpi.given import LEAD, told_key
from projections.kpi.kpi import major, number
from projections.kpi.parts import Parts
from projections.kpi.sales import SALES
from projections.kpi.stretches import Cutting
from projections.kpi.terms import Term, needs_of
from projections.result import Column, Unit, instant
from projections.steps import per_lead

FILE = Path(__file__).parent.parent / "definitions" / "scorecards.toml"
UNITS: Mapping[str, Unit | None] = {"count": "count", "ratio": "fraction", "money": "amount", "s": "s", "number": None}


class Told(Part):
    """A column as it is declared: value, a formula over measures and KPIs."""

    unit: Literal["count", "ratio", "money", "s", "number"]
    value: str


class Declared(Part):
    """A scorecard as it is declared. by: how it is cut where the question names no dimension."""

    by: tuple[str, ...]
    columns: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Row:
    """A combination of dimensions in a period, and the values of the columns."""

    key: Key
    period: str | None
    values: Mapping[str, Fraction | None]


class Scorecard:
    """A scorecard over what is known. Raises QuestionError for a dimension or a column that is none."""

    def __init__(self, name: str, known: Known, asked: Asked, limits: Limits) -> None:
        self._name, self._asked, self._limits = name, asked, limits
        self.declared = declared()[name]
        terms = catalogue().terms if asked.basis == "cohort" else catalogue().terms_by_period
        self._terms: Mapping[str, Term] = {id_: formula(one.value, terms) for id_, one in self.declared.columns.items()}
        if LEAD in asked.by:
            raise QuestionError(f"`{name}` is not cut by lead; `--open COLUMN` lists the leads behind a number")
        own = () if asked.dimensions and LEAD not in self.declared.by else self.declared.by
        self._way = Way((*asked.dimensions, *own), tuple(sorted(asked.filter.items())))
        needs = needs_of(self._terms)
        connection = per_lead(known, SALES)
        known.business()
        cutting = Cutting(asked, limits)
        there = happened(connection)
        self._parts = Parts(cutting.stretches(there), cutting, {need.when for need in needs}, None)
        self._counting = Counting(known, asked, limits, {self._way: needs}, self._parts, there)
        self._missing: dict[str, str] = {}

    @property
    def definition(self) -> str:
        """Name and hash of what the columns mean."""
        return f"{self._name.replace(' ', '-')}@{hashed(self.declared.model_dump(mode='json'))}"

    @property
    def columns(self) -> list[Column]:
        """The columns of the answer."""
        told = [Column(name, UNITS[one.unit]) for name, one in self.declared.columns.items()]
        return [*self._keys, *told, *([Column("currency")] if self._money else [])]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each combination of dimensions that has anything, and each period."""
        cells = self.cells()
        money = {"currency": cells.currency} if self._money else {}
        return [{**self.told_row(row), **money} for row in self.values(cells)]

    def cells(self) -> Cells:
        """All that is counted."""
        return self._counting.cells(self._asked.currency, self._limits.currency)[self._way]

    def values(self, cells: Cells) -> Iterator[Row]:
        """The values of the columns, exact."""
        keys = cells.keys(need.measure for need in needs_of(self._terms))
        for key in sorted(keys, key=lambda key: [(part is None, part) for part in key]):
            for place, stretch in enumerate(self._parts.first):
                yield Row(key, stretch.label, dict(self._figures(Cell(cells, place, key))))

    def told_row(self, row: Row) -> dict[str, Any]:
        """A row as it is answered, its currency aside."""
        return {**self._told_key(row.key, row.period), **{name: number(value) for name, value in row.values.items()}}

    def notes(self) -> list[str]:
        """What a reader of the numbers must know: why columns have cells without a value. After the rows."""
        count = self._counting.undated()
        undated = [f"{count} events are undated and fall into no period"] if count else []
        return [*undated, *(f"{name}: {why}" for name, why in self._missing.items())]

    def opened(self, column: str) -> tuple[list[Column], list[dict[str, Any]]]:
        """What is counted behind a column: a row for each thing, with its place in the report. Raises QuestionError."""
        if column not in self._terms:
            raise QuestionError(f"`{self._name}` has no column `{column}` to open; there are {', '.join(self._terms)}")
        measures = {need.measure for need in self._terms[column].needs() if need.when == "then" and need.by is None}
        names = ("measure", "lead", "thing", "position", "time", "amount", "currency", "days")
        columns = [*(one for one in self._keys if one.name != LEAD), *map(Column, names)]
        return columns, [self._behind(row) for row in self._counting.behind(self._way) if row["measure"] in measures]

    @property
    def _by_period(self) -> bool:
        return self._asked.period is not None or self._asked.grain is not None

    @property
    def _keys(self) -> list[Column]:
        return [*map(Column, self._way.by), *([Column("period")] if self._by_period else [])]

    @property
    def _money(self) -> bool:
        return any(one.unit == "money" for one in self.declared.columns.values())

    def _told_key(self, key: Sequence[str | None], period: str | None) -> dict[str, Any]:
        """The first cells of a row: its dimensions, and the period where one is asked for."""
        return told_key(self._way.by, key) | ({"period": period} if self._by_period else {})

    def _figures(self, cell: Cell) -> Iterator[tuple[str, Fraction | None]]:
        for name, term in self._terms.items():
            found = term.figure(cell)
            if found.reason is not None:
                self._missing.setdefault(name, found.reason)
            yield name, found.value

    def _behind(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **self._told_key(row["key"], self._parts.first[row["stretch"]].label),
            "measure": row["measure"],
            "lead": row["story"] or None,
            "thing": row["thing"],
            "position": row["position"],
            "time": instant(row["occurred"], row["day"], self._limits.zone),
            "amount": major(row["measure"], row["amount"], row["currency"]),
            "currency": row["currency"],
            "days": None if row["span"] is None else row["span"] / 86_400_000_000,
        }


@cache
def declared() -> Mapping[str, Declared]:
    """The scorecards that there are, by name."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: validated(Declared, one, f"scorecard {name}") for name, one in told.items()}

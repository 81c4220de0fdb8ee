"""The funnel beside that of the period before, or of a year ago."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import duckdb

from events.instants import midnight
from projections.asked import Asked, Limits
from projections.database import sql, table
from projections.errors import QuestionError
from projections.kpi.stretches import Cutting, Stretch
from projections.kpi.stretches import table as stretches_table
from projections.periods import days_of
from projections.result import Column

COMPARED, CHANGE = "_compared", "_change"  # behind the name of a measure, as `kpi --compare` names them


def compared_columns(measures: Iterable[Column]) -> list[Column]:
    """The columns that stand beside those measures."""
    numbers = [column for column in measures if column.unit is not None]
    return [
        both
        for one in numbers
        for both in (Column(one.name + COMPARED, one.unit), Column(one.name + CHANGE, "fraction"))
    ]


class Comparison:
    """With what each period is compared. periods: by name, in order; None alone where time is not cut. Raises QuestionError."""

    def __init__(self, asked: Asked, limits: Limits, periods: Sequence[str | None]) -> None:
        cutting = Cutting(asked, limits)
        named = [period for period in periods if period is not None]
        ends = [midnight(days_of(period).first, limits.zone) for period in (named[:1] + named[-1:])]
        found = cutting.stretches((ends[0], ends[-1]) if ends else None)
        if asked.grain is None and found[0].missing is None and limits.since is None:
            raise QuestionError("compare: there is nothing before all of time; say a period, or since when")
        other = cutting.before if asked.compare == "previous" else cutting.year_ago
        self._with: dict[str | None, Stretch] = {
            (one.label if asked.grain else None): other(one) for one in found if not asked.grain or one.label in named
        }

    def there(self, period: str | None) -> bool:
        """Whether there is anything with which that period could be compared."""
        return self._with[period].missing is None

    def look(self, connection: duckdb.DuckDBPyConnection) -> None:
        """From here on `per_lead` tells of what is compared with."""
        there = [(label, one) for label, one in self._with.items() if one.missing is None]
        table(connection, "stretch", stretches_table([one for _, one in there]))
        connection.execute("ALTER TABLE stretch ADD COLUMN asked VARCHAR")
        for number, (label, _) in enumerate(there):
            connection.execute(
                "UPDATE stretch SET asked = $label WHERE number = $number", {"label": label, "number": number}
            )
        connection.execute(sql("funnel/compared.sql"))


def beside(
    row: Mapping[str, Any], other: Mapping[str, Any] | None, there: bool, measures: Iterable[Column]
) -> dict[str, Any]:
    """A row's values in the other period, and by which part of it each has changed. other: its row; None where nothing was counted."""
    told: dict[str, Any] = {}
    for column in measures:
        if column.unit is not None:
            nothing = 0 if there and column.unit in ("count", "amount") else None
            before = nothing if other is None or not there else other[column.name]
            told[column.name + COMPARED] = before
            told[column.name + CHANGE] = _change(row[column.name], before)
    return told


def _change(value: int | float | None, before: int | float | None) -> float | None:
    if value is None or not before:
        return None
    return float((Fraction(value) - Fraction(before)) / abs(Fraction(before)))

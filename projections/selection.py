"""What is counted of what was asked: rows within the limits and filters, with their period and what they are cut by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import duckdb

from events.instants import DAY, EPOCH, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import sql, table
from projections.dimensions import Dimension, dimension
from projections.known import Known
from projections.kpi.given import value_rows
from projections.kpi.sales import TELLING_STEP
from projections.periods import calendar
from projections.result import Column
from projections.steps import per_lead

OWN = "CREATE OR REPLACE TEMP TABLE given AS SELECT row, [{values}]::VARCHAR[] AS given FROM counted JOIN given USING (row)"

TOLD = "{told}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects among the rows of `counted`.

    `counted` has row (its number), story, journey, occurred, occurred_until, day, precision, reason and own_owner, own_team,
    own_channel, own_campaign: dimensions are valued at occurred_until.
    own: dimensions that these rows tell otherwise: an expression over `counted`; {told} stands for what is told of the lead.
    """

    asked: Asked
    limits: Limits
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def key_columns(self) -> list[Column]:
        """Period and dimensions, which stand first."""
        return [*([Column("period")] if self.asked.grain else []), *map(Column, self.asked.dimensions)]

    def make(self, known: Known) -> duckdb.DuckDBPyConnection:
        """Makes `selected`: the counted rows that are asked for, with period and key. Raises QuestionError."""
        connection = known.connection
        asked, limits = self.asked, self.limits
        names = [*asked.dimensions, *(name for name in asked.filter if name not in asked.dimensions)]
        told_here = {name for name, expression in self.own.items() if TOLD not in expression}
        dimensions = [Dimension(name, "own") if name in told_here else dimension(name, asked.at) for name in names]
        of_leads = [one for one in dimensions if one.name not in told_here]
        if of_leads:
            per_lead(known, TELLING_STEP)
        value_rows(connection, of_leads)
        if self.own:
            places = {one.name: f"given[{number}]" for number, one in enumerate(of_leads, 1)}
            values = (self.own.get(name, TOLD).replace(TOLD, places.get(name, "NULL")) for name in names)
            connection.execute(OWN.format(values=", ".join(values)))
        make_conditions(connection, dimensions, asked.filter)
        self._calendar(connection)
        told = {
            "since": limits.since,
            "until": limits.until,
            "width": len(asked.dimensions),
            "cut": asked.grain is not None,
        }
        for name, value in told.items():
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for file in ("local_days.sql", "fitting.sql", "selected.sql"):
            connection.execute(sql(file))
        return connection

    def keyed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Period and dimensions of a row by their names."""
        named = dict(zip(self.asked.dimensions, row["key"], strict=True))
        if named.get("journey") is not None:
            named["journey"] = int(named["journey"])
        return ({"period": row["period"]} if self.asked.grain else {}) | named

    def undated(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """A note on what falls into no period because it is only known to have happened some time."""
        if self.limits.since is None and self.limits.until is None and self.asked.grain is None:
            return []
        count = connection.sql("SELECT count(DISTINCT (story, journey)) FROM counted WHERE precision = 2").fetchall()[
            0
        ][0]
        return [f"{count} journeys are undated and fall into no period"] if count else []

    def day_at(self, micros: int) -> int:
        """The number of the local day on which an instant falls."""
        local = (EPOCH + timedelta(microseconds=micros)).astimezone(self.limits.zone)
        return (local.date() - EPOCH_DAY).days

    def _calendar(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The days of all that is counted and of the asked instant, and two more at each end, since zones differ."""
        found = connection.sql("SELECT min(occurred), max(coalesce(ends_at, occurred)) FROM counted").fetchall()[0]
        ends = [end for end in (*found, self.limits.asked) if end is not None]
        first, last = (EPOCH_DAY + timedelta(days=end // DAY) for end in (min(ends), max(ends)))
        days = calendar(self.limits.zone, first - timedelta(days=2), last + timedelta(days=2))
        table(connection, "calendar", days)
        grain = self.asked.grain
        connection.execute(
            f"CREATE TEMP TABLE period_of_day AS SELECT number, {grain or 'NULL::VARCHAR'} AS period FROM calendar"
        )


def sorting(row: Mapping[str, Any]) -> tuple[str, Sequence[tuple[bool, str | None]]]:
    """Rows by period, then by what they are cut by, the unknown last."""
    return row["period"] or "", [(part is None, part) for part in row["key"]]


def place_in(cell: str, column: str) -> tuple[str, str]:
    """The row and the column of `ROW[,COLUMN]`. column: the one that is meant where none is named."""
    row, comma, named = cell.rpartition(",")
    return (row.strip(), named.strip()) if comma else (cell.strip(), column)

"""The work list: promises that run out soon, soonest first."""

from typing import Any

import duckdb

from projections.asked import Asked, Limits
from projections.database import rows_of
from projections.definitions.span import Span
from projections.errors import QuestionError
from projections.result import Column, instant
from projections.sla.agreed import PROMISES

COLUMNS = (
    Column("due_at", "instant"),
    Column("left_s", "s"),
    *(Column(name) for name in "handoff lead promise tier team owner".split()),
    Column("started_at", "instant"),
)


def work_list(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> list[dict[str, Any]]:
    """A row for each promise that is open and due, over the tables `counted` and `lay`.

    left_s: time that is left, in the promise's own time (business or wall); less than 0 where it is past due.
    Raises QuestionError for a `within` that is no span.
    """
    within = _within(asked.within)
    rows = rows_of(
        connection,
        "SELECT handed, handoff, story AS lead, promise, tier, team, owner, started, due, amount - business_us AS left_us"
        " FROM counted JOIN lay USING (handed, promise)"
        f" WHERE due IS NOT NULL AND NOT stopped AND exact AND (verdict = 'running' OR {str(asked.overdue).lower()})",
    )
    rows.sort(key=lambda row: (row["due"], row["handed"], PROMISES.index(row["promise"])))
    return [
        {
            **{column.name: row.get(column.name) for column in COLUMNS},
            "due_at": instant(row["due"], None, limits.zone),
            "started_at": instant(row["started"], None, limits.zone),
            "left_s": row["left_us"] / 1e6,
        }
        for row in rows
        if within is None
        or (row["due"] - limits.asked <= within.micros if within.wall else row["left_us"] <= within.micros)
    ]


def paused(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """A note on those that are paused: nothing is due while a pause lasts."""
    found = connection.sql("SELECT count(*) FROM counted WHERE due IS NULL AND verdict = 'running'").fetchall()[0][0]
    return [f"paused: {found} more, which are due only once they are resumed"] if found else []


def _within(text: str | None) -> Span | None:
    try:
        return None if text is None else Span.of(text)
    except ValueError as error:
        raise QuestionError(f"within: {error}") from None

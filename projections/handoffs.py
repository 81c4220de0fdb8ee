"""Handoffs: who gave which lead to whom, and how it ended."""

from typing import Any

import duckdb

from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.result import Column, instant

COLUMNS = (
    *(Column(name) for name in "handoff lead tier from_team from_owner to_team to_owner status".split()),
    Column("handed_off_at", "instant"),
    Column("answered_at", "instant"),
    Column("reason"),
    Column("score"),
    Column("missing"),
)


def handoffs(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> list[dict[str, Any]]:
    """A row a handoff, by the time at which it was handed off; those handed off between `since` and `until`.

    tier and missing are None: they are the agreement's to say. answered_at: the first end, of whatever kind.
    """
    return [
        _told(row, limits)
        for row in rows_of(connection, sql("handoffs.sql"))
        if limits.hold(row["occurred"], row["day"], row["precision"])
        and asked.lead in (None, row["lead"])
        and asked.handoff in (None, row["handoff"])
    ]


def _told(row: dict[str, Any], limits: Limits) -> dict[str, Any]:
    known = {
        "handed_off_at": instant(row["occurred"], row["day"], limits.zone),
        "answered_at": instant(row["ended"], row["ended_day"], limits.zone),
        "tier": None,
        "missing": None,
    }
    return {column.name: known.get(column.name, row.get(column.name)) for column in COLUMNS}

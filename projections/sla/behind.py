"""What stands behind the numbers of marketing's side and of the suggested promises: the handoffs that were counted."""

from typing import Any

import duckdb

from projections.asked import Asked, Limits
from projections.database import literal, rows_of, sql
from projections.errors import QuestionError
from projections.known import Known
from projections.result import Column, instant
from projections.rows import Row, Rows
from projections.selection import place_in
from projections.sla.agreed import Agreed, agreed
from projections.sla.marketing import Term, delivered
from projections.sla.sla import Sla
from projections.sla.suggest import check_share, stretched

Answer = tuple[str, list[Column], Rows | list[Row], list[str]]
DELIVERED = (
    *(Column(name) for name in "period promise lead handoff team".split()),
    Column("handed_off_at", "instant"),
    *(Column(name) for name in "score counted position".split()),
)
# Of each promise: the numbers that have handoffs behind them, which ones, and which of these its numerator counts.
OF_MARKETING = {
    "qualified_leads": (("delivered", "attainment", "pace"), "delivers", "true"),
    "accepted_share": (("delivered", "attainment"), "accepted OR returned", "accepted"),
}
TOOK = (
    *(Column(name) for name in "promise tier team lead handoff state".split()),
    Column("handed_off_at", "instant"),
    Column("took_s", "s"),
    Column("position"),
)
# A share is of all cases, and so is the time that is suggested.
OF_SUGGESTIONS = {
    "handoffs": "true",
    **{state: f"state = '{state}'" for state in ("done", "waiting", "ended")},
    **dict.fromkeys(("suggested_s", "kept", "kept_now"), "true"),
}


def opened_marketing(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
    """Behind a number of `sla marketing`, over all periods that are asked for. cell: PROMISE[,COLUMN]. Raises QuestionError."""
    promise, column = place_in(cell, "delivered")
    if promise not in OF_MARKETING:
        raise QuestionError(f"marketing does not promise {promise!r}; there are {', '.join(OF_MARKETING)}")
    columns, where, counted = OF_MARKETING[promise]
    if column not in columns:
        raise QuestionError(f"{column!r} of {promise} has no handoffs behind it; there are {', '.join(columns)}")
    told, found = delivered(known, asked, limits)
    terms = {number: one.term for number, one in enumerate(found) if getattr(one.term.side, promise) is not None}
    rows = rows_of(
        known.connection,
        f"SELECT *, {counted} AS counted FROM delivery WHERE {where} ORDER BY number, occurred, handed",
    )
    behind = [_delivered(row, terms[row["number"]], promise, limits) for row in rows if row["number"] in terms]
    return told.definition, list(DELIVERED), behind, list(told.notes)


def _delivered(row: dict[str, Any], term: Term, promise: str, limits: Limits) -> Row:
    return {
        "period": term.period,
        "promise": promise,
        "lead": row["story"],
        **{name: row[name] for name in ("handoff", "team", "score", "counted")},
        "handed_off_at": instant(row["occurred"], row["day"], limits.zone),
        "position": row["handed"],
    }


def opened_suggestion(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
    """Behind a number of `sla suggest`, over all its tiers and teams. cell: PROMISE[,COLUMN]. Raises QuestionError."""
    promise, column = place_in(cell, "handoffs")
    check_share(asked.met)
    told: Agreed = agreed(known.business(), asked.what_if)
    told.must_promise(promise)
    if column not in OF_SUGGESTIONS:
        raise QuestionError(f"{column!r} has no handoffs behind it; there are {', '.join(OF_SUGGESTIONS)}")
    sla = Sla(known, stretched(told), asked, limits)
    where = f"promise = {literal(promise)} AND {OF_SUGGESTIONS[column]}"
    return told.definition, list(TOOK), _taken(known.connection, where, limits), sla.notes()


def _taken(connection: duckdb.DuckDBPyConnection, where: str, limits: Limits) -> Rows:
    def told(row: Row) -> Row:
        return {
            **{name: row[name] for name in ("promise", "tier", "team", "lead", "handoff", "state")},
            "handed_off_at": instant(row["occurred"], row["day"], limits.zone),
            "took_s": None if row["took_us"] is None else row["took_us"] / 1e6,
            "position": row["handed"],
        }

    connection.execute(sql("sla/took.sql"))
    query = (
        "SELECT promise, tier, team, story AS lead, handoff, state, occurred, day, took_us, handed"
        f" FROM taken WHERE {where} ORDER BY occurred, handed"
    )
    return Rows.of(connection, query, told)

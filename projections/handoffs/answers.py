"""What the views of the handoff audit answer: definition, columns, rows, notes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.handoffs.audit import BANT, Audit
from projections.handoffs.columns import HANDOFFS, MATRIX, ORPHANS, PINGPONG, REASONS, SUMMARY, UNANSWERED
from projections.handoffs.expiry import waiting
from projections.known import Known
from projections.ordering import make_order
from projections.result import Column, instant
from projections.rows import Row, Rows
from projections.sla.promises import tell

Answer = tuple[str | None, Sequence[Column], Sequence[Row], list[str]]
OWNERS = ("coalesce(from_owner, from_team)", "coalesce(to_owner, to_team)")
TEAMS = ("from_team", "to_team")
LISTED = (  # what a row of the list is made of
    "story AS lead, handoff, row AS position, tier, from_team, from_owner, to_team, to_owner, status, occurred, day,"
    " answer.occurred AS answered, answer.day AS answered_day, answer.actor AS answered_by, answer_us, reason, score, missing, unseen,"
    f" {', '.join(f'bant.{name} AS bant_{name}' for name in BANT)},"
    " assignment.rule, assignment.rule_version, assignment.candidates, automatic, is_self AS self, journey"
)


def handoffs(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs`: a row a handoff; with `by` or a grain, how many there were and how they were answered."""
    audit = Audit(known)
    cut_by = audit.select(asked, limits)
    notes = audit.undated(asked, limits)
    if not cut_by and asked.grain is None:
        return audit.definition, HANDOFFS, _listed(audit, limits, "true"), notes
    rows = _summed(audit, ("NULL", "NULL"))
    keys = [*([Column("period")] if asked.grain else []), *map(Column, cut_by)]
    return audit.definition, [*keys, *SUMMARY], [unfolded(row, cut_by, asked) for row in rows], notes


def self_handoffs(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs self`: those in which who gave is who received."""
    audit = Audit(known)
    audit.select(asked, limits)
    return audit.definition, HANDOFFS, _listed(audit, limits, "is_self"), audit.undated(asked, limits)


def matrix(giver: str, receiver: str) -> Callable[[Known, Asked, Limits], Answer]:
    """`handoffs matrix`: who gives to whom. giver, receiver: SQL of our own over the audit's rows."""

    def answer(known: Known, asked: Asked, limits: Limits) -> Answer:
        audit = Audit(known)
        audit.select(asked, limits)
        rows = _summed(audit, (giver, receiver))
        rows.sort(key=lambda row: (-row["handoffs"], *_told(row["giver"]), *_told(row["receiver"])))
        told = [{column.name: row[column.name] for column in MATRIX} for row in rows]
        return audit.definition, MATRIX, told, audit.undated(asked, limits)

    return answer


def reasons(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs reasons`: why handoffs were rejected, by team, campaign or anything else."""
    audit = Audit(known)
    cut_by = audit.select(asked, limits)
    rows = rows_of(
        audit.connection,
        "SELECT period, key, reason, count(*) AS handoffs, count(*) / sum(count(*)) OVER (PARTITION BY period, key) AS share"
        " FROM selected WHERE status = 'rejected' GROUP BY period, key, reason",
    )
    rows.sort(
        key=lambda row: (row["period"] or "", [_told(part) for part in row["key"]], -row["handoffs"], row["reason"])
    )
    keys = [*([Column("period")] if asked.grain else []), *map(Column, cut_by)]
    told = [unfolded(row, cut_by, asked) for row in rows]
    return audit.definition, [*keys, *REASONS], told, audit.undated(asked, limits)


def pingpong(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs pingpong`: leads that were handed back and forth, the worst first."""
    audit = Audit(known)
    audit.select(asked, limits)
    rows = [
        row
        | {
            "first_at": instant(row["first"]["occurred"], row["first"]["day"], limits.zone),
            "last_at": instant(row["last"]["occurred"], row["last"]["day"], limits.zone),
        }
        for row in rows_of(audit.connection, sql("handoffs/pingpong.sql"))
    ]
    told = [{column.name: row[column.name] for column in PINGPONG} for row in rows]
    return audit.definition, PINGPONG, told, audit.undated(asked, limits)


def unanswered(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs unanswered`: those that nobody answered, the oldest first, and when the agreement lets them expire."""
    audit = Audit(known)
    audit.select(asked, limits)
    rows = []
    for one in waiting(audit, limits.asked):
        row = one.row
        rows.append(
            {column.name: row.get(column.name) for column in UNANSWERED}
            | {
                "lead": row["story"],
                "handed_off_at": instant(row["occurred"], row["day"], limits.zone),
                "age_s": _age(row, limits),
                "expires_at": instant(one.expires, None, limits.zone),
                "past": None if one.expires is None else limits.asked > one.expires,
                "paused": one.paused,
                "agreement": one.agreement.definition if one.agreement else None,
                "expires_after": None if one.limit is None else str(one.limit),
                "position": row["row"],
            }
        )
    return audit.definition, UNANSWERED, rows, audit.undated(asked, limits)


def orphans(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`handoffs orphans`: open leads that nobody owns, the oldest first."""
    connection = known.everything()
    make_order(connection)
    tell(connection, (("asked", limits.asked), ("lead", asked.lead)))
    connection.execute(sql("handoffs/open_leads.sql"))
    connection.execute(sql("sla/owning.sql"))

    def told(row: Row) -> Row:
        since = {
            "since_at": instant(row["since"], row["day"], limits.zone),
            "age_s": None if row["day"] is not None else (limits.asked - row["since"]) / 1e6,
        }
        return {column.name: since.get(column.name, row.get(column.name)) for column in ORPHANS}

    return None, ORPHANS, Rows.of(connection, sql("handoffs/orphans.sql"), told), []


def _listed(audit: Audit, limits: Limits, where: str) -> Rows:
    """The rows of the audit, by the time of the handoff. where: SQL of our own."""
    query = f"SELECT {LISTED} FROM selected WHERE {where} ORDER BY occurred, row"
    return Rows.of(audit.connection, query, lambda row: listed_row(row, limits))


def listed_row(row: Row, limits: Limits) -> Row:
    """A row of the list, from what LISTED finds."""
    told = {
        "handed_off_at": instant(row["occurred"], row["day"], limits.zone),
        "answered_at": instant(row["answered"], row["answered_day"], limits.zone),
        "answer_s": None if row["answer_us"] is None else row["answer_us"] / 1e6,
        "candidates": json.loads(row["candidates"]) if row["candidates"] else None,
    }
    return {column.name: told.get(column.name, row.get(column.name)) for column in HANDOFFS}


def make_pairs(audit: Audit, pair: tuple[str, str]) -> None:
    """Makes `pair`: `selected` with giver and receiver. pair: SQL of our own for both."""
    audit.connection.execute(
        f"CREATE TEMP VIEW pair AS SELECT *, {pair[0]}::VARCHAR AS giver, {pair[1]}::VARCHAR AS receiver FROM selected"
    )


def _summed(audit: Audit, pair: tuple[str, str]) -> list[dict[str, Any]]:
    make_pairs(audit, pair)
    rows = rows_of(audit.connection, sql("handoffs/summary.sql"))
    rows.sort(key=lambda row: (row["period"] or "", [_told(part) for part in row["key"]]))
    return rows


def unfolded(row: dict[str, Any], cut_by: Sequence[str], asked: Asked) -> dict[str, Any]:
    """A row with its period and its dimensions by their names."""
    period, key = row.pop("period"), row.pop("key")
    row.pop("giver", None), row.pop("receiver", None)
    named = dict(zip(cut_by, key, strict=True))
    if named.get("journey") is not None:
        named["journey"] = int(named["journey"])
    return ({"period": period} if asked.grain else {}) | named | row


def _told(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def _age(row: dict[str, Any], limits: Limits) -> float | None:
    return None if row["day"] is not None else (limits.asked - row["occurred"]) / 1e6

"""The handoffs behind a number of the audit's summaries: as many rows as a count says, each with all that the list tells of it."""

from collections.abc import Callable, Sequence

from projections.asked import Asked, Limits
from projections.database import literal
from projections.errors import QuestionError
from projections.handoffs.answers import LISTED, Answer, listed_row, make_pairs, unfolded
from projections.handoffs.audit import Audit
from projections.handoffs.columns import COUNTS, HANDOFFS
from projections.known import Known
from projections.result import Column
from projections.rows import Row, Rows
from projections.selection import place_in

ANSWERED = "status IN ('accepted', 'rejected') AND answer_us IS NOT NULL"
# Behind a rate stand those of its denominator; `counted` says which of them its numerator counts.
RATES = {"acceptance_rate": ("status IN ('accepted', 'rejected', 'expired')", "status = 'accepted'")}
BEHIND = {
    "handoffs": "true",
    **{name: f"status = '{name}'" for name in COUNTS if name != "handoffs"},
    **{name: where for name, (where, _) in RATES.items()},
    "answer_p50_s": ANSWERED,
    "answer_p90_s": ANSWERED,
}
REJECTED = "status = 'rejected'"


def opened_handoffs(known: Known, asked: Asked, limits: Limits, column: str) -> Answer:
    """Behind a column of `handoffs --by`, over all its rows. Raises QuestionError."""
    return _of_summary(known, asked, limits, ("NULL", "NULL"), "true", column.strip())


def opened_matrix(giver: str, receiver: str) -> Callable[[Known, Asked, Limits, str], Answer]:
    """Behind a number of the matrix. giver, receiver: SQL of our own over the audit's rows."""

    def answer(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
        pair, column = place_in(cell, "handoffs")
        if "/" not in pair:
            raise QuestionError(f"{pair!r} names no pair; write GIVER/RECEIVER (nothing for the unknown one)")
        of_pair = f"coalesce(giver, '') || '/' || coalesce(receiver, '') = {literal(pair)}"
        return _of_summary(known, asked, limits, (giver, receiver), of_pair, column)

    return answer


def opened_reasons(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
    """Behind a number of a reason, over all its rows; behind its share all that were rejected. Raises QuestionError."""
    reason, column = place_in(cell, "handoffs")
    if column not in ("handoffs", "share"):
        raise QuestionError(f"{column!r} has no handoffs behind it; there are handoffs, share")
    audit, cut_by = _selected(known, asked, limits)
    make_pairs(audit, ("NULL", "NULL"))
    this = f"reason = {literal(reason)}"
    if column == "share":
        return _answer(audit, asked, limits, cut_by, REJECTED, this)
    return _answer(audit, asked, limits, cut_by, f"{REJECTED} AND {this}")


def _of_summary(known: Known, asked: Asked, limits: Limits, pair: tuple[str, str], where: str, column: str) -> Answer:
    if column not in BEHIND:
        raise QuestionError(f"{column!r} has no handoffs behind it; there are {', '.join(BEHIND)}")
    audit, cut_by = _selected(known, asked, limits)
    make_pairs(audit, pair)
    counted = RATES[column][1] if column in RATES else None
    return _answer(audit, asked, limits, cut_by, f"{where} AND {BEHIND[column]}", counted)


def _selected(known: Known, asked: Asked, limits: Limits) -> tuple[Audit, list[str]]:
    audit = Audit(known)
    return audit, audit.select(asked, limits)


def _answer(
    audit: Audit, asked: Asked, limits: Limits, cut_by: Sequence[str], where: str, counted: str | None = None
) -> Answer:
    """The handoffs, each with its period and its values of the dimensions. where, counted: SQL of our own over `pair`."""
    keys = [*([Column("period")] if asked.grain else []), *map(Column, cut_by)]
    flag = [] if counted is None else [Column("counted")]
    columns = [*keys, *(column for column in HANDOFFS if column.name not in cut_by), *flag]

    def told(row: Row) -> Row:
        found = unfolded({"period": row["period"], "key": row["key"]}, cut_by, asked)
        return {**listed_row(row, limits), **found, **({} if counted is None else {"counted": row["counted"]})}

    query = (
        f"SELECT {LISTED}, period, key, {counted or 'NULL'} AS counted FROM pair WHERE {where} ORDER BY occurred, row"
    )
    return audit.definition, columns, Rows.of(audit.connection, query, told), audit.undated(asked, limits)

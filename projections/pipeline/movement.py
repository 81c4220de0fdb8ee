"""The movement of the pipeline between two instants: start + new + raised + moved in − lowered − moved out − lost − won = end."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import duckdb

from events.instants import EPOCH_DAY
from events.money import digits
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import rows_of, sql
from projections.dimensions import dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.counting import make_calendar
from projections.kpi.given import value_rows
from projections.kpi.sales import SALES, TELLING_STEP
from projections.kpi.stretches import EVER
from projections.periods import days_of
from projections.result import Column
from projections.steps import per_lead

BUCKETS = ("start", "new", "raised", "moved_in", "lowered", "moved_out", "lost", "won", "reversed", "end")
COLUMNS = (Column("bucket"), Column("count", "count"), Column("amount", "amount"), Column("currency"))
EXPECTED = "expected_close"  # a filter of this view alone: the period in which deals are expected to close


def movement(known: Known, asked: Asked, limits: Limits) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each bucket, and notes."""
    connection = make_moves(known, asked, limits)
    found = rows_of(
        connection, "SELECT bucket, currency, count(*) AS count, sum(amount) AS amount FROM move GROUP BY ALL"
    )
    currencies = sorted({row["currency"] for row in found if row["currency"] is not None and row["amount"]})
    currency = asked.currency or (currencies[0] if len(currencies) == 1 else limits.currency)
    rates = {one: _rate(connection, one, currency) for one in currencies}
    unknown = [one for one, rate in rates.items() if rate is None]
    rows = [_row(bucket, [row for row in found if row["bucket"] == bucket], currency, rates) for bucket in BUCKETS]
    return rows, [f"no rate from {', '.join(unknown)} to {currency}"] if unknown else []


def make_moves(known: Known, asked: Asked, limits: Limits) -> duckdb.DuckDBPyConnection:
    """The database with the table `move`, a row for each move."""
    connection = per_lead(known, SALES)
    per_lead(known, TELLING_STEP)
    known.business()
    wanted = {name: values for name, values in asked.filter.items() if name != EXPECTED}
    dimensions = [dimension(name, asked.at) for name in wanted]
    since = -EVER if limits.since is None else limits.since
    until = limits.asked + 1 if limits.until is None else limits.until
    first, last = _expected(asked)
    variables = {"since": since, "until": until, "expected_first": first, "expected_last": last}
    for name, value in {**variables, "filtered": bool(wanted)}.items():
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
    make_calendar(connection, limits, (since, until))
    for file in ("kpi/placed.sql", "pipeline/points.sql"):
        connection.execute(sql(file))
    value_rows(connection, dimensions)
    make_conditions(connection, dimensions, wanted)
    connection.execute(sql("pipeline/movement.sql"))
    return connection


def _expected(asked: Asked) -> tuple[int | None, int | None]:
    """The first and the last day on which what is asked for is expected to close; None for any."""
    labels = asked.filter.get(EXPECTED)
    if labels is None:
        return None, None
    if len(labels) != 1 or labels[0] is None:
        raise QuestionError(f"{EXPECTED} takes one period, like {EXPECTED}=2026-Q2")
    days = days_of(labels[0])
    return (days.first - EPOCH_DAY).days, (days.end - EPOCH_DAY).days - 1


def _row(bucket: str, found: Sequence[dict[str, Any]], currency: str, rates: dict[str, str | None]) -> dict[str, Any]:
    count = sum(row["count"] for row in found)
    priced = [row for row in found if row["currency"] is not None]
    if any(row["amount"] and rates[row["currency"]] is None for row in priced):
        return {"bucket": bucket, "count": count, "amount": None, "currency": currency}
    minor = {row["currency"]: row["amount"] for row in priced if row["amount"]}
    amount = sum(
        (Fraction(int(minor[one]), 10 ** digits(one)) * Fraction(rates[one] or 1) for one in minor), Fraction(0)
    )
    return {"bucket": bucket, "count": count, "amount": _number(amount), "currency": currency}


def _rate(connection: duckdb.DuckDBPyConnection, one: str, currency: str) -> str | None:
    """The latest rate into the report's currency. All of a movement is counted at one rate, else it would not add up."""
    if one == currency:
        return "1"
    connection.execute("SET VARIABLE currency = $value", {"value": currency})
    connection.execute(sql("kpi/rates.sql"))
    found = connection.execute(
        "SELECT arg_max(rate, day) FROM rate JOIN calendar ON calendar.number = rate.day"
        " WHERE currency = $one AND calendar.begins < getvariable('until')",
        {"one": one},
    ).fetchall()
    rate: str | None = found[0][0]
    return rate


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)

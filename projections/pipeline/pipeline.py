"""The pipeline: what is open at an instant, by stage, how old it is, how often it was put off, what is overdue."""

from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa

from events.instants import EPOCH_DAY
from projections.asked import Asked, Limits
from projections.database import rows_of, sql, table
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.stretches import Cutting
from projections.periods import WRITTEN_AS
from projections.pipeline.deals import STAGES, make_deals
from projections.pipeline.money import Money, make_weights
from projections.result import Column, instant

MEASURES = (
    Column("stage"), Column("count", "count"), Column("amount", "amount"), Column("currency"), Column("unpriced", "count"),
    Column("age_p50_s", "s"), Column("age_max_s", "s"), Column("pushed", "count"), Column("pushes", "count"),
    Column("next_step_overdue", "count"), Column("close_overdue", "count"),
)  # fmt: skip
OPENED = (
    Column("stage"), Column("lead"), Column("opportunity"), Column("owner"), Column("amount", "amount"), Column("currency"),
    Column("opened_at", "instant"), Column("age_s", "s"), Column("expected_close", "instant"), Column("pushes", "count"),
    Column("next_step_due", "instant"), Column("close_overdue"), Column("next_step_overdue"), Column("position"),
)  # fmt: skip
BEHIND = {  # the deals behind a number, as a condition on `open_deal`
    "count": "true",
    "amount": "NOT unpriced",
    "unpriced": "unpriced",
    "pushed": "pushes > 0",
    "pushes": "pushes > 0",
    "next_step_overdue": "next_step_overdue",
    "close_overdue": "close_overdue",
}
ALL = "all"


def pipeline(known: Known, asked: Asked, limits: Limits) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each stage, for each period of expected closing and each combination of dimensions; and notes."""
    connection, money = make_open_deals(known, asked, limits)
    days = [
        day for (day,) in connection.sql("SELECT DISTINCT expected_day FROM open_deal").fetchall() if day is not None
    ]
    written = WRITTEN_AS[asked.grain] if asked.grain else lambda _: None
    periods = [written(EPOCH_DAY + timedelta(days=day)) for day in days]
    table(
        connection,
        "day_expected",
        pa.table({"day": pa.array(days, pa.int32()), "period": pa.array(periods, pa.string())}),
    )
    cells = {
        (row["period"], tuple(row["key"]), row["stage"]): row
        for row in rows_of(connection, sql("pipeline/pipeline.sql"))
    }
    groups = {(period, key) for period, key, _ in cells}
    if not asked.dimensions and not asked.grain:
        groups = {(None, ())}
    rows = []
    for period, key in sorted(groups, key=lambda group: [(part is None, part) for part in (group[0], *group[1])]):
        named = ({"period": period} if asked.grain else {}) | dict(zip(asked.dimensions, key, strict=True))
        rows += [{**named, "stage": stage, **_measured(cells.get((period, key, stage)), money)} for stage in STAGES]
    unpriced = sum(row["unpriced"] for row in rows)
    return rows, [
        *money.notes(),
        *([f"without an amount, counted but not summed: {unpriced}"] if unpriced else []),
    ]


def opened_deals(known: Known, asked: Asked, limits: Limits, stage: str, column: str = "count") -> list[dict[str, Any]]:
    """The deals behind a number, the largest first; all stages with `all`. Raises QuestionError."""
    if stage not in (*STAGES, ALL):
        raise QuestionError(f"there is no stage `{stage}`; there are {', '.join(STAGES)} and {ALL}")
    if column not in BEHIND:
        raise QuestionError(f"`{column}` counts no deals; {', '.join(BEHIND)} do")
    connection, money = make_open_deals(known, asked, limits)
    owner = [*dict.fromkeys((*asked.dimensions, "owner"))].index("owner")
    of_stage = "true" if stage == ALL else f"stage = '{stage}'"
    found = rows_of(
        connection,
        f"SELECT * REPLACE (value::VARCHAR AS value) FROM open_deal WHERE {BEHIND[column]} AND {of_stage}"
        " ORDER BY value DESC NULLS LAST, lead, opportunity",
    )
    return [
        {
            **dict(zip(asked.dimensions, row["key"], strict=True)),
            **{
                name: row[name]
                for name in ("stage", "lead", "opportunity", "expected_close", "next_step_due", "position")
            },
            "owner": row["values"][owner],
            **_money(row["value"], False, money),
            "opened_at": instant(row["opened_at"], row["opened_day"], limits.zone),
            "age_s": _seconds(row["age"]),
            "pushes": row["pushes"],
            "close_overdue": row["close_overdue"],
            "next_step_overdue": row["next_step_overdue"],
        }
        for row in found
    ]


def make_open_deals(known: Known, asked: Asked, limits: Limits) -> tuple[duckdb.DuckDBPyConnection, Money]:
    """The database with the table `open_deal`, and the money of the report."""
    moment = Asked()  # a grain cuts by expected closings here, not by time
    chosen = Cutting(moment, limits).stretches
    deals = make_deals(known, asked, limits, chosen, also=("owner",), looked_from=lambda stretch: stretch.at)
    connection, at = deals.connection, deals.stretches[0].at
    for name, value in (("until", at), ("asked", at - 1)):
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
    currencies = connection.execute(
        "SELECT DISTINCT currency FROM stand WHERE inside AND currency IS NOT NULL AND placed_at < $at"
        " AND (to_at IS NULL OR to_at >= $at)",
        {"at": at},
    ).fetchall()
    money = make_weights(connection, [one for (one,) in currencies], asked.currency, limits.currency, at)
    connection.execute(sql("pipeline/open_deals.sql"))
    return connection, money


def _measured(row: dict[str, Any] | None, money: Money) -> dict[str, Any]:
    if row is None:
        counts = dict.fromkeys(("count", "unpriced", "pushed", "pushes", "next_step_overdue", "close_overdue"), 0)
        return {**counts, "amount": 0, "currency": money.currency, "age_p50_s": None, "age_max_s": None}
    counts = {
        name: int(row[name]) for name in ("count", "unpriced", "pushed", "pushes", "next_step_overdue", "close_overdue")
    }
    ages = {"age_p50_s": _seconds(row["age_p50"]), "age_max_s": _seconds(row["age_max"])}
    return {**counts, **_money(row["value"] or "0", row["unknown"], money), **ages}


def _money(value: str | None, unknown: bool, money: Money) -> dict[str, Any]:
    amount = None if unknown or value is None else money.amount(int(value))
    return {"amount": amount, "currency": money.currency}


def _seconds(micros: float | None) -> float | None:
    return None if micros is None else micros / 1_000_000

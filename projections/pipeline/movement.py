"""The movement of the pipeline between two instants: start + new + raised + moved in − lowered − moved out − lost − won = end."""

from collections.abc import Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.errors import QuestionError
from projections.known import Known
from projections.pipeline.deals import Deals, make_deals
from projections.pipeline.money import Money, make_weights
from projections.result import Column, instant

BUCKETS = ("start", "new", "raised", "moved_in", "lowered", "moved_out", "lost", "won", "reversed", "end")
MEASURES = (Column("bucket"), Column("count", "count"), Column("amount", "amount"), Column("currency"))
OPENED = (
    Column("bucket"), Column("lead"), Column("opportunity"), Column("at", "instant"), Column("amount", "amount"),
    Column("currency"), Column("position"),
)  # fmt: skip


def movement(known: Known, asked: Asked, limits: Limits) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each bucket, for each period and each combination of dimensions; and notes."""
    deals, money = make_moves(known, asked, limits)
    found = rows_of(
        deals.connection,
        "SELECT stretch, key, bucket, count(*) AS count, sum(value)::VARCHAR AS value, bool_or(value IS NULL) AS unknown,"
        " count(*) FILTER (undated) AS undated FROM move GROUP BY ALL",
    )
    cells = {(row["stretch"], tuple(row["key"]), row["bucket"]): row for row in found}
    keys = {key for _, key, _ in cells} if asked.dimensions else {()}
    rows = []
    for number, stretch in enumerate(deals.stretches):
        for key in sorted(keys, key=lambda key: [(part is None, part) for part in key]):
            named = ({"period": stretch.label} if asked.grain else {}) | dict(zip(asked.dimensions, key, strict=True))
            for bucket in BUCKETS:
                cell = cells.get((number, key, bucket), {"count": 0, "value": "0", "unknown": False})
                amount = None if cell["unknown"] else money.amount(int(cell["value"]))
                rows.append(
                    {**named, "bucket": bucket, "count": cell["count"], "amount": amount, "currency": money.currency}
                )
    undated = sum(row["undated"] for row in found if row["bucket"] not in ("start", "end"))
    return rows, [
        *money.notes(),
        *([f"{undated} moves are undated and stand at their constant date"] if undated else []),
    ]


def opened_moves(known: Known, asked: Asked, limits: Limits, bucket: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The deals and events behind a bucket: as many as it counts, and their amounts are its amount."""
    if bucket not in BUCKETS:
        raise QuestionError(f"there is no bucket `{bucket}`; there are {', '.join(BUCKETS)}")
    deals, money = make_moves(known, asked, limits)
    found = rows_of(
        deals.connection,
        "SELECT stretch, key, story, opportunity, placed_at, position, value::VARCHAR AS value"
        f" FROM move WHERE bucket = '{bucket}' ORDER BY stretch, placed_at, story, opportunity, position",
    )
    rows = [
        {
            **({"period": deals.stretches[row["stretch"]].label} if asked.grain else {}),
            **dict(zip(asked.dimensions, row["key"], strict=True)),
            "bucket": bucket,
            "lead": row["story"],
            "opportunity": row["opportunity"],
            "at": instant(row["placed_at"], None, limits.zone),
            "amount": None if row["value"] is None else money.amount(int(row["value"])),
            "currency": money.currency,
            "position": row["position"],
        }
        for row in found
    ]
    return rows, money.notes()


def make_moves(known: Known, asked: Asked, limits: Limits) -> tuple[Deals, Money]:
    """The database with the table `move`, a row for each move."""
    deals = make_deals(known, asked, limits, looked_from=lambda stretch: stretch.begins)
    currencies = _currencies(deals)
    until = max((one.at for one in deals.stretches), default=0)
    money = make_weights(deals.connection, currencies, asked.currency, limits.currency, until)
    deals.connection.execute(sql("pipeline/movement.sql"))
    return deals, money


def _currencies(deals: Deals) -> Sequence[str]:
    return [one for (one,) in deals.connection.sql(sql("pipeline/asked.sql")).fetchall() if one is not None]

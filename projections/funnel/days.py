"""The local days and the periods that a funnel is cut by."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from events.instants import DAY, EPOCH, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.database import table
from projections.periods import WRITTEN_AS, calendar


def make_days(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits, *, money: bool) -> bool:
    """Makes `calendar` and `period_of_day`: the days of all that happened, and two more at each end, since zones differ.

    None where no local day is asked for. money: whether amounts are told, in whatever currency. Returns whether anything is known by its day.
    """
    plain = " OR ".join(f"{day} IS NOT NULL" for day in ("day", "next_day", "ended_day", "began_day"))
    dated = bool(connection.sql(f"SELECT 1 FROM milestone WHERE {plain} LIMIT 1").fetchall())
    first = last = EPOCH_DAY
    if dated or asked.grain or money:
        happened = "SELECT min(least(occurred, began_at)), max(greatest(occurred, began_at, ended_at)) FROM milestone"
        ends = connection.sql(happened).fetchall()[0]
        first, last = (EPOCH_DAY + timedelta(days=(end or 0) // DAY) for end in ends)
    if money:  # rates may have been set long before
        rates = "SELECT min(occurred) FROM business WHERE type = 'ExchangeRateSet'"
        earliest = connection.sql(rates).fetchall()[0][0]
        first = first if earliest is None else min(first, EPOCH_DAY + timedelta(days=earliest // DAY))
    table(connection, "calendar", calendar(limits.zone, first - timedelta(days=2), last + timedelta(days=2)))
    connection.execute(
        f"CREATE TEMP TABLE period_of_day AS SELECT number, {asked.grain or 'NULL::VARCHAR'} AS period FROM calendar"
    )
    return dated


def make_periods(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> Sequence[str | None]:
    """Makes `period`: every one of the grain from `since` to `until`, else from the first to the last entry.

    One without a name where no grain is asked for. Returns them.
    """
    grain = asked.grain
    names: list[str | None] = [None]
    if grain is not None:
        counted = "SELECT min(counted_day), max(counted_day) FROM per_lead WHERE selected"
        first, last = connection.sql(counted).fetchall()[0]
        first = first if limits.since is None else day_at(limits.since, limits.zone)
        last = last if limits.until is None else day_at(limits.until - 1, limits.zone)
        first, last = (first if first is not None else last), (last if last is not None else first)
        days = range(first, last + 1) if first is not None else ()
        names = list(dict.fromkeys(WRITTEN_AS[grain](EPOCH_DAY + timedelta(days=day)) for day in days))
    table(connection, "period", pa.table({"period": pa.array(names, pa.string())}))
    return names


def day_at(micros: int, zone: ZoneInfo) -> int:
    """The number of the local day on which an instant falls."""
    return ((EPOCH + timedelta(microseconds=micros)).astimezone(zone).date() - EPOCH_DAY).days

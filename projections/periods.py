"""Periods: how they are written, where they begin, and the calendar table that cuts instants into them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from events.instants import EPOCH_DAY, midnight
from projections.errors import QuestionError

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")
WRITTEN = re.compile(r"(\d{4})(?:-Q([1-4])|-W(\d{2})|-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
FISCAL = re.compile(r"(\d{4})(?:/(\d{2}))?(?:-Q([1-4]))?", re.ASCII)
JANUARY = 1


@dataclass(frozen=True, slots=True)
class Days:
    """The days first ≤ day < end."""

    first: date
    end: date


def days_of(period: str, first_month: int = JANUARY) -> Days:
    """The days of a period as it is written: 2026, 2026-Q1, 2026-03, 2026-W09 or a date. Raises QuestionError.

    first_month: of the fiscal year. 2025/26, or 2025 for short, is the one that begins in 2025; 2025/26-Q1 its first quarter.
    """
    if first_month != JANUARY and (fiscal := FISCAL.fullmatch(period)):
        return _fiscal(period, fiscal, first_month)
    found = WRITTEN.fullmatch(period)
    if not found:
        raise QuestionError(
            f"{period!r} is no period; write 2026, 2026-Q1, 2026-03, 2026-W09, a date, or one of {', '.join(GRAINS)}"
        )
    year, quarter, week, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        if quarter:
            return Days(date(year, 3 * quarter - 2, 1), _month_after(year, 3 * quarter))
        if week is not None:
            monday = date.fromisocalendar(year, week, 1)
            return Days(monday, monday + timedelta(days=7))
        if month is not None and day is not None:
            return Days(date(year, month, day), date(year, month, day) + timedelta(days=1))
        if month is not None:
            return Days(date(year, month, 1), _month_after(year, month))
        return Days(date(year, 1, 1), date(year + 1, 1, 1))
    except (ValueError, OverflowError):
        raise QuestionError(f"there is no period {period!r} in the calendar") from None


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def _fiscal(period: str, found: re.Match[str], first_month: int) -> Days:
    year, following, quarter = int(found[1]), found[2], found[3]
    if following is not None and int(following) != (year + 1) % 100:
        raise QuestionError(f"there is no fiscal year {period!r}; the one that begins in {year} is {_years(year)}")
    begins = first_month - 1 + (3 * (int(quarter) - 1) if quarter else 0)
    ends = begins + (3 if quarter else 12)
    try:
        return Days(*(date(year + month // 12, month % 12 + 1, 1) for month in (begins, ends)))
    except ValueError:
        raise QuestionError(f"there is no period {period!r} in the calendar") from None


def _years(year: int) -> str:
    return f"{year:04d}/{(year + 1) % 100:02d}"


def written_as(grain: Grain, day: date, first_month: int = JANUARY) -> str:
    """The period of that grain in which a day lies, as it is written. first_month: of the fiscal year."""
    if first_month == JANUARY or grain not in ("quarter", "year"):
        return WRITTEN_AS[grain](day)
    months = day.year * 12 + day.month - first_month
    return _years(months // 12) + (f"-Q{months % 12 // 3 + 1}" if grain == "quarter" else "")


WRITTEN_AS: Mapping[Grain, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": lambda day: "{}-W{:02d}".format(*day.isocalendar()[:2]),
    "month": lambda day: f"{day.year:04d}-{day.month:02d}",
    "quarter": lambda day: f"{day.year:04d}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year:04d}",
}


@lru_cache(maxsize=8)
def calendar(zone: ZoneInfo, first: date, last: date) -> pa.Table:
    """A row per local day from first to last: its limits in µs of UTC (begins ≤ t < ends) and its periods as they are written.

    A day that a zone leaves out is as long as nothing: no instant falls on it, a plain date may.
    """
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    begins = [midnight(day, zone) for day in [*days, last + timedelta(days=1)]]
    columns: dict[str, pa.Array] = {
        "number": pa.array([(day - EPOCH_DAY).days for day in days], pa.int32()),
        "begins": pa.array(begins[:-1], pa.int64()),
        "ends": pa.array(begins[1:], pa.int64()),
        **{grain: pa.array([WRITTEN_AS[grain](day) for day in days]) for grain in GRAINS},
    }
    return pa.table(columns)

"""When people work: Monday to Friday, half past eight to half past five in Berlin, not on Bavarian holidays."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from engine.simulate.company import FIRST_DAY, LAST_DAY, ZONE
from engine.simulate.telling import Array

BERLIN = ZoneInfo(ZONE)
HOUR = 3600
DAY = 24 * HOUR
HOURS = 9 * HOUR
FIXED = {(1, 1), (1, 6), (5, 1), (8, 15), (10, 3), (11, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
EASTER = {2023: date(2023, 4, 9), 2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5)}
FROM_EASTER = (-2, 1, 39, 50, 60)  # Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi
AFTERWARDS = timedelta(days=60)  # deliveries after the last day


def works(day: date) -> bool:
    """Whether that day is a working day."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED and day not in MOVABLE


def wire(second: int) -> str:
    """A second since 1970 as RFC 3339 in local time."""
    return datetime.fromtimestamp(second, BERLIN).isoformat()


def local_second(day: date, hour: int = 0, minute: int = 0) -> int:
    """The second since 1970 of a local time."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).timestamp())


def working(seconds: Array, later: Array | int = 0) -> Array:
    """The instants at which `later` seconds of working time have passed since then; the next opening where it is closed."""
    days = np.searchsorted(OPENINGS, seconds, side="right") - 1
    worked = days * HOURS + np.minimum(seconds - OPENINGS[days], HOURS) + later
    return np.where(
        worked < len(OPENINGS) * HOURS, OPENINGS[(worked // HOURS) % len(OPENINGS)] + worked % HOURS, AFTER_ALL
    )


def local(seconds: Array) -> Array:
    """The seconds that clocks in Berlin show, counted as if they had never been put back or forth."""
    return seconds + _offsets()[seconds // HOUR - _FIRST_HOUR]


def dates(days: Array) -> pa.Array:
    """Days since 1970 as texts."""
    return pa.array(days.astype(np.int32), pa.date32()).cast(pa.string())


@cache
def _offsets() -> Array:
    """Seconds before Greenwich, for every hour: no clock is changed within one."""
    hours = range(_FIRST_HOUR, local_second(LAST_DAY + AFTERWARDS) // HOUR)
    return np.array(
        [(datetime.fromtimestamp(hour * HOUR, BERLIN).utcoffset() or timedelta()).seconds for hour in hours]
    )


MOVABLE = {easter + timedelta(days=days) for easter in EASTER.values() for days in FROM_EASTER}
_BEFORE = FIRST_DAY - timedelta(days=14)
OPENINGS = np.array(
    [
        local_second(day, 8, 30)
        for day in (_BEFORE + timedelta(days=n) for n in range((LAST_DAY - _BEFORE).days + 1))
        if works(day)
    ]
)
_FIRST_HOUR = int(OPENINGS[0]) // HOUR
BEGIN = local_second(FIRST_DAY)
END = local_second(LAST_DAY + timedelta(days=1))
AFTER_ALL = END + 1  # not told: the history ends before

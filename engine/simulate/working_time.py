"""When people work: Monday to Friday, half past eight to half past five in Berlin, not on Bavarian holidays."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.simulate.company import FIRST_DAY, LAST_DAY, ZONE

BERLIN = ZoneInfo(ZONE)
HOURS = 9 * 3600
FIXED = {(1, 1), (1, 6), (5, 1), (8, 15), (10, 3), (11, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
EASTER = {2023: date(2023, 4, 9), 2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5)}
FROM_EASTER = (-2, 1, 39, 50, 60)  # Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi


def works(day: date) -> bool:
    """Whether that day is a working day."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED and day not in MOVABLE


def wire(second: int) -> str:
    """A second since 1970 as RFC 3339 in local time."""
    return datetime.fromtimestamp(second, BERLIN).isoformat()


def local_second(day: date, hour: int = 0, minute: int = 0) -> int:
    """The second since 1970 of a local time."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).timestamp())


def working(second: int, later: int = 0) -> int:
    """The instant at which `later` seconds of working time have passed since then; the next opening if it is closed."""
    day = bisect_right(OPENINGS, second) - 1
    worked = day * HOURS + min(second - OPENINGS[day], HOURS) + later
    day, rest = divmod(worked, HOURS)
    return OPENINGS[day] + rest if day < len(OPENINGS) else AFTER_ALL


MOVABLE = {easter + timedelta(days=days) for easter in EASTER.values() for days in FROM_EASTER}
_BEFORE = FIRST_DAY - timedelta(days=14)
OPENINGS = [
    local_second(day, 8, 30)
    for day in (_BEFORE + timedelta(days=n) for n in range((LAST_DAY - _BEFORE).days + 1))
    if works(day)
]
BEGIN = local_second(FIRST_DAY)
END = local_second(LAST_DAY + timedelta(days=1))
AFTER_ALL = END + 1  # not told: the history ends before

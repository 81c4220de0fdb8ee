"""A reference for business time that walks over every minute: slow, and without anything of the program in it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

DAY = 1_440
WEEKDAYS = "mon tue wed thu fri sat sun".split()


@cache
def clock(zone: str, first: date, days: int) -> tuple[int, Any]:
    """The minute (of UTC, since 1970) with which the walk begins, and for each from there what the wall clock shows.

    What it shows: minutes since midnight of the first date; negative on the day before.
    """
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) // 60 - DAY
    midnight = datetime(first.year, first.month, first.day)
    shown = []
    for minute in range(begin, begin + (days + 3) * DAY):
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        shown.append((local - midnight) // timedelta(minutes=1))
    return begin, np.array(shown)


def range_of(text: str) -> tuple[int, int]:
    """The minutes of a day of "09:00-12:00"."""
    begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return begin, end if end > begin else end + DAY


def wall_minutes(calendar: Mapping[str, Any], first: date, days: int, holidays: Sequence[date] = ()) -> Any:
    """For each minute of the wall clock from midnight of the first date on: is it open? Days of a change have 1,440 too."""
    wall = np.zeros((days + 2) * DAY, bool)
    for number in range(-1, days + 1):
        day = first + timedelta(days=number)
        opened = [entry.split(" ", 1)[1] for entry in calendar.get("open", ()) if entry.startswith(str(day))]
        weekly = (
            ()
            if day in holidays or str(day) in calendar.get("closed", ())
            else calendar["hours"].get(WEEKDAYS[day.weekday()], ())
        )
        shift = np.zeros_like(wall)
        for begin, end in map(range_of, opened or weekly):
            shift[max(number * DAY + begin, 0) : max(number * DAY + end, 0)] = True
        for entry in () if opened else calendar.get("closed", ()):
            if " " in entry:
                from_day = (date.fromisoformat(entry[:10]) - first).days * DAY
                begin, end = range_of(entry[11:])
                shift[max(from_day + begin, 0) : max(from_day + end, 0)] = False
        wall |= shift
    return wall


def open_minutes(calendar: Mapping[str, Any], first: date, days: int, holidays: Sequence[date] = ()) -> tuple[int, Any]:
    """The minute of UTC with which the walk begins, and for each from there: is it open?"""
    begin, shown = clock(calendar["zone"], first, days)
    wall = wall_minutes(calendar, first, days, holidays)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wall, [False])).astype(int)))
    there = np.zeros(len(shown), bool)
    for opens, closes in zip(edges[::2], edges[1::2], strict=True):
        start = np.argmax(shown >= opens)  # the first minute at which the clock shows it, or more where it is skipped
        last = np.flatnonzero(shown <= closes)[-1]  # the last at which the clock shows it, or less
        there[start : last + (shown[last] != closes)] = True
    return begin, there

"""Why a calendar is closed: what the proof of a verdict says of the time that did not count."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from events.instants import EPOCH, midnight
from projections.definitions.business_calendar import BusinessCalendar

WEEKEND = 5  # Saturday and Sunday, counted from Monday


def closed_parts(calendar: BusinessCalendar, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """A stretch of closed time (µs), parted at midnights where the reason changes: from, to, and why it is closed."""
    parts: list[tuple[int, int, str]] = []
    while start < end:
        now = _local(calendar, start)
        upto = min(end, midnight(now.date() + timedelta(days=1), calendar.zone))
        why = _why(calendar, now)
        if parts and parts[-1][2] == why:
            parts[-1] = (parts[-1][0], upto, why)
        else:
            parts.append((start, upto, why))
        start = upto
    yield from parts


def _why(calendar: BusinessCalendar, now: datetime) -> str:
    day = now.date()
    if day in calendar.open:
        return "outside the hours of that day"
    if calendar.closed.get(day) == ():
        return "closed that day"
    if name := calendar.holiday(day):
        return name
    if not calendar.hours.on(day.weekday()):
        return "weekend" if day.weekday() >= WEEKEND else "no working day"
    return _within_the_day(calendar, day, 60 * now.hour + now.minute)


def _within_the_day(calendar: BusinessCalendar, day: date, minute: int) -> str:
    if any(hours.begins <= minute < hours.ends for hours in calendar.closed.get(day, ())):
        return "closed that day"
    hours = calendar.hours_on(day)
    before = any(one.ends <= minute for one in hours)
    after = any(one.begins > minute for one in hours)
    return "break" if before and after else "outside working hours"


def _local(calendar: BusinessCalendar, micros: int) -> datetime:
    return (EPOCH + timedelta(microseconds=micros)).astimezone(calendar.zone)

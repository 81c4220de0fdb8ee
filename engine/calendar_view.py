"""A calendar as people look at it: its days with their hours and why they differ, when something is due, what of a span is open."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from engine import ics
from engine.ics import Entry
from events.instants import DAY, SECOND, midnight
from projections.business_time import BusinessTime
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.span import HOUR, Span
from projections.definitions.wall_clock import closing, opening
from projections.definitions.working_week import WEEKDAYS
from projections.periods import Days
from projections.result import Column, Result, instant

ONE_DAY = timedelta(days=1)
DAYS = (Column("day"), Column("weekday"), Column("hours"), Column("open_s", "s"), Column("why"))
STEPS = (Column("since", "instant"), Column("until", "instant"), Column("counted_s", "s"), Column("sum_s", "s"))


def days(calendar: BusinessCalendar, definition: str, asked: Days) -> Result:
    """A day a row: its hours, how much is open, and why it is not as every week."""
    rows: list[dict[str, Any]] = []
    total = 0
    day = asked.first
    while day < asked.end:
        hours = calendar.hours_on(day)
        micros = sum(closing(day, one.ends, calendar.zone) - opening(day, one.begins, calendar.zone) for one in hours)
        rows.append(
            {
                "day": str(day),
                "weekday": WEEKDAYS[day.weekday()],
                "hours": ", ".join(map(str, hours)) or None,
                "open_s": micros / SECOND,
                "why": "; ".join(_why(calendar, day)) or None,
            }
        )
        total += micros
        day += ONE_DAY
    note = f"{total / HOUR:,.10g} hours are open from {asked.first} to {asked.end - ONE_DAY} in {calendar.zone.key}."
    return Result("calendar show", definition, None, None, DAYS, rows, [note])


def due(calendar: BusinessCalendar, definition: str, start: int, span: Span) -> Result:
    """When a promise that begins at an instant (µs) is due: an interval that counts a row, the last one ends when it is due."""
    time = _from(calendar, start)
    at = time.due(start, span)
    counted = [(start, at)] if span.wall else time.openings(start, at)
    note = f"{span} from {_told(start, calendar)} on is due at {_told(at, calendar)} in {calendar.zone.key}."
    return _steps("calendar due", calendar, definition, counted, note)


def between(calendar: BusinessCalendar, definition: str, start: int, end: int) -> Result:
    """The open time between two instants (µs): an opening a row."""
    opened = _from(calendar, start).openings(start, end)
    hours = sum(closes - opens for opens, closes in opened) / HOUR
    note = f"{hours:,.10g} hours are open between {_told(start, calendar)} and {_told(end, calendar)} in {calendar.zone.key}."
    return _steps("calendar between", calendar, definition, opened, note)


def exported(openings: Result, asked_at: int) -> bytes:
    """What `between` found as iCalendar: an entry for each opening. asked_at: µs."""
    name = openings.definition or ""
    entries = (Entry(f"{row['since']}/{name}", "open", row["since"], row["until"]) for row in openings.rows)
    return ics.calendar(f"open under {name}", entries, asked_at)


def _why(calendar: BusinessCalendar, day: date) -> Iterator[str]:
    closed, holiday = calendar.closed.get(day), calendar.holiday(day)
    if day in calendar.open:
        yield "open out of turn"
    if closed is not None:
        yield "closed" if not closed else f"closed {', '.join(map(str, closed))}"
    if holiday is not None:
        yield f"holiday: {holiday}"
    length = midnight(day + ONE_DAY, calendar.zone) - midnight(day, calendar.zone)
    if length != DAY:
        yield f"the clock is put {'forward' if length < DAY else 'back'}"


def _steps(
    view: str, calendar: BusinessCalendar, definition: str, counted: Sequence[tuple[int, int]], note: str
) -> Result:
    rows, together = [], 0
    for since, until in counted:
        together += until - since
        rows.append(
            {
                "since": instant(since, None, calendar.zone),
                "until": instant(until, None, calendar.zone),
                "counted_s": (until - since) / SECOND,
                "sum_s": together / SECOND,
            }
        )
    return Result(view, definition, None, None, STEPS, rows, [note])


def _from(calendar: BusinessCalendar, start: int) -> BusinessTime:
    first = datetime.fromtimestamp(start // SECOND, calendar.zone).date()
    return BusinessTime(calendar, first, first + 30 * ONE_DAY)


def _told(at: int, calendar: BusinessCalendar) -> str:
    return (instant(at, None, calendar.zone) or "")[:19].replace("T", " ")

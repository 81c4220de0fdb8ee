"""Business time: how much of a span was open, and when something is due. Whole microseconds, exact across clock changes."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from zoneinfo import TZPATH

import duckdb
import pyarrow as pa

from events.instants import midnight
from projections.database import sql, table
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.span import Span

MACROS = sql("business_time.sql")
ONE_DAY = timedelta(days=1)


class BusinessTime:
    """The open time of a calendar from a first day on. Reaches as far as it is asked."""

    def __init__(self, calendar: BusinessCalendar, first: date, last: date) -> None:
        """first: no instant before it may be asked. last: what is worked out at once; more where it is asked for."""
        self.calendar, self.first = calendar, first
        self._cover(max(first, last))

    def at(self, instant: int) -> int:
        """µs of open time before an instant (µs of UTC), counted from the first day."""
        if instant < self._begin:
            raise ValueError(f"business time is counted from {self.first} on")
        while instant >= self._end:
            self._further()
        place = bisect_right(self._opens, instant) - 1
        if place < 0:
            return 0
        return self._before[place] + min(instant, self._closes[place]) - self._opens[place]

    def instant(self, amount: int) -> int:
        """The earliest instant (µs of UTC) before which there is so much open time (µs): the end of an opening, not the next one's start."""
        while amount > self._before[-1]:
            self._further()
        place = max(bisect_left(self._before, amount) - 1, 0)
        return self._opens[place] + amount - self._before[place]

    def next_open(self, instant: int) -> int:
        """The instant itself if it is open then, else the next opening (µs of UTC)."""
        while instant >= self._end or not self._closes or instant >= self._closes[-1]:
            self._further()
        return max(instant, self._opens[bisect_right(self._closes, instant)])

    def due(self, start: int, span: Span) -> int:
        """When a span that begins at an instant is over (µs of UTC)."""
        return start + span.micros if span.wall else self.instant(self.at(start) + span.micros)

    def openings(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open time between two instants: opens ≤ t < closes (µs of UTC), cut at both."""
        self.at(end)
        places = range(bisect_right(self._closes, start), bisect_left(self._opens, end))
        return [(max(start, self._opens[place]), min(end, self._closes[place])) for place in places]

    def table(self, number: int) -> tuple[Sequence[int], ...]:
        """The columns of `opening` for the calendar of that number, as far as it reaches."""
        return [number] * len(self._opens), self._opens, self._closes, self._before[:-1]

    def _further(self) -> None:
        self._cover(self.last + max(self.last - self.first, 30 * ONE_DAY))

    def _cover(self, last: date) -> None:
        openings = self.calendar.openings(self.first, last)
        self.last = last
        self._begin, self._end = (midnight(day, self.calendar.zone) for day in (self.first, last + ONE_DAY))
        begun = [(max(opens, self._begin), min(closes, self._end)) for opens, closes in openings]
        self._opens, self._closes = [opens for opens, _ in begun], [closes for _, closes in begun]
        # One entry more than there are openings: the open time before each, and all of it.
        self._before = [0, *accumulate(closes - opens for opens, closes in begun)]


def rules_of(calendar: BusinessCalendar) -> str:
    """What open time hangs on beside the calendar's own words: holidays and zones as this installation knows them. They change with the years."""
    files = (Path(folder) / calendar.zone.key for folder in TZPATH)
    zone = next((file.read_bytes() for file in files if file.is_file()), None)
    told = hashlib.sha256(version("tzdata").encode() if zone is None else zone).hexdigest()
    return f"holidays {version('holidays')}, {calendar.zone.key} {told[:16]}"


def openings_table(
    connection: duckdb.DuckDBPyConnection,
    calendars: Sequence[BusinessCalendar],
    first: date,
    last: date,
    longest: int = 0,
) -> None:
    """Makes TEMP TABLE opening(calendar INTEGER, opens BIGINT, closes BIGINT, before BIGINT) and the macros of business_time.sql.

    calendar: its place in the list. before: µs of its open time before `opens`, from the first day on. first, last: the days on which
    the instants asked for lie, in any zone. longest: the longest promise (µs of open time) that must come due, begun at the latest instant.
    """
    columns: tuple[list[int], ...] = ([], [], [], [])
    for number, calendar in enumerate(calendars):
        time = BusinessTime(calendar, first - ONE_DAY, last + ONE_DAY)  # whatever zone the days were cut in
        if longest:
            time.due(midnight(time.last + ONE_DAY, calendar.zone), Span(longest))
        for column, values in zip(columns, time.table(number), strict=True):
            column.extend(values)
    types = (pa.int32(), pa.int64(), pa.int64(), pa.int64())
    names = ("calendar", "opens", "closes", "before")
    content = {name: pa.array(column, of) for name, column, of in zip(names, columns, types, strict=True)}
    table(connection, "opening", pa.table(content))
    connection.execute(MACROS)

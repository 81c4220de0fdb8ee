"""Business time against a walk over every minute and against an independent library, around the changes of the clock."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours, State

from events.instants import SECOND, wire
from projections.business_time import BusinessTime
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.span import Span
from tests.projections.minute_walk import WEEKDAYS, open_minutes
from tests.projections.minute_walk import clock as walked

MINUTE = 60 * SECOND
DAYS = 9
# A week around each change of the clock, forwards and back, and zones without one; Lord Howe moves by half an hour.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 25)),
    ("Europe/Berlin", date(2026, 10, 21)),
    ("America/New_York", date(2026, 3, 4)),
    ("America/New_York", date(2026, 10, 28)),
    ("Australia/Sydney", date(2026, 4, 1)),
    ("Australia/Sydney", date(2026, 9, 30)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("Australia/Lord_Howe", date(2026, 9, 30)),
    ("Asia/Kathmandu", date(2026, 3, 25)),
    ("America/Sao_Paulo", date(2018, 10, 31)),  # skips midnight
    ("America/Havana", date(2026, 10, 28)),  # repeats the hour before one: midnight comes twice
    ("Pacific/Apia", date(2011, 12, 26)),  # leaves a whole day out
    ("UTC", date(2026, 3, 25)),
]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def a_day(step: int, latest: int = 1_439) -> st.SearchStrategy[list[str]]:
    """Ranges of a day without overlap; the last may run over midnight, up to where the next day's can begin."""

    def ranges(cuts: list[int], night: int | None) -> list[str]:
        cuts = sorted(set(cuts))
        if night is not None and len(cuts) % 2 == 0:
            cuts = cuts[:-1]
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        told = [f"{clock(begin)}-{clock(end)}" for begin, end in pairs]
        if len(cuts) % 2 and night is not None:
            told.append(f"{clock(cuts[-1])}-{clock(night)}")
        return told

    return st.builds(
        ranges,
        st.lists(st.integers(180 // step, latest // step).map(lambda place: place * step), max_size=6),
        st.one_of(st.none(), st.integers(0, 180 // step - 1).map(lambda place: place * step)),
    )


@st.composite
def calendars(draw: st.DrawFn, zone: str, first: date) -> dict[str, Any]:
    """A calendar with what can stand in one: weekly hours, days closed and open, shifts over midnight, any minute."""
    step = draw(st.sampled_from([1, 5, 15, 30]))
    if draw(st.integers(0, 9)) == 0:
        hours: dict[str, list[str]] = {day: ["00:00-24:00"] for day in WEEKDAYS}
    else:
        hours = {day: draw(a_day(step)) for day in WEEKDAYS}
    early = draw(st.lists(st.sampled_from(WEEKDAYS), max_size=3, unique=True))
    for day in early:  # what begins in the hours in which clocks change; the evening before then ends at midnight
        eve = WEEKDAYS[WEEKDAYS.index(day) - 1]
        if not any(text[-5:] < "03:00" for text in hours[eve]) and not any(text < "03:00" for text in hours[day]):
            begin, end = sorted(draw(st.lists(st.integers(0, 179), min_size=2, max_size=2, unique=True)))
            hours[day] = [f"{clock(begin)}-{clock(end)}", *hours[day]]
    assume(any(hours.values()))
    days = st.integers(-1, DAYS - 1).map(lambda count: str(first + timedelta(days=count)))
    closed = draw(
        st.dictionaries(
            days, st.one_of(st.just(""), st.sampled_from([" 00:00-06:00", " 12:00-24:00", " 22:30-02:15"])), max_size=3
        )
    )
    opened = draw(st.dictionaries(days, a_day(step).filter(bool), max_size=2))
    return {
        "zone": zone,
        "hours": hours,
        "closed": [day + hours for day, hours in closed.items()],
        "open": [f"{day} {text}" for day, texts in opened.items() for text in texts],
    }


@pytest.mark.parametrize(("zone", "first"), CHANGES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_open_time_and_due_times_are_those_of_a_walk_over_every_minute(zone, first, data):
    told = data.draw(calendars(zone, first))
    begin, there = open_minutes(told, first, DAYS)
    _, shown = walked(zone, first, DAYS)
    before = np.concatenate(([0], np.cumsum(there)))
    calendar = BusinessCalendar.model_validate(told)
    time = BusinessTime(calendar, first, first + timedelta(days=DAYS - 1))
    start = int(np.argmax(shown >= 0))  # midnight of the first day
    instants = sorted(data.draw(st.lists(st.integers(start, DAYS * 1_440), min_size=20, max_size=40)))
    assert time.at((begin + start) * MINUTE) == 0
    for minute in instants:
        seconds = minute % 60
        instant = (begin + minute) * MINUTE + seconds * SECOND
        worked = (before[minute] - before[start]) * MINUTE + seconds * SECOND * int(there[minute])
        assert time.at(instant) == worked, wire(instant)
        promised = (1 + minute % 500) * MINUTE
        due = time.due(instant, Span(promised))
        assert time.at(due) - time.at(instant) == promised
        assert time.at(due - 1) - time.at(instant) == promised - 1, "at the earliest instant, which ends an opening"
        reached = np.argmax(before >= before[minute] + promised // MINUTE)  # the first minute with so much before it
        if not seconds and before[-1] >= before[minute] + promised // MINUTE and reached < DAYS * 1_440:
            assert due == (begin + reached) * MINUTE, wire(due)
        following = np.flatnonzero(there[minute:])
        if len(following):
            expected = instant if following[0] == 0 else (begin + minute + following[0]) * MINUTE
            assert time.next_open(instant) == expected


def osm(hours: dict[str, list[str]]) -> str:
    """Weekly hours in the language of OpenStreetMap."""
    days = [f"{day[:2].capitalize()} {','.join(map(late, hours[day]))}" for day in WEEKDAYS if hours[day]]
    return ", ".join(days)


def late(text: str) -> str:
    begin, end = text.split("-")
    return text if end > begin else f"{begin}-{int(end[:2]) + 24}{end[2:]}"


@pytest.mark.parametrize(("zone", "first"), [change for change in CHANGES if change[0] != "Pacific/Apia"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_openings_are_those_of_an_independent_library(zone, first, data):
    """opening-hours-py, written in Rust. It opens at the second of two instants, so that nothing opens in a repeated hour here."""
    hours = {day: data.draw(a_day(5)) for day in WEEKDAYS}
    assume(any(hours.values()))
    clock_of = ZoneInfo(zone)
    last = first + timedelta(days=DAYS)
    start, end = (datetime(day.year, day.month, day.day, 4, tzinfo=clock_of) for day in (first, last))
    theirs = [
        (since.timestamp(), until.timestamp())
        for since, until, state, _ in OpeningHours(osm(hours), timezone=clock_of).intervals(start, end)
        if state == State.OPEN
    ]
    calendar = BusinessCalendar.model_validate({"zone": zone, "hours": hours})
    ours = BusinessTime(calendar, first, last).openings(*(int(each.timestamp()) * SECOND for each in (start, end)))
    assert [(opens / SECOND, closes / SECOND) for opens, closes in ours] == theirs

"""Business calendars by example: what beats what, and what the clock does."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from events.instants import parse_instant, wire
from projections.business_time import BusinessTime, openings_table
from projections.database import database, rows_of, table
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.holiday_dates import holidays_of
from projections.definitions.span import Span
from projections.errors import DefinitionError

OFFICE = {key: ["09:00-18:00"] for key in "mon tue wed thu fri".split()}


def calendar(zone: str = "Europe/Berlin", **told: Any) -> BusinessCalendar:
    return BusinessCalendar.model_validate({"zone": zone, "hours": OFFICE} | told)


def opened(of: BusinessCalendar, first: str, last: str | None = None) -> list[str]:
    found = of.openings(date.fromisoformat(first), date.fromisoformat(last or first))
    return [f"{wire(opens)[5:16]}-{wire(closes)[5:16]}" for opens, closes in found]


def at(text: str) -> int:
    return parse_instant(text).start


def test_saturday_afternoon_plus_an_hour_is_monday_at_ten():
    time = BusinessTime(calendar(), date(2026, 3, 7), date(2026, 3, 7))
    assert wire(time.due(at("2026-03-07T15:00:00+01:00"), Span.of("1h"))) == "2026-03-09T09:00:00Z"
    assert wire(time.next_open(at("2026-03-07T15:00:00+01:00"))) == "2026-03-09T08:00:00Z"


def test_a_promise_that_ends_with_the_day_is_due_then_and_not_the_next_morning():
    time = BusinessTime(calendar(), date(2026, 3, 9), date(2026, 3, 9))
    assert wire(time.due(at("2026-03-09T09:00:00+01:00"), Span.of("9h"))) == "2026-03-09T17:00:00Z"
    assert wire(time.next_open(at("2026-03-09T18:00:00+01:00"))) == "2026-03-10T08:00:00Z"


def test_a_wall_promise_counts_every_hour():
    time = BusinessTime(calendar(), date(2026, 3, 7), date(2026, 3, 7))
    assert wire(time.due(at("2026-03-28T20:00:00+01:00"), Span.of("8h wall"))) == "2026-03-29T03:00:00Z"


def test_open_beats_closed_beats_holidays_beat_the_week():
    told = calendar(
        holidays="DE-BY",
        closed=["2026-03-09", "2026-03-10"],
        open=["2026-01-06 13:00-15:00", "2026-03-10 10:00-12:00"],
    )
    assert opened(told, "2026-01-06") == ["01-06T12:00-01-06T14:00"]
    assert opened(told, "2026-03-09") == []
    assert opened(told, "2026-03-10") == ["03-10T09:00-03-10T11:00"]
    assert opened(told, "2026-05-01") == []


def test_closed_hours_are_taken_out_of_the_day_and_out_of_the_night_that_runs_into_it():
    night = {"mon": ["22:00-06:00"], "tue": ["09:00-18:00"]}
    told = calendar("UTC", hours=night, closed=["2026-03-10 04:00-05:00", "2026-03-10 12:00-24:00"])
    assert opened(told, "2026-03-09", "2026-03-10") == [
        "03-09T22:00-03-10T04:00",
        "03-10T05:00-03-10T06:00",
        "03-10T09:00-03-10T12:00",
    ]


def test_the_eve_runs_into_the_holiday_and_the_holiday_s_own_night_is_closed():
    night = {key: ["22:00-06:00"] for key in "wed thu fri".split()}
    told = calendar(holidays="DE-BY", hours=night)
    assert opened(told, "2025-04-30", "2025-05-02") == ["04-30T20:00-05-01T04:00", "05-02T20:00-05-03T04:00"]


def test_ranges_that_touch_are_one_opening_also_over_midnight():
    assert opened(
        calendar("UTC", hours={"mon": ["20:00-24:00"], "tue": ["00:00-06:00", "06:00-07:01"]}),
        "2026-03-09",
        "2026-03-10",
    ) == ["03-09T20:00-03-10T07:01"]


def test_round_the_clock_is_one_opening():
    every = {key: ["00:00-24:00"] for key in "mon tue wed thu fri sat sun".split()}
    assert len(calendar(hours=every).openings(date(2026, 1, 1), date(2026, 12, 31))) == 1


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"sun": ["02:30-08:00"]}, ["03-29T01:00-03-29T06:00"]),  # opens in the skipped hour: at its end
        ({"sat": ["20:00-02:30"]}, ["03-28T19:00-03-29T01:00"]),  # closes in it: at its end
        ({"sun": ["02:10-02:50"], "mon": ["09:00-10:00"]}, []),  # lies in it: is not there
    ],
)
def test_in_a_skipped_hour_the_edges_move_to_its_end(hours, expected):
    assert opened(calendar(hours=hours), "2026-03-29") == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"sun": ["02:30-08:00"]}, ["10-25T00:30-10-25T07:00"]),  # opens at the first
        ({"sat": ["20:00-02:30"]}, ["10-24T18:00-10-25T01:30"]),  # closes at the second
        ({"sat": ["20:00-02:00"]}, ["10-24T18:00-10-25T01:00"]),  # two o'clock comes twice as well
        (
            {"sat": ["20:00-02:10"], "sun": ["02:20-08:00"]},
            ["10-24T18:00-10-25T07:00"],
        ),  # both: nothing is between them
    ],
)
def test_in_a_repeated_hour_it_opens_at_the_first_and_closes_at_the_second(hours, expected):
    assert opened(calendar(hours=hours), "2026-10-25") == expected


def test_holidays_have_the_names_of_their_country_whatever_the_machine_speaks(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "en_US")
    holidays_of.cache_clear()
    assert holidays_of("DE-BY", 2026)[date(2026, 1, 6)] == "Heilige Drei Könige"


def test_a_holiday_observed_in_the_year_before_is_there():
    assert date(2021, 12, 31) in holidays_of("US", 2021)  # New Year's Day of 2022 is a Saturday


def test_years_whose_holidays_nobody_knows_are_refused():
    with pytest.raises(DefinitionError, match="known from 1991 to 2100, not in 2101"):
        calendar(holidays="DE-BY").openings(date(2101, 1, 3), date(2101, 1, 3))


def test_instants_before_the_first_day_are_refused():
    with pytest.raises(ValueError, match="from 2026-03-07 on"):
        BusinessTime(calendar(), date(2026, 3, 7), date(2026, 3, 8)).at(at("2026-03-06T00:00:00Z"))


def test_the_table_says_in_sql_what_python_says():
    calendars = [calendar(), calendar("Asia/Kathmandu", hours={"sun": ["22:07-06:13"], "tue": ["00:00-24:00"]})]
    first, last = date(2026, 3, 20), date(2026, 4, 10)
    instants = [
        (number, at(f"2026-{day}T{hour:02}:47:11Z"))
        for number in (0, 1)
        for day in ("03-20", "03-29", "04-10")
        for hour in range(24)
    ]
    promise = Span.of("100h").micros
    with database() as connection:
        openings_table(connection, calendars, first, last, promise)
        numbers, when = zip(*instants, strict=True)
        table(connection, "asked", pa.table({"c": pa.array(numbers, pa.int32()), "t": pa.array(when, pa.int64())}))
        found = rows_of(
            connection,
            f"""
            WITH begun AS (
                SELECT c, t, worked(t, o.opens, o.closes, o.before) AS done
                FROM asked ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.opens <= t
            ), started AS (
                SELECT begun.*, greatest(t, o.opens) AS starts FROM begun ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.closes > t
            )
            SELECT c, t, done, starts, due(done + {promise}, o.opens, o.before) AS due_at
            FROM started ASOF LEFT JOIN opening AS o ON o.calendar = c AND o.before < done + {promise}
            """,
        )
    assert len(found) == len(instants)
    begun = set()  # the table counts from some day before the first on: which one, is its own affair
    for row in found:
        time = BusinessTime(calendars[row["c"]], date(2026, 3, 18), last)
        begun.add((row["c"], row["done"] - time.at(row["t"])))
        assert row["starts"] == time.next_open(row["t"])
        assert row["due_at"] == time.instant(time.at(row["t"]) + promise)
    assert len(begun) == len(calendars)

"""Periods as they are written, and the calendar that cuts instants into them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from events.instants import midnight
from projections.errors import QuestionError
from projections.periods import calendar, days_of


@pytest.mark.parametrize(
    ("period", "first", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),  # ISO: the week of the first Thursday
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("2026-02-28", date(2026, 2, 28), date(2026, 3, 1)),
    ],
)
def test_a_period_is_its_days(period, first, end):
    assert (days_of(period).first, days_of(period).end) == (first, end)


@pytest.mark.parametrize(
    "period", ["2026-Q5", "2026-13", "2025-W53", "2026-W00", "2026-02-29", "26", "last month", "2026-3"]
)
def test_what_is_no_period_is_refused(period):
    with pytest.raises(QuestionError, match=period):
        days_of(period)


def test_a_row_a_local_day():
    berlin = ZoneInfo("Europe/Berlin")
    (saturday, sunday) = calendar(berlin, date(2026, 3, 28), date(2026, 3, 29)).to_pylist()
    assert sunday == {
        "number": 20541, "begins": midnight(date(2026, 3, 29), berlin), "ends": midnight(date(2026, 3, 30), berlin),
        "day": "2026-03-29", "week": "2026-W13", "month": "2026-03", "quarter": "2026-Q1", "year": "2026",
    }  # fmt: skip
    assert saturday["ends"] == sunday["begins"]
    assert (sunday["ends"] - sunday["begins"]) / 3_600_000_000 == 23  # the clocks change


def test_a_day_that_a_zone_leaves_out_has_no_instant():
    days = calendar(ZoneInfo("Pacific/Apia"), date(2011, 12, 29), date(2011, 12, 31)).to_pylist()
    assert [(day["day"], (day["ends"] - day["begins"]) // 3_600_000_000) for day in days] == [
        ("2011-12-29", 24), ("2011-12-30", 0), ("2011-12-31", 24),
    ]  # fmt: skip

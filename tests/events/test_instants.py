"""Instants: one parser, microseconds, plain dates that stay on their day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.faults import Fault
from events.instants import DAY, EPOCH, Instant, Precision, local, parse_instant, wire

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-04-12T12:50:04Z", "2026-04-12T12:50:04Z"),
        ("2026-04-12T14:50:04+02:00", "2026-04-12T12:50:04Z"),
        ("2026-04-12T12:50:04.2121109Z", "2026-04-12T12:50:04.212110Z"),  # cut off
        ("2026-03-31T23:59:59.999999999Z", "2026-03-31T23:59:59.999999Z"),  # never into April
        ("2026-04-12T12:50:04-00:00", "2026-04-12T12:50:04Z"),
        ("2026-04-12t12:50:04z", "2026-04-12T12:50:04Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T15:59:60-08:00", "2016-12-31T23:59:59.999999Z"),
        ("2026-04-12T12:50:04.5+05:45", "2026-04-12T07:05:04.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_what_rfc_3339_tells(text, told):
    assert str(parse_instant(text)) == told


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-12T14:53:60Z",  # no leap second
        "2026-04-12T12:50:04GMT",
        "2026-04-12T12:50Z",
        "2026-02-29T12:00:00Z",
        "2026-04-12T24:00:00Z",
        "2026-04-12T12:50:04+0200",
        "2026-04-12T12:50:04,5Z",
        "2026-04-12 12:50:04Z",
        "1776000000",
        1776000000000,
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "",
        None,
        True,
        "2026-04-12T12:50:04+25:00",
        "2026-04-12T12:50:04+02:60",
        "٢٠٢٦-04-12T12:50:04Z",
        "2026-13-01",
        "2026-04-12T12:50:04Z\n",
        "9999-12-31",  # its end is beyond what can be told
    ],
)
def test_what_it_does_not_tell_is_refused_by_name(text):
    with pytest.raises(Fault, match="time"):
        parse_instant(text)


WRITTEN = st.from_regex(
    r"(?:0000|0001|19[67]\d|20\d\d|9999)-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(?:\.\d{1,9})?(?:Z|[+-][0-2]\d:[0-6]\d)",
    fullmatch=True,
)


def _instant_or_fault(text):
    try:
        return parse_instant(text)
    except Fault as fault:
        return fault.field, fault.word


@given(WRITTEN)
def test_what_is_read_by_the_short_way_is_what_the_long_way_reads(text):
    lower = text.replace("T", "t")  # never goes the short way
    assert _instant_or_fault(text) == _instant_or_fault(lower)


def test_a_naive_time_needs_its_sources_zone():
    with pytest.raises(Fault) as refused:
        parse_instant("2026-04-12T12:50:04")
    assert (refused.value.field, refused.value.word) == ("time", "zone")
    assert str(parse_instant("2026-04-12T12:50:04", BERLIN)) == "2026-04-12T10:50:04Z"


@pytest.mark.parametrize(
    ("wall", "earlier", "later"),
    [
        (datetime(2026, 3, 29, 2, 30), "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),  # skipped
        (datetime(2026, 10, 25, 2, 30), "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),  # happens twice
    ],
)
def test_a_time_that_a_clock_change_skips_or_repeats_needs_a_declaration(wall, earlier, later):
    with pytest.raises(Fault, match="time"):
        local(wall, BERLIN)
    assert wire(local(wall, BERLIN, "earlier")) == earlier
    assert wire(local(wall, BERLIN, "later")) == later


def test_a_plain_date_is_the_whole_day_of_its_zone_and_is_printed_as_a_date():
    day = parse_instant("2026-03-29", BERLIN)  # 23 hours long
    assert (day.precision, day.end - day.start + 1) == (Precision.DAY, 23 * DAY // 24)
    assert str(day) == "2026-03-29"
    assert parse_instant("2026-03-29").start == parse_instant("2026-03-29T00:00:00Z").start


def test_not_after_takes_a_date_as_a_whole_day():
    day, morning = parse_instant("2026-03-05"), parse_instant("2026-03-05T09:00:00Z")
    assert day.not_after(morning)
    assert morning.not_after(day)
    assert not parse_instant("2026-03-06").not_after(morning)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_every_instant_comes_back_to_the_microsecond(moment, minutes):
    aware = moment.replace(tzinfo=UTC)
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    text = (moment + timedelta(minutes=minutes)).isoformat() + offset
    told = parse_instant(text)
    assert EPOCH + timedelta(microseconds=told.start) == aware
    assert parse_instant(str(told)) == told


@given(
    st.dates(date(1, 1, 2), date(9999, 12, 30)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Chicago", "Asia/Kathmandu"]),
)
def test_every_date_comes_back_on_its_day(day, zone):
    told = parse_instant(day.isoformat(), ZoneInfo(zone))
    assert str(told) == day.isoformat()
    assert told == Instant.of_day(day, ZoneInfo(zone))


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_fault(text):
    try:
        parse_instant(text)
    except Fault as fault:
        assert fault.field == "time"

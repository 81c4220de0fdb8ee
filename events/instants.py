"""Instants: microseconds of UTC since 1970, or a plain date that stays on its day. The one parser of instants."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from events.faults import Fault

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
FIRST = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // MICROSECOND

PLAIN_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
RFC3339 = re.compile(r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
# What is mostly written: the standard library reads it, and what that refuses is read again for the sake of the reason.
USUAL = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
SAID = "an instant as RFC 3339 with offset (2026-03-02T09:00:00+01:00) or a plain date (2026-03-02)"


class Precision(IntEnum):
    """How exactly the instant is known."""

    INSTANT = 0
    DAY = 1
    NONE = 2  # "some time": a mapping's constant; orders by it, falls into no period


@dataclass(frozen=True, slots=True)
class Instant:
    """When something happened.

    start, end: µs of UTC since 1970; equal for an exact instant, the limits of the day in its source's zone for a date.
    day: days since 1970-01-01 of a plain date; None for an exact instant.
    """

    start: int
    end: int
    day: int | None = None
    precision: Precision = Precision.INSTANT

    @classmethod
    def exact(cls, micros: int) -> Self:
        """An exact instant. micros: µs of UTC since 1970."""
        return cls(micros, micros)

    @classmethod
    def of_day(cls, day: date, zone: ZoneInfo, precision: Precision = Precision.DAY) -> Self:
        """A plain date, which lasts from midnight to midnight in `zone`."""
        try:
            return cls(
                midnight(day, zone), midnight(day + timedelta(days=1), zone) - 1, (day - EPOCH_DAY).days, precision
            )
        except OverflowError:
            raise Fault("time", "range", f"{day} is outside the years that can be told") from None

    def not_after(self, other: Self) -> bool:
        """Whether this can have happened before the other or with it; a plain date is a whole day."""
        return self.start <= other.end

    def __str__(self) -> str:
        return wire(self.start) if self.day is None else str(EPOCH_DAY + timedelta(days=self.day))


def micros(moment: datetime) -> int:
    """µs of UTC since 1970 of an aware datetime."""
    return (moment - EPOCH) // MICROSECOND


def told_with_offset(text: str) -> int | None:
    """µs of UTC since 1970 of an instant written as it mostly is; None for `parse_instant` to read."""
    if USUAL.fullmatch(text):
        try:
            at = (datetime.fromisoformat(text) - EPOCH) // MICROSECOND
        except ValueError:
            return None
        return at if FIRST <= at <= LAST else None
    return None


def wire(instant: int) -> str:
    """RFC 3339 in UTC; the fraction only where there is one."""
    return (EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")


def midnight(day: date, zone: ZoneInfo) -> int:
    """µs of the first instant of that local day; where a clock change skips midnight, the end of the gap."""
    return micros(datetime(day.year, day.month, day.day, tzinfo=zone))


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises Fault."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault("zone", "zone", f"{name!r} is no IANA time zone; write one like Europe/Berlin") from None


def local(wall: datetime, zone: ZoneInfo, ambiguous: str | None = None, field: str = "time") -> int:
    """µs of a local time without offset, in its declared zone.

    ambiguous: `earlier` or `later`, what to do where a clock change skips or repeats that time; None refuses it.
    """
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        skipped = first.utcoffset() < second.utcoffset()  # type: ignore[operator]  # both are aware: an offset is there
        if ambiguous is None:
            what = "is skipped (gap)" if skipped else "happens twice (repeated)"
            raise Fault(
                field,
                "time",
                f"{wall} {what} in {zone.key} (time); the mapping may say ambiguous = 'earlier' or 'later'",
            )
        return min(micros(first), micros(second)) if ambiguous == "earlier" else max(micros(first), micros(second))
    try:
        return micros(first)
    except OverflowError:
        raise Fault(field, "time", f"{wall} is outside the years that can be told") from None


def parse_instant(
    text: object,
    zone: ZoneInfo | None = None,
    ambiguous: str | None = None,
    field: str = "time",
    days: ZoneInfo = ZoneInfo("UTC"),
) -> Instant:
    """The instant that a text tells.

    text: RFC 3339 with `T` and offset, or a plain date. Digits past microseconds are cut off. 23:59:60 UTC is the last microsecond before it.
    zone: that of times without an offset and of plain dates; without it a naive time is refused.
    ambiguous: see `local`. field: the name to tell in a refusal.
    days: where a plain date begins and ends if no zone is declared.

    Raises Fault with the word `time` or `zone`.
    """
    if not isinstance(text, str):
        raise Fault(field, "time", f"{text!r} is no text; write {SAID}")
    if (at := told_with_offset(text)) is not None:
        return Instant.exact(at)
    if found := PLAIN_DATE.fullmatch(text):
        return Instant.of_day(_date(text, *map(int, found.groups()), field=field), zone or days)
    found = RFC3339.fullmatch(text)
    if not found:
        raise Fault(field, "time", f"{text!r} is not {SAID}")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, offset = found[7] or "", found[8]
    leap = second == 60
    date_ = _date(text, year, month, day, field=field)
    if hour > 23 or minute > 59 or second > 60:
        raise Fault(field, "time", f"{text!r}: there is no such time of day")
    second, part = min(second, 59), int(fraction[:6].ljust(6, "0"))
    if offset is None:
        if zone is None:
            raise Fault(field, "zone", f"{text!r} has no offset, and its source declares no time zone")
        if leap:
            raise Fault(field, "time", f"{text!r}: a leap second is only told in UTC or with an offset")
        wall = datetime(year, month, day, hour, minute, second, part)  # noqa: DTZ001  # its zone follows
        return Instant.exact(local(wall, zone, ambiguous, field))
    at = ((date_.toordinal() - EPOCH_DAY.toordinal()) * 86_400 + hour * 3600 + minute * 60 + second) * SECOND + part
    at -= _offset(text, offset, field)
    if leap:
        if at // SECOND % 86_400 != 86_399:
            raise Fault(field, "time", f"{text!r}: the only leap second is 23:59:60 UTC")
        at = at // SECOND * SECOND + SECOND - 1
    if not FIRST <= at <= LAST:
        raise Fault(field, "time", f"{text!r} is outside the years that can be told")
    return Instant.exact(at)


def _date(text: str, year: int, month: int, day: int, *, field: str) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Fault(field, "time", f"{text!r}: {error}") from None


def _offset(text: str, offset: str, field: str) -> int:
    if offset in "Zz":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:])
    if hours > 23 or minutes > 59:
        raise Fault(field, "time", f"{text!r}: {offset} is no offset")
    return (1 if offset[0] == "+" else -1) * (hours * 60 + minutes) * 60 * SECOND

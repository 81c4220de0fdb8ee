"""The wall clock of a zone: at which instant a calendar opens and closes where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from events.instants import SECOND, micros


def opening(day: date, minutes: int, zone: ZoneInfo) -> int:
    """µs of UTC of an opening. minutes: since that date's midnight on the wall clock, more than a day's where it lies later.

    In a skipped hour at its end, in a repeated hour at the first.
    """
    return _instants(day, minutes, zone)[0]


def closing(day: date, minutes: int, zone: ZoneInfo) -> int:
    """µs of UTC of a closing: in a skipped hour at its end, in a repeated hour at the second."""
    return _instants(day, minutes, zone)[1]


def _instants(day: date, minutes: int, zone: ZoneInfo) -> tuple[int, int]:
    """The first and the last instant at which the wall clock shows that time."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  # its zone follows
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    if before >= after:
        return micros(first), micros(second)
    end = _change(micros(second), micros(first), zone)
    return end, end


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """The instant at which the clock is put forward, low < it <= high."""
    told = _offset(high, zone)
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (low, middle) if _offset(middle, zone) == told else (middle, high)
    return high


def _offset(instant: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone).utcoffset()

"""Days that differ from the week, as people write them: `2026-12-24`, `2026-12-24 12:00-24:00`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from projections.definitions.clock_hours import Hours, in_order
from projections.definitions.definition import slip

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})(?: +(.+))?", re.ASCII)
Days = Mapping[date, tuple[Hours, ...]]  # no hours: the whole date


def closed_days(told: Iterable[Any]) -> Days:
    """Dates without work, or hours of a date without it. Raises ValueError."""
    return _days(told, "2026-12-24 or 2026-12-24 12:00-24:00")


def open_days(told: Iterable[Any]) -> Days:
    """Dates with hours of their own. Raises ValueError."""
    days = _days(told, "2026-03-07 10:00-14:00")
    for day, hours in days.items():
        if not hours:
            raise ValueError(f"{day} is open, but when? write '{day} 10:00-14:00', or 00:00-24:00 for the whole day")
    return days


def written(days: Days) -> list[str]:
    """The one way in which these days are written."""
    return [
        " ".join([str(day), *([", ".join(map(str, hours))] if hours else [])]) for day, hours in sorted(days.items())
    ]


def day(text: object, example: str) -> date:
    """A date. Raises ValueError."""
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not DATE.fullmatch(text):
        raise ValueError(f"{str(text)!r} is no date; write {example}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date: {error}") from None


def _days(told: Iterable[Any], example: str) -> Days:
    days: dict[date, tuple[Hours, ...]] = {}
    for place, entry in enumerate(told):
        try:
            on, hours = _one(entry, example)
            days[on] = _together(on, days.get(on), hours)
        except ValueError as error:
            raise slip(str(error), place) from None
    return days


def _one(entry: Any, example: str) -> tuple[date, tuple[Hours, ...]]:
    found = WRITTEN.fullmatch(entry.strip()) if isinstance(entry, str) else None
    on = day(found[1] if found else entry, example)
    return on, tuple(Hours.of(part) for part in found[2].split(",")) if found and found[2] else ()


def _together(on: date, before: tuple[Hours, ...] | None, hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """The hours of a date that is told in several entries."""
    if before is not None and not (before and hours):
        raise ValueError(f"{on} is there twice; say it once, whole or with its hours")
    return in_order((*(before or ()), *hours))

"""Days that differ from the week, as people write them: `2026-12-24`, `2026-12-24 12:00-24:00`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from projections.definitions.clock_hours import Hours, in_order

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
    try:
        found = date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError as error:
        raise ValueError(f"{text!r} is no date ({error})") from None
    if found is None:
        raise ValueError(f"{text!r} is no date; write {example}")
    return found


def _days(told: Iterable[Any], example: str) -> Days:
    days: dict[date, tuple[Hours, ...]] = {}
    for entry in told:
        found = WRITTEN.fullmatch(entry.strip()) if isinstance(entry, str) else None
        on = day(found[1] if found else entry, example)
        hours = tuple(Hours.of(part) for part in found[2].split(",")) if found and found[2] else ()
        if on in days and not (hours and days[on]):
            raise ValueError(f"{on} is there twice; say it once, whole or with its hours")
        try:
            days[on] = in_order((*days.get(on, ()), *hours))
        except ValueError as error:
            raise ValueError(f"{on}: {error}") from None
    return days

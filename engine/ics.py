"""What other programs show in their calendars: entries as iCalendar (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.version import program


@dataclass(frozen=True, slots=True)
class Entry:
    """uid: the same for the same thing, so that it is replaced. begins, ends: RFC 3339; without an end it is an instant."""

    uid: str
    summary: str
    begins: str
    ends: str | None = None
    description: str = ""


def calendar(name: str, entries: Iterable[Entry], written_at: int) -> bytes:
    """A calendar of that name. written_at: µs."""
    from icalendar import Calendar, Event  # noqa: PLC0415  # only who wants a calendar pays for it

    made = Calendar()
    made.add("prodid", f"-//{program()}//")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"leadlog: {name}")
    for entry in entries:
        event = Event()
        event.add("uid", f"{entry.uid}@leadlog")
        event.add("dtstamp", datetime.fromtimestamp(written_at // 1_000_000, UTC))
        event.add("dtstart", _utc(entry.begins))
        if entry.ends is not None:
            event.add("dtend", _utc(entry.ends))
        event.add("summary", entry.summary)
        if entry.description:
            event.add("description", entry.description)
        made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _utc(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(UTC)

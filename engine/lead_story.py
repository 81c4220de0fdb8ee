"""A lead's whole story: its events in the order in which they happened, with both clocks."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from engine.merges import Merges
from engine.runs import retracted_runs
from engine.store.log import Log
from events.cloudevents import wire_data
from events.decisions import LeadRecycled
from events.envelope import Recorded
from events.registry import NAMES_ANOTHER
from projections.result import Column, Result, instant

COLUMNS = ("position", "type", "time", "knowntime", "actor", "journey")


def story(log: Log, lead: int, as_of: int | None = None) -> list[Recorded]:
    """The events of a lead and of all that are merged with it, by time, without those of retracted runs.

    as_of: µs, what was known then.
    """
    with log.reading() as reading:
        merges, retracted = Merges.of(reading, as_of), retracted_runs(reading, as_of)
    rows = (row for member in sorted(merges.group(lead)) for row in log.rows(lead=member))
    known = (row for row in rows if row.run not in retracted and (as_of is None or row.recorded_at <= as_of))
    return sorted(log.facts(known), key=in_order)


def in_order(event: Recorded) -> tuple[int, int, int]:
    """By time, then the source's sequence, then position."""
    return event.time.start, -(2**63) if event.sequence is None else event.sequence, event.position


def told(events: Iterable[Recorded], zone: ZoneInfo, position: int, as_of: str | None) -> Result:
    """The story as rows: position, type, both clocks, who, in which journey, and the event's own data."""
    rows: list[dict[str, Any]] = []
    journey = 1
    for event in events:
        data = {name: value for name, value in wire_data(event.data).items() if name not in NAMES_ANOTHER}
        others = {name: str(value) for name in NAMES_ANOTHER if (value := getattr(event.data, name, None))}
        traced = {"correlationid": event.correlation_id, "causationid": event.causation_id}
        rows.append(
            {
                "position": event.position,
                "type": event.type,
                "time": instant(event.time.start, event.time.day, zone),
                "knowntime": instant(event.recorded_at, None, zone),
                "actor": event.actor,
                "journey": journey,
                **{name: value for name, value in traced.items() if value},
                **{name: value for name, value in event.kept.items() if name not in COLUMNS},
                **data,
                **others,
            }
        )
        journey += isinstance(event.data, LeadRecycled)
    return Result("lead", None, position, as_of, [Column(name) for name in _columns(rows)], rows)


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    names = dict.fromkeys(COLUMNS)
    for row in rows:
        names.update(dict.fromkeys(row))
    return list(names)

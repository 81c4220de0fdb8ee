"""The log as CloudEvents: what `ingest` takes in again."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from engine.intake.content import other_lead
from engine.store.log import Log, Row
from events.cloudevents import cloudevent
from events.registry import NAMES_ANOTHER


def exported(log: Log, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The events of those rows in structured form, by the names that their sources know; what is erased is left out."""
    for fact in log.facts(rows):
        event = cloudevent(fact)
        if (other := other_lead(fact.data)) is not None:
            event["data"] |= {field: named(log, other) for field in NAMES_ANOTHER if field in event["data"]}
        yield event


def named(log: Log, stream: UUID) -> dict[str, str] | str:
    """Another lead as `{source, id}`; its stream's id once it is erased, or where it never had an event."""
    numbers = log.lead_numbers([stream])
    name = log.names(numbers.values()).get(numbers.get(stream, 0))
    if name is None or name.source is None or name.subject is None:
        return str(stream)
    return {"source": name.source, "id": name.subject}

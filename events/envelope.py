"""The envelope: when, who, where from. A proposal is an event that is not recorded yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from events.base import Event
from events.instants import Instant
from events.personal import personal_fields


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came in and was understood, not yet recorded.

    source: the system it comes from; id: its id there, None where it sent none (then the content is the key).
    subject: the lead's id in that source, or a business stream's name.
    known: µs at which an archive learned of it, None to take the log's clock.
    sequence: the order within the source among equal instants.
    extensions: attributes of others that are kept (`traceparent`, …); kept: unknown fields of `data` that the source's mode keeps.
    strange: the names of what nobody knows, kept or ignored by that mode.
    """

    source: str
    id: str | None
    subject: str
    time: Instant
    data: Event
    actor: str | None = None
    known: int | None = None
    sequence: int | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    schema_version: int = 1
    strange: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The event's name."""
        return type(self.data).__name__


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact of the log, as views and exports read it.

    lead: the dense number of its lead in this log, 0 for a business event.
    id, subject and the personal fields of data are None once the person is erased.
    recorded_at: µs at which the log learned of it; never decreases with position.
    """

    position: int
    event_id: UUID
    stream: UUID
    lead: int
    version: int
    time: Instant
    recorded_at: int
    source: str
    id: str | None
    subject: str | None
    data: Event
    schema_version: int
    actor: str | None
    sequence: int | None
    correlation_id: str | None
    causation_id: str | None
    run: str | None
    extensions: Mapping[str, Any]
    kept: Mapping[str, Any]
    hash: bytes

    @property
    def type(self) -> str:
        """The event's name."""
        return type(self.data).__name__


def parted(event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of an event that were told, as they are stored: (clear, personal).

    Amounts are integers of minor units. What says no more than the default is left out; a null stays where it clears (LeadDetailsChanged).
    """
    clears = type(event).__name__ == "LeadDetailsChanged"
    told = event.model_dump(mode="json", by_alias=True, exclude_unset=clears, exclude_defaults=not clears)
    personal = personal_fields(type(event))
    clear = {name: value for name, value in told.items() if name not in personal}
    return clear, {name: value for name, value in told.items() if name in personal}

"""What the log holds: a row, what becomes one, and where the log stands."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from events.instants import Instant, Precision

# The columns of table `event`, in its order; hash last. The chain covers all of them.
COLUMNS = (
    "position", "stream", "lead", "version", "event_id", "type", "schema_version", "occurred_at", "occurred_until",
    "occurred_day", "precision", "recorded_at", "source", "actor", "sequence", "run", "correlation_id", "causation_id",
    "data", "sealed", "hash",
)  # fmt: skip
SELECTED = ", ".join(COLUMNS)
RECORDED_AT, SOURCE = COLUMNS.index("recorded_at"), COLUMNS.index("source")

Columns = tuple[Any, ...]  # the values of a row, in the order of COLUMNS


class Head(NamedTuple):
    """Where the log stands. recorded_at: µs of the last event; 0 and 32 zero bytes where there is none."""

    position: int = 0
    hash: bytes = bytes(32)
    recorded_at: int = 0


class Name(NamedTuple):
    """Who a lead is. subject: its id in its source; None once erased. source: None before its first event."""

    source: str | None
    subject: str | None
    stream: UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is to be appended, decided upon.

    lead: its dense number, 0 for a business event.
    recorded_at: µs; None for the log's clock; raised to the last one's where it is earlier.
    data: the clear fields. personal: what is sealed: `subject`, `id`, `data` (the personal fields), `extensions`, `kept`.
    """

    stream: UUID
    lead: int
    type: str
    schema_version: int
    time: Instant
    recorded_at: int | None
    source: str
    event_id: UUID
    data: dict[str, Any]
    personal: dict[str, Any] | None
    actor: str | None = None
    sequence: int | None = None
    run: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


class Prepared(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event encoded as the log keeps it, but for what its place in the log gives it.

    stream, event_id: 16 bytes. data: the clear fields as JSON. personal: JSON of what is sealed; None for an event of nobody.
    """

    stream: bytes
    event_id: bytes
    type: str
    schema_version: int
    occurred_at: int
    occurred_until: int
    occurred_day: int | None
    precision: int
    source: str
    actor: str | None
    sequence: int | None
    correlation_id: str | None
    causation_id: str | None
    data: str
    personal: bytes | None

    @property
    def time(self) -> Instant:
        """When it happened."""
        return Instant(self.occurred_at, self.occurred_until, self.occurred_day, Precision(self.precision))


class Addition(NamedTuple):
    """What is appended: an event, the lead's dense number (0: none), when the log learned it (None: now), and the run that brought it."""

    event: Prepared
    lead: int
    recorded_at: int | None
    run: str | None


@dataclass(frozen=True)
class Row(StoredEvent):
    """A row of the log: the library's stored event with the envelope's columns.

    The library's `originator_id`, `originator_version`, `topic` and `state` are our stream, version, type and data.
    """

    position: int
    lead: int
    event_id: UUID
    schema_version: int
    occurred_at: int
    occurred_until: int
    occurred_day: int | None
    precision: int
    recorded_at: int
    source: str
    actor: str | None
    sequence: int | None
    run: str | None
    correlation_id: str | None
    causation_id: str | None
    sealed: bytes | None
    hash: bytes

    @classmethod
    def of(cls, values: Columns) -> Self:
        """The row of those values."""
        data = values[18]
        return cls(
            UUID(bytes=values[1]), values[3], values[5], data if isinstance(data, bytes) else data.encode(),
            values[0], values[2], UUID(bytes=values[4]), *values[6:18], *values[19:],
        )  # fmt: skip

    @property
    def stream(self) -> UUID:
        """The lead's stream, or the business subject's."""
        assert isinstance(self.originator_id, UUID)
        return self.originator_id

    @property
    def version(self) -> int:
        """Which event of its stream it is."""
        return self.originator_version

    @property
    def type(self) -> str:
        """The event's name."""
        return self.topic

    @property
    def data(self) -> str:
        """The clear fields as JSON."""
        return self.state.decode()

    def clear(self) -> dict[str, Any]:
        """The clear fields; amounts are minor units."""
        fields: dict[str, Any] = msgspec.json.decode(self.state)
        return fields

    @property
    def time(self) -> Instant:
        """When it happened."""
        return Instant(self.occurred_at, self.occurred_until, self.occurred_day, Precision(self.precision))

    @property
    def after_erasure(self) -> bool:
        """Whether it came when the person was erased already: nothing personal was kept of it."""
        return self.sealed is None and self.lead > 0

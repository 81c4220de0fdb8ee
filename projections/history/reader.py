"""What the history asks of a log."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol
from uuid import UUID

import pyarrow as pa


class LogHead(Protocol):
    """The last event of a log: its position and its hash."""

    @property
    def position(self) -> int:
        """0 for an empty log."""

    @property
    def hash(self) -> bytes:
        """Hash of the chain up to that position."""


class LogReader(Protocol):
    """A log, as far as views read it. The engine's log is one; so is a test's."""

    @property
    def id(self) -> str:
        """The log's own id: a history belongs to one log."""

    def head(self) -> LogHead:
        """Its last event at this moment."""

    def hash_at(self, position: int) -> bytes | None:
        """The chain's hash at that position; None where the log has no such event."""

    def batches(self, after: int, to: int) -> Iterator[pa.RecordBatch]:
        """The events with after < position <= to, by position.

        Columns: position, lead, type, occurred, occurred_until, day, precision, recorded (µs), source, actor, sequence,
        run and data (the clear fields as JSON text).
        """

    def events_of(
        self, leads: Collection[int], to: int, types: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The events of those leads with position <= to, in the columns of `batches`, in any order. types: None for all."""

    def general(self, to: int) -> Iterator[pa.RecordBatch]:
        """The events with position <= to that concern no lead (lead 0) or join several (merges and their reversal), in the same columns."""

    def lead_numbers(self, streams: Collection[UUID]) -> Mapping[UUID, int]:
        """The dense numbers of those leads."""

"""A log of made-up events, for tests of what reads one."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import pyarrow as pa

from events.base import LeadEvent
from events.instants import Instant, parse_instant
from events.registry import NAMES_ANOTHER, TYPES

UTC = ZoneInfo("UTC")
SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("lead", pa.int64()),
        ("type", pa.string()),
        ("occurred", pa.int64()),
        ("occurred_until", pa.int64()),
        ("day", pa.int64()),
        ("precision", pa.int64()),
        ("recorded", pa.int64()),
        ("source", pa.string()),
        ("actor", pa.string()),
        ("sequence", pa.int64()),
        ("run", pa.string()),
        ("data", pa.string()),
    ]
)


@dataclass(frozen=True)
class Head:
    position: int
    hash: bytes


@dataclass
class FakeLog:
    """Events in memory; leads are any names, numbered in order of first mention."""

    id: str = "fake"
    size: int = 1000  # events a batch
    rows: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)
    hashes: list[bytes] = field(default_factory=lambda: [bytes(32)])
    read: list[tuple[int, int]] = field(default_factory=list)  # which batches were asked for

    def add(
        self,
        lead: str,
        type_: str,
        time: str | Instant,
        known: str | int | None = None,
        *,
        source: str = "case",
        sequence: int | None = None,
        run: str | None = None,
        **data: Any,
    ) -> int:
        """Records an event; `merged` and `referred` name the other lead. Returns its position."""
        at = parse_instant(time, UTC) if isinstance(time, str) else time
        recorded = at.start if known is None else known if isinstance(known, int) else parse_instant(known, UTC).start
        if self.rows:
            recorded = max(recorded, self.rows[-1]["recorded"])
        business = not issubclass(TYPES[type_], LeadEvent)
        for name in set(NAMES_ANOTHER) & data.keys():
            data[name] = str(self._stream(data[name]))
            self.number(UUID(data[name]))
        row = {
            "position": len(self.rows) + 1,
            "lead": 0 if business else self.number(self._stream(lead)),
            "type": type_,
            "occurred": at.start,
            "occurred_until": at.end,
            "day": at.day,
            "precision": int(at.precision),
            "recorded": recorded,
            "source": source,
            "actor": None,
            "sequence": sequence,
            "run": run,
            "data": json.dumps(data),
        }
        self.rows.append(row)
        self.hashes.append(hashlib.sha256(self.hashes[-1] + repr(row).encode()).digest())
        return len(self.rows)

    def _stream(self, lead: str) -> UUID:
        return uuid5(NAMESPACE_URL, lead)

    def number(self, stream: UUID) -> int:
        return self.numbers.setdefault(stream, len(self.numbers) + 1)

    def lead(self, name: str) -> int:
        """The number of that lead."""
        return self.numbers[self._stream(name)]

    def cut(self, known: int) -> "FakeLog":
        """A log that ends where nothing recorded later is in it."""
        shorter = FakeLog(self.id, self.size, [row for row in self.rows if row["recorded"] <= known], self.numbers)
        shorter.hashes = self.hashes[: len(shorter.rows) + 1]
        return shorter

    def head(self) -> Head:
        return Head(len(self.rows), self.hashes[-1])

    def hash_at(self, position: int) -> bytes | None:
        return self.hashes[position] if position < len(self.hashes) else None

    def batches(self, after: int, to: int) -> Iterator[pa.RecordBatch]:
        self.read.append((after, to))
        for start in range(after, to, self.size):
            yield pa.RecordBatch.from_pylist(self.rows[start : min(start + self.size, to)], SCHEMA)

    def events_of(
        self, leads: Collection[int], to: int, types: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        rows = [row for row in self.rows[:to] if row["lead"] in leads and (types is None or row["type"] in types)]
        yield pa.RecordBatch.from_pylist(rows, SCHEMA)

    def general(self, to: int) -> Iterator[pa.RecordBatch]:
        joining = ("LeadsMerged", "MergeReverted")
        rows = [row for row in self.rows[:to] if row["lead"] == 0 or row["type"] in joining]
        yield pa.RecordBatch.from_pylist(rows, SCHEMA)

    def lead_numbers(self, streams: Collection[UUID]) -> Mapping[UUID, int]:
        return {stream: self.numbers[stream] for stream in streams if stream in self.numbers}


def log_of(events: Iterable[tuple[Any, ...]]) -> FakeLog:
    """A log of (lead, type, time) or (lead, type, time, data) in order of arrival."""
    log = FakeLog()
    for lead, type_, time, *data in events:
        log.add(lead, type_, time, **(data[0] if data else {}))
    return log

"""How far each partition has been taken in and how fast: kept beside the offsets, in the same transactions."""

import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from engine.store.log import Writing
from engine.store.reading import Reading

WINDOW = 60.0  # s over which a rate is told
CHANNEL = "kafka:"
TABLE = """
CREATE TABLE IF NOT EXISTS kafka_partition (
    channel TEXT PRIMARY KEY,
    rate REAL NOT NULL,                   -- messages a second, over the last minute at most
    last_event INTEGER,                   -- µs: when the last event that was understood happened
    taken_at INTEGER NOT NULL             -- µs: when the last batch was taken in
) WITHOUT ROWID
"""


class Partition(NamedTuple):
    """What is known of a partition. position: the offset that is read next. rate: of messages a second. Instants in µs."""

    topic: str
    number: int
    position: int
    rate: float | None
    last_event: int | None
    taken_at: int | None


def channel_of(topic: str, partition: int) -> str:
    """The name under which a partition's offset is kept."""
    return f"{CHANNEL}{topic}:{partition}"


class Rates:
    """Messages a second, by channel, over a sliding window."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[tuple[float, int]]] = {}
        self._since = time.monotonic()

    def add(self, channel: str, messages: int) -> float:
        """Count them; gives the rate now."""
        now = time.monotonic()
        taken = self._taken.setdefault(channel, deque())
        taken.append((now, messages))
        while taken[0][0] < now - WINDOW:
            taken.popleft()
        return sum(count for _, count in taken) / max(min(now - self._since, WINDOW), 0.001)


def note(writing: Writing, told: Sequence[tuple[str, float, int | None]]) -> None:
    """Keep rate and last event of the channels that a batch moved on."""
    writing.executemany(
        "INSERT INTO kafka_partition VALUES (?, ?, ?, ?) ON CONFLICT (channel) DO UPDATE SET rate = excluded.rate,"
        " last_event = coalesce(excluded.last_event, last_event), taken_at = excluded.taken_at",
        [(channel, rate, last_event, writing.now) for channel, rate, last_event in told],
    )


def partitions(reading: Reading, now: int) -> list[Partition]:
    """All partitions that were ever taken in. now: µs; what moved nothing for a minute has no rate."""
    there = reading.execute("SELECT 1 FROM sqlite_master WHERE name = 'kafka_partition'").fetchone()
    joined = "LEFT JOIN kafka_partition ON channel = application_name" if there else ""
    columns = "rate, last_event, taken_at" if there else "NULL, NULL, NULL"
    rows = reading.execute(
        f"SELECT application_name, notification_id, {columns} FROM tracking {joined} WHERE application_name LIKE ?",
        (f"{CHANNEL}%",),
    ).fetchall()
    found = []
    for channel, position, rate, last_event, taken_at in rows:
        topic, _, number = channel.removeprefix(CHANNEL).rpartition(":")
        idle = taken_at is not None and now - taken_at > WINDOW * 1_000_000
        found.append(Partition(topic, int(number), position, 0.0 if idle else rate, last_event, taken_at))
    return sorted(found)

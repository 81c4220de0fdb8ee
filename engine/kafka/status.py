"""What `leadlog status` tells of the partitions: from the log, and their lag from the broker where it answers."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from engine.kafka import outbox
from engine.kafka.client import client_options
from engine.kafka.progress import Partition, partitions
from engine.workspace import Workspace
from events.instants import wire
from projections.result import Column, Result

COLUMNS = (
    Column("topic"), Column("partition"), Column("position", "count"), Column("lag", "count"), Column("rate"),
    Column("last_event", "instant"), Column("taken_at", "instant"),
)  # fmt: skip
PATIENCE = 3_000  # ms that the broker has to answer


def status(workspace: Workspace) -> Result:
    """One row a partition of the topics declared; those that were read once and are no longer declared follow."""
    with workspace.log.reading() as reading:
        known = partitions(reading, workspace.clock())
        position = reading.stand().position
        notes = outbox.told(reading)
    declared = [topic.name for topic in workspace.settings.kafka.topic]
    ends = _ends(workspace, declared, known) if declared or known else {}
    if ends is None:
        notes.append(f"The broker at {workspace.settings.kafka.servers} does not answer: lags are unknown.")
    there = {(one.topic, one.number): one for one in known}
    names = {*there, *(ends or {})}
    rows = [_row(name, there.get(name), (ends or {}).get(name)) for name in sorted(names)]
    return Result("status", None, position, None, COLUMNS, rows, notes)


def _row(name: tuple[str, int], known: Partition | None, end: int | None) -> dict[str, Any]:
    position = known.position if known else 0
    return {
        "topic": name[0],
        "partition": name[1],
        "position": position,
        "lag": None if end is None else max(0, end - position),
        "rate": None if known is None or known.rate is None else round(known.rate, 1),
        "last_event": None if known is None or known.last_event is None else wire(known.last_event),
        "taken_at": None if known is None or known.taken_at is None else wire(known.taken_at),
    }


def _ends(
    workspace: Workspace, declared: Sequence[str], known: Sequence[Partition]
) -> Mapping[tuple[str, int], int] | None:
    """Where the partitions end; None where the broker does not answer."""
    options = client_options(workspace.settings.kafka, workspace.folder)
    with suppress(KafkaError, OSError):
        consumer = KafkaConsumer(
            **options, enable_auto_commit=False, allow_auto_create_topics=False, bootstrap_timeout_ms=PATIENCE
        )
        try:
            there = consumer.topics()
            topics = sorted({*declared, *(one.topic for one in known)} & set(there))
            asked = [
                TopicPartition(name, number) for name in topics for number in consumer.partitions_for_topic(name) or ()
            ]
            found = consumer.end_offsets(asked, timeout_ms=PATIENCE) if asked else {}
        finally:
            consumer.close(autocommit=False, timeout_ms=PATIENCE)
        return {(one.topic, one.partition): end for one, end in found.items()}
    return None

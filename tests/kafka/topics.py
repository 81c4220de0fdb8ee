"""What tests do with topics: make them, fill them, read them whole."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic


class Sent(NamedTuple):
    """A record as a producer sends it. partition None: by its key."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


def create(
    client: Mapping[str, Any], name: str, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> None:
    """Make a topic."""
    admin = KafkaAdminClient(**client)
    try:
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=dict(settings or {}))])
    finally:
        admin.close()


def produce(client: Mapping[str, Any], topic: str, records: Iterable[Sent]) -> None:
    """Send the records and wait until all are there."""
    producer = KafkaProducer(**client, linger_ms=5, max_request_size=64 << 20)
    try:
        pending = [
            producer.send(topic, one.value, one.key, list(one.headers), one.partition, one.timestamp_ms)
            for one in records
        ]
        producer.flush(60)
        for one in pending:
            one.get(60)
    finally:
        producer.close()


def read_all(client: Mapping[str, Any], topic: str) -> list[Any]:
    """All records of a topic, partition by partition, each in its order."""
    consumer = KafkaConsumer(**client, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        found: list[Any] = []
        while any(consumer.position(one) < ends[one] for one in partitions):
            for some in consumer.poll(500).values():
                found += some
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close(autocommit=False)

"""Messages a second through `leadlog consume`, against kafka-python alone reading and decoding the same topic.

    python -m benchmarks.consume [MESSAGES] [--views]

Starts a broker from Maven artifacts on ports of its own (or takes LEADLOG_TEST_KAFKA=host:port), fills a topic of four
partitions with a generated history of at least so many events (default 200,000), keyed by lead, and reads it: with kafka-python
alone, each value decoded as JSON; with a worker, into a new workspace. --views: the same events by `ingest`, and whether the
views agree; then the topic from zero once more.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from benchmarks.measuring import leadlog, timed
from benchmarks.sample import lines_of, simulate
from engine.workspace import SETTINGS, Workspace
from tests.kafka.fixture import Kafka, found
from tests.kafka.topics import Sent

PARTITIONS = 4


def main() -> None:
    """Measure and print."""
    wanted = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 200_000)
    with tempfile.TemporaryDirectory() as folder, found(Path(folder) / "kafka") as kafka:
        file = Path(folder) / "events.ndjson"
        simulate(Path(folder), file, wanted)
        count = lines_of(file)
        topic = kafka.topic(PARTITIONS)
        filled = timed(lambda: kafka.produce(topic, records(file)))
        tell(f"{count:,} messages, {file.stat().st_size / count:.0f} bytes each on average; {kafka.told}")
        tell(f"producing       {count / filled:10,.0f} messages/s")
        alone = count / min(timed(lambda: read_alone(kafka, topic, count)) for _ in range(2))
        tell(f"kafka-python    {alone:10,.0f} messages/s, read and decoded")
        consumed = workspace(Path(folder) / "consumed", kafka, topic)
        through = count / leadlog(consumed, "consume", "--until-end").seconds
        tell(f"leadlog consume {through:10,.0f} messages/s, recorded; {through / alone:.2f} of kafka-python alone")
        if "--views" in sys.argv:
            compare(Path(folder), file, consumed)


def compare(folder: Path, file: Path, consumed: Path) -> None:
    """The same by ingest, then the topic again from zero."""
    filed = folder / "filed"
    Workspace.init(filed).close()
    tell(f"ingest took {leadlog(filed, 'ingest', str(file)).seconds:.1f} s")
    for words in (
        ["funnel", "--now", "2027-01-01"],
        ["funnel", "--by", "region,channel", "--now", "2027-01-01"],
        ["handoffs"],
        ["anomalies"],
    ):
        same = rows(consumed, words) == rows(filed, words)
        tell(f"{' '.join(words):50} {'the same' if same else 'DIFFERENT'}")
    before = leadlog(consumed, "log", "--count").output.strip()
    here = Workspace.find(consumed)
    with here.log.writing() as writing:
        writing.execute("DELETE FROM tracking")
    here.close()
    seconds = timed(lambda: tell(leadlog(consumed, "consume", "--until-end", "--format", "json").output.strip()))
    tell(
        f"from zero again in {seconds:.1f} s: {before} events before, {leadlog(consumed, 'log', '--count').output.strip()} after"
    )
    tell(leadlog(consumed, "verify").output.strip())


def rows(folder: Path, words: list[str]) -> list[str]:
    """The rows of a view, without positions, in an order of their own."""
    told = json.loads(leadlog(folder, *words, "--format", "json").output)
    return sorted(
        json.dumps({name: value for name, value in row.items() if name != "position"}) for row in told["rows"]
    )


def records(file: Path) -> Iterator[Sent]:
    """The events, keyed by their lead."""
    with file.open("rb") as lines:
        for line in lines:
            try:
                key = str(json.loads(line)["subject"]).encode()
            except (ValueError, KeyError, TypeError):
                key = None
            yield Sent(line.rstrip(b"\n"), key)


def read_alone(kafka: Kafka, topic: str, count: int) -> None:
    """What kafka-python does by itself: every record read, its value decoded."""
    consumer = KafkaConsumer(
        **kafka.client, enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=5_000
    )
    consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
    consumer.seek_to_beginning()
    seen = 0
    while seen < count:
        for some in consumer.poll(500).values():
            for record in some:
                seen += 1
                with suppress(ValueError):
                    json.loads(record.value)
    consumer.close(autocommit=False)


def workspace(folder: Path, kafka: Kafka, topic: str) -> Path:
    """A new workspace that reads the topic."""
    Workspace.init(folder).close()
    with (folder / SETTINGS).open("a") as file:
        file.write(f'\n[kafka]\nservers = "{kafka.servers}"\n[[kafka.topic]]\nname = "{topic}"\n')
    return folder


def tell(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

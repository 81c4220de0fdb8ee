"""Messages a second through `leadlog consume`, against kafka-python alone reading and decoding the same topic.

    python -m benchmarks.consume [MESSAGES] [--views]

Starts a broker from Maven artifacts on ports of its own (or takes LEADLOG_TEST_KAFKA=host:port), fills a topic of four
partitions with a generated history of at least so many events (default 200,000), keyed by lead, and reads it: with kafka-python
alone, each value decoded as JSON; with a worker, into a new workspace. --views: the same events by `ingest`, and whether the
views agree; then the topic from zero once more.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from engine.simulate import write
from engine.workspace import SETTINGS, Workspace
from tests.kafka.fixture import Kafka, found
from tests.kafka.topics import Sent

ROOT = Path(__file__).parents[1]
LEADLOG = [sys.executable, "-c", "from engine.cli import main; main()"]
PARTITIONS = 4
PER_LEAD = 19  # events of a generated lead


def main() -> None:
    """Measure and print."""
    wanted = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 200_000)
    with tempfile.TemporaryDirectory() as folder, found(Path(folder) / "kafka") as kafka:
        file = Path(folder) / "events.ndjson"
        with file.open("w", encoding="utf-8") as stream:
            write(stream, max(10, wanted // PER_LEAD), 7)
        count = sum(1 for _ in file.open("rb"))
        topic = kafka.topic(PARTITIONS)
        filled = timed(lambda: kafka.produce(topic, records(file)))
        tell(f"{count:,} messages, {file.stat().st_size / count:.0f} bytes each on average; {kafka.told}")
        tell(f"producing       {count / filled:10,.0f} messages/s")
        alone = count / min(timed(lambda: read_alone(kafka, topic, count)) for _ in range(2))
        tell(f"kafka-python    {alone:10,.0f} messages/s, read and decoded")
        consumed = workspace(Path(folder) / "consumed", kafka, topic)
        through = count / timed(lambda: leadlog(consumed, "consume", "--until-end"))
        tell(f"leadlog consume {through:10,.0f} messages/s, recorded; {through / alone:.2f} of kafka-python alone")
        if "--views" in sys.argv:
            compare(Path(folder), file, consumed)


def compare(folder: Path, file: Path, consumed: Path) -> None:
    """The same by ingest, then the topic again from zero."""
    filed = folder / "filed"
    Workspace.init(filed).close()
    seconds = timed(lambda: leadlog(filed, "ingest", str(file)))
    tell(f"ingest took {seconds:.1f} s")
    for words in (
        ["funnel", "--now", "2027-01-01"],
        ["funnel", "--by", "region,channel", "--now", "2027-01-01"],
        ["handoffs"],
        ["anomalies"],
    ):
        same = rows(consumed, words) == rows(filed, words)
        tell(f"{' '.join(words):50} {'the same' if same else 'DIFFERENT'}")
    before = leadlog(consumed, "log", "--count").strip()
    here = Workspace.find(consumed)
    with here.log.writing() as writing:
        writing.execute("DELETE FROM tracking")
    here.close()
    seconds = timed(lambda: tell(leadlog(consumed, "consume", "--until-end", "--format", "json").strip()))
    tell(
        f"from zero again in {seconds:.1f} s: {before} events before, {leadlog(consumed, 'log', '--count').strip()} after"
    )
    tell(leadlog(consumed, "verify").strip())


def rows(folder: Path, words: list[str]) -> list[str]:
    """The rows of a view, without positions, in an order of their own."""
    told = json.loads(leadlog(folder, *words, "--format", "json"))
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


def leadlog(folder: Path, *words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [*LEADLOG, *words, "--workspace", str(folder)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    return done.stdout


def tell(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(do: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    main()

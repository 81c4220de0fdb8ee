"""What the tests of consuming share: a workspace that reads a topic, and its worker as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.kafka.progress import channel_of
from engine.ledger.verify import verify
from engine.workspace import SETTINGS, Workspace
from tests.kafka.fixture import Kafka
from tests.kafka.topics import Sent

PROGRAM = Path(__file__).with_name("mortal.py")
PATIENCE = 90  # s that a worker may take before a test gives up


class Office:
    """A workspace with a topic, and workers that are started, stopped and killed."""

    def __init__(self, folder: Path, kafka: Kafka, topic: str, **settings: Any) -> None:
        self.kafka, self.topic, self.folder = kafka, topic, folder
        Workspace.init(folder).close()
        told = {
            "servers": kafka.servers, "group": f"g-{topic}", "session_s": 6.0, "poll_s": 60.0, "backoff_s": 1.0,
            **({} if kafka.real else {"api_version": "2.3"}), **settings,
        }  # fmt: skip
        lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
        with (folder / SETTINGS).open("a") as file:
            file.write("\n".join(["", "[kafka]", *lines, "[[kafka.topic]]", f'name = "{topic}"', 'source = "crm"', ""]))
        self.workspace = Workspace.find(folder)
        self.workers: list[Worker] = []

    def produce(self, events: Sequence[dict[str, Any]], **told: Any) -> None:
        """Send events, each keyed by its lead."""
        self.kafka.produce(
            self.topic, [Sent(json.dumps(one).encode(), str(one["subject"]).encode(), **told) for one in events]
        )

    def start(self, *options: str, **environment: str) -> "Worker":
        """A worker."""
        command = [
            sys.executable,
            str(PROGRAM),
            "consume",
            "--format",
            "json",
            "--workspace",
            str(self.folder),
            *options,
        ]
        worker = Worker(command, self.folder.parent / f"worker-{len(self.workers)}", environment)
        self.workers.append(worker)
        return worker

    def consume(self, *options: str, code: int = 0, **environment: str) -> dict[str, Any]:
        """A worker that reads to the end: what it tells at its end."""
        worker = self.start("--until-end", *options, **environment)
        assert worker.wait() == code, worker.errors
        return worker.summary

    def recorded(self) -> list[Any]:
        """What the log holds, by position."""
        log = self.workspace.log
        return [log.recorded(row) for row in log.rows()]

    def position(self) -> int:
        """Where the log stands."""
        return self.workspace.log.head().position

    def offsets(self, partitions: int = 1) -> list[int | None]:
        """The offsets in the log."""
        with self.workspace.log.reading() as reading:
            return [reading.offset(channel_of(self.topic, number)) for number in range(partitions)]

    def kept(self) -> list[tuple[str | None, str]]:
        """What lies in quarantine: where and why."""
        with self.workspace.quarantine() as quarantine:
            return [(entry.where, entry.reason) for entry in quarantine.entries()]

    def assert_exactly(self, events: Sequence[dict[str, Any]]) -> None:
        """Each of the events once, no gap, each lead's in the order sent, the chain whole."""
        recorded = self.recorded()
        times = Counter((one.source, one.id) for one in recorded)
        assert times == Counter((one["source"], one["id"]) for one in events)
        assert [one.position for one in recorded] == list(range(1, len(recorded) + 1))
        by_lead: dict[str, list[str]] = {}
        for one in events:
            by_lead.setdefault(one["subject"], []).append(one["id"])
        found: dict[str, list[str]] = {}
        for one in recorded:
            found.setdefault(one.subject, []).append(one.id)
            assert one.version == len(found[one.subject])
        assert found == by_lead
        assert verify(self.workspace.log).whole

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.kill()
        self.workspace.close()


class Worker:
    """A process of `leadlog consume`."""

    def __init__(self, command: list[str], place: Path, environment: dict[str, str]) -> None:
        self._out, self._err = place.with_suffix(".out"), place.with_suffix(".err")
        root = str(Path(__file__).parents[3])
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=err, cwd=root, env=os.environ | {"PYTHONPATH": root} | environment
            )

    @property
    def summary(self) -> dict[str, Any]:
        """The object that it ends with."""
        told: dict[str, Any] = json.loads(self._out.read_text().splitlines()[-1])
        return told

    @property
    def errors(self) -> str:
        """What it said on the side."""
        return self._err.read_text()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """kill -9, if it still runs; also one that is stopped."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until that is so; what is waited for happens in another process."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)


def story(lead: str, count: int) -> list[dict[str, Any]]:
    """Events of one lead: its capture, then changes."""
    return [
        {
            "id": f"{lead}-{number}", "source": "crm", "subject": lead, "time": f"2026-03-02T09:{number // 60 % 60:02}:{number % 60:02}Z",
            "type": "LeadDetailsChanged" if number else "LeadCaptured", "data": {"region": f"r{number}"},
        }
        for number in range(count)
    ]  # fmt: skip


def mixed(leads: int, each: int) -> list[dict[str, Any]]:
    """The stories of several leads, one event of each in turn."""
    stories = [story(f"L{number}", each) for number in range(leads)]
    return [one for turn in zip(*stories, strict=True) for one in turn]


@pytest.fixture
def office(kafka: Kafka, tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Makes an office; partitions: of its topic; settings: of [kafka]."""
    made: list[Office] = []

    def make(partitions: int = 1, topic: str | None = None, **settings: Any) -> Office:
        folder = tmp_path / f"office-{len(made)}" / "workspace"
        folder.mkdir(parents=True)
        made.append(Office(folder, kafka, topic or kafka.topic(partitions), **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()

"""The log as a topic: an outbox read by position, at least once, each lead's events in their order.

A message is sent only when its predecessor of the same lead was confirmed, and the checkpoint is moved only when all up
to it were: a crash sends some again, with the same `ce_id`, `ce_position` and `ce_hash`, and skips none.
"""

import fcntl
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from engine.kafka import outbox
from engine.kafka.errors import AlreadyPublishing
from engine.kafka.outbox import Refusal
from engine.kafka.producer import Message, Producer, Stopped
from engine.store.errors import LogBusy
from engine.store.log import Log, Row, Writing
from events.cloudevents import cloudevent

CHUNK = 2_000  # events between two checkpoints
LOOK = 0.5  # s between two looks at a log that has nothing new
AGAIN = 300.0  # s between two tries of what the broker refused
CONTENT = ("content-type", b"application/json")


@dataclass(slots=True)
class Published:
    """What a run did. published: messages that the broker confirmed. refused: what it refuses now, left out ones included."""

    topic: str
    published: int = 0
    position: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def held(self) -> int:
        """How many leads are held back."""
        return sum(one.held_from is not None for one in self.refused)


class Publisher:
    """Publishes a log to the producer's topic.

    personal: whether subjects, the sources' ids and personal fields of living keys go with it.
    say: what becomes of a sentence on what was refused.
    """

    def __init__(
        self,
        log: Log,
        producer: Producer,
        *,
        personal: bool = False,
        stop: Event | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._log, self._producer, self._personal = log, producer, personal
        self._stop, self._say = stop or Event(), say
        self._topic = producer.topic
        self._held: set[bytes] = set()
        self.done = Published(self._topic)

    def run(self, *, until_end: bool) -> Published:
        """Publish what is recorded; until_end: up to where the log stands now, else until it is told to stop."""
        self.done.position = outbox.begin(self._log, self._topic)
        with suppress(Stopped):
            self._follow(self._log.head().position if until_end else None)
        with self._log.reading() as reading:
            self.done.refused = outbox.refusals(reading, self._topic)
        return self.done

    def _follow(self, end: int | None) -> None:
        self._again()
        waited = 0.0
        while not self._stop.is_set() and (end is None or self.done.position < end):
            rows = list(self._log.rows(self.done.position, end, limit=CHUNK))
            if rows:
                self._pass(rows)
                continue
            self._stop.wait(LOOK)
            waited += LOOK
            if waited >= AGAIN:
                self._again()
                waited = 0.0

    def _pass(self, rows: Sequence[Row]) -> None:
        """The next events of the log, and the checkpoint behind them."""
        refused = self._send(rows)

        def note(writing: Writing) -> None:
            for row, size, cause in refused:
                outbox.refuse(writing, self._topic, row, size, cause)
            writing.track(outbox.channel(self._topic), rows[-1].position)

        self._write(note)
        self.done.position = rows[-1].position

    def _send(self, rows: Sequence[Row]) -> list[tuple[Row, int, str]]:
        """Send, stream by stream in order; behind a refused one nothing more of its stream. Gives those refused."""
        queues: dict[bytes, deque[Row]] = {}
        for row in rows:
            if (stream := row.stream.bytes) not in self._held:
                queues.setdefault(stream, deque()).append(row)
        refused = []
        while queues:
            wave = [queue[0] for queue in queues.values()]
            messages = [message(self._log, row, personal=self._personal) for row in wave]
            failed = self._producer.send(messages)
            self.done.published += len(wave) - len(failed)
            for at, error in failed.items():
                row, size = wave[at], len(messages[at].value)
                refused.append((row, size, type(error).__name__))
                self._held.add(row.stream.bytes)
                self._say(
                    f"The broker refuses position {row.position} ({row.type}, {size:,} bytes): {type(error).__name__}. Later"
                    f" events of its lead are held back, the others go on; `leadlog status` shows it, docs/kafka.md says what to do."
                )
            for stream in [*queues]:
                queues[stream].popleft()
                if not queues[stream] or stream in self._held:
                    del queues[stream]
        return refused

    def _again(self) -> None:
        """Try what the broker refused before, each with what is held back behind it."""
        with self._log.reading() as reading:
            entries = [one for one in outbox.refusals(reading, self._topic) if one.held_from is not None]
        self._held = {one.stream for one in entries}
        for entry in entries:
            if self._stop.is_set():
                return
            self._release(entry)

    def _release(self, entry: Refusal) -> None:
        assert entry.held_from is not None
        self._held.discard(entry.stream)
        refused: list[tuple[Row, int, str]] = []
        held = self._log.rows(entry.held_from - 1, self.done.position, lead=entry.lead)
        for row in held:
            if row.stream.bytes == entry.stream and (refused := self._send([row])):
                break

        def note(writing: Writing) -> None:
            if not refused or refused[0][0].position != entry.position:
                outbox.settle(writing, self._topic, entry)
            for row, size, cause in refused:
                outbox.refuse(writing, self._topic, row, size, cause)

        self._write(note)

    def _write(self, note: Callable[[Writing], None]) -> None:
        """A transaction that waits as long as somebody else writes."""
        while True:
            try:
                with self._log.writing() as writing:
                    note(writing)
            except LogBusy as busy:
                self._say(f"{busy} The checkpoint waits.")
                if self._stop.is_set():
                    raise
            else:
                return


def message(log: Log, row: Row, *, personal: bool) -> Message:
    """An event as a CloudEvent in binary mode. The key is the lead's stream: erasure changes neither it nor `ce_id`.

    Without personal, what is sealed is not even opened.
    """
    told = cloudevent(log.recorded(row if personal else replace(row, sealed=None)))
    if not row.after_erasure:
        told.pop("erased", None)
    data = told.pop("data")
    if told["id"] != str(row.event_id):
        told["sourceid"] = told["id"]
    told["id"] = str(row.event_id)
    headers = [CONTENT, *((f"ce_{name}", _header(value)) for name, value in told.items())]
    return Message(
        str(row.stream).encode(), json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), headers
    )


def _header(value: Any) -> bytes:
    """Texts as they are, integers and truth values as CloudEvents write them, others as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def alone(log: Log, topic: str) -> Iterator[None]:
    """The right to publish that topic; the system takes it back at once from a process that died. Raises AlreadyPublishing."""
    lock = os.open(lock_file(log.path, topic), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyPublishing(topic=topic) from None
        yield
    finally:
        os.close(lock)


def lock_file(log: Path, topic: str) -> Path:
    """The file that the publisher of a topic holds."""
    return log.parent / f"publish-{topic}.lock"

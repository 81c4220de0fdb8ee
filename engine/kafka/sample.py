"""A sample history on a topic, as systems send it: CloudEvents in structured or binary mode, the lead as key."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from engine.kafka.errors import SampleRefused
from engine.kafka.producer import Message, Producer, waves
from engine.portions import portions

Mode = Literal["structured", "binary"]
PORTION = 5_000
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
_json = msgspec.json.Encoder().encode


def send(
    events: Iterable[Mapping[str, Any]], producer: Producer, mode: Mode, sent: Callable[[int], None] = lambda _: None
) -> int:
    """Send them all, each lead's in their order. sent: told how many so far. Gives how many. Raises SampleRefused."""
    count = 0
    for portion in portions((message(event, mode) for event in events), PORTION):
        for wave in waves(portion):
            if refused := producer.send([portion[at] for at in wave]):
                cause = type(next(iter(refused.values()))).__name__
                raise SampleRefused(servers=producer.servers, count=len(refused), cause=cause, sent=count)
            count += len(wave)
            sent(count)
    return count


def message(event: Mapping[str, Any], mode: Mode) -> Message:
    """An event as a message. What has no usable subject has no key: its order is nobody's."""
    subject = event.get("subject")
    key = subject.encode() if isinstance(subject, str) and subject else None
    if mode == "structured":
        return Message(key, _json(event), STRUCTURED)
    headers = [
        (f"ce_{name}", value.encode() if isinstance(value, str) else _json(value))
        for name, value in event.items()
        if name != "data"
    ]
    return Message(key, _json(event.get("data")), [("content-type", b"application/json"), *headers])

"""`leadlog` that dies where a test says: LEADLOG_TEST_DIE_AT=o1:65 is the 65th passage of o1.

o1 after a message was given to the client, which may have sent it or not; o2 when all of a chunk were confirmed, before the
checkpoint is stored; o3 after that. Chunks are short.
"""

import os
import signal
from collections import Counter
from typing import Any

from kafka import KafkaProducer

from engine.cli import main
from engine.kafka import publish

named, _, passage = os.environ["LEADLOG_TEST_DIE_AT"].partition(":")
passed: Counter[str] = Counter()
send, write = KafkaProducer.send, publish.Publisher._write


def passing(place: str) -> None:
    passed[place] += 1
    if (place, passed[place]) == (named, int(passage)):
        os.kill(os.getpid(), signal.SIGKILL)


def sending(*args: Any) -> Any:
    future = send(*args)
    passing("o1")
    return future


def writing(*args: Any) -> None:
    passing("o2")
    write(*args)
    passing("o3")


KafkaProducer.send = sending
setattr(publish.Publisher, "_write", writing)  # noqa: B010  # a method is not assigned to
publish.CHUNK = 100
main()

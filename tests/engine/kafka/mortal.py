"""`leadlog` that dies, or stops, where a test says: LEADLOG_TEST_DIE_AT=k2:7 is the seventh passage of k2.

k1 after poll, before the transaction; k2 in the transaction, after the events, before the offsets; k3 after the commit, before
Kafka is told; k4 after that; k5 while the group is left. LEADLOG_TEST_STOP_AT: SIGSTOP instead. LEADLOG_TEST_PARSE raises what it
names for a record that holds the word `poison`; LEADLOG_TEST_DECIDE does so where such an event is decided on.
LEADLOG_TEST_BUSY: seconds after which a busy log is given up. LEADLOG_TEST_FULL: how often the disk is full in mid-batch.
"""

import builtins
import os
import sys
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer

from engine.cli import main
from engine.intake.batch import Batch
from engine.intake.taking import Taking
from engine.kafka.records import Records
from engine.store import datastore
from engine.store.errors import DiskFull
from engine.store.writing import Writing
from tests.seams import after, before, passing


def poisoned(variable: str) -> Callable[..., None]:
    name = os.environ.get(f"LEADLOG_TEST_{variable}")

    def hook(content: Any, *_rest: Any) -> None:
        if name and b"poison" in bytes(str(content), "utf-8"):
            raise getattr(builtins, name)("met by a poisoned event")

    return hook


before(Taking, "take", lambda *_: passing("k1"))
before(Writing, "track", lambda *_: passing("k2"))
before(KafkaConsumer, "commit_async", lambda *_: passing("k3"))
after(KafkaConsumer, "commit_async", "k4")
before(KafkaConsumer, "close", lambda *_: passing("k5"))
before(Records, "_understood", poisoned("PARSE"))
before(Batch, "_take", poisoned("DECIDE"))
full = int(os.environ.get("LEADLOG_TEST_FULL", "0"))


def no_room(self: Any, *_args: Any) -> None:
    global full  # noqa: PLW0603  # the disk of this process
    if full:
        full -= 1
        raise DiskFull(path="log.db")


before(Writing, "track", no_room)
if "LEADLOG_TEST_BUSY" in os.environ:
    setattr(datastore, "PATIENCE", float(os.environ["LEADLOG_TEST_BUSY"]))  # noqa: B010  # whole seconds are its own
sys.argv[0] = "leadlog"
main()

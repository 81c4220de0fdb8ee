"""`leadlog consume` against the broker: what comes in is what `ingest` takes in, once, from wherever it is read again."""

import json
import re
from pathlib import Path

import pytest

from engine.intake.ingest import Ingestion, ingest
from engine.simulate import write
from engine.workspace import Workspace
from tests.engine.cli.test_commands import Shell
from tests.engine.kafka.conftest import mixed, story, until
from tests.kafka.topics import Sent

ROOT = Path(__file__).parents[3]


def test_what_lies_on_a_topic_is_recorded_once(office):
    desk = office()
    events = mixed(10, 20)
    desk.produce(events)
    assert desk.consume()["recorded"] == 200
    desk.assert_exactly(events)
    assert desk.consume()["read"] == 0
    desk.produce(more := [story("M", 1)[0]])
    assert desk.consume()["recorded"] == 1
    desk.assert_exactly(events + more)

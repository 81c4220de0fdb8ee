"""`leadlog consume` against the broker: what comes in is what `ingest` takes in, once, from wherever it is read again."""

from pathlib import Path

from tests.engine.kafka.conftest import mixed, story

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

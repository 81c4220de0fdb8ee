"""Many events are read by a process of its own; what it gives, and what it does not, is the same."""

import pyarrow as pa
import pytest

from engine.store import bulk
from events.instants import Instant, Precision


@pytest.fixture
def told(log, record):
    """What Python's own SQLite reads; the second half has what the first does not."""
    record("L1", "L2", actor=None, run=None, sequence=None)
    record("L1", "L3", time=Instant(5, 9, 20_454, Precision.DAY))
    record("L3", type="LeadScored", data={"score": 2**60, "model": "ä\u2028"})
    return pa.Table.from_batches(log.batches(0, 5))


def test_another_process_gives_what_this_one_would(log, told, monkeypatch):
    monkeypatch.setattr("engine.store.arrow.MANY", 1)
    monkeypatch.setattr(
        "engine.store.arrow.QUERY", "SELECT 'nothing is left to read here' WHERE ? > 0 AND ? > 9 AND ? > 0"
    )
    assert pa.Table.from_batches(log.batches(0, 5)) == told


def test_what_another_process_does_not_give_is_read_here(log, told, monkeypatch):
    monkeypatch.setattr("engine.store.arrow.MANY", 1)
    monkeypatch.setattr(bulk, "__name__", "no.such.module")
    assert pa.Table.from_batches(log.batches(0, 5)) == told


def test_events_of_some_leads_are_found_by_their_index(log, told):
    found = pa.Table.from_batches(log.events_of([3, 1], 4))
    assert sorted(found["position"].to_pylist()) == [1, 3, 4]
    scored = pa.Table.from_batches(log.events_of([1, 2, 3], 5, ["LeadScored"]))
    assert scored.to_pylist() == told.slice(4).to_pylist()


def test_what_concerns_no_lead_or_joins_several_is_found_by_index(log, told, record):
    record("L1", type="LeadsMerged", data={"merged": "someone"})
    assert [batch["position"].to_pylist() for batch in log.general(9)] == [[6]]
    assert list(log.general(5)) == []

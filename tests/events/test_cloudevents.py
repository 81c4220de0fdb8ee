"""CloudEvents, both ways."""

from dataclasses import replace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.simulate import history
from events.cloudevents import Sender, cloudevent, proposal
from events.envelope import Proposal, Recorded, parted
from events.faults import Fault
from events.instants import parse_instant

EVENT = {
    "id": "1",
    "source": "crm",
    "type": "LeadCaptured",
    "subject": "L1",
    "time": "2026-03-02T09:00:00+01:00",
    "data": {},
}


def refused(**changes):
    with pytest.raises(Fault) as fault:
        proposal({**EVENT, **changes})
    return fault.value.field, fault.value.word


def test_what_is_told_is_understood():
    told = proposal(
        {
            **EVENT,
            "actor": "sdr:anna",
            "sequence": 3,
            "correlationid": "c",
            "traceparent": "00-1",
            "data": {"region": "north"},
        }
    )
    assert (told.type, told.source, told.id, told.subject, told.actor, told.sequence) == (
        "LeadCaptured",
        "crm",
        "1",
        "L1",
        "sdr:anna",
        3,
    )
    assert told.time == parse_instant("2026-03-02T08:00:00Z")
    assert told.correlation_id == "c"
    assert told.extensions == {"traceparent": "00-1"}


def test_what_is_missing_or_wrong_is_named():
    assert refused(type="LeadOpened") == ("type", "unknown")
    assert refused(subject="") == ("subject", "range")
    assert refused(subject=7) == ("subject", "range")
    assert refused(specversion="0.3") == ("specversion", "unknown")
    assert refused(sequence="x") == ("sequence", "range")
    assert refused(data=[]) == ("data", "object")
    assert refused(correlationId="x") == ("correlationId", "unknown")
    assert refused(id=5) == ("id", "range")
    assert refused(time=None) == ("time", "time")


def test_an_event_without_source_takes_the_declared_one():
    without = {name: value for name, value in EVENT.items() if name != "source"}
    assert proposal(without, Sender("hubspot")).source == "hubspot"
    with pytest.raises(Fault, match="source"):
        proposal(without)


def test_unknown_fields_go_by_the_mode_that_is_declared():
    event = {**EVENT, "data": {"region": "north", "shoe_size": 44}}
    with pytest.raises(Fault, match="shoe_size"):
        proposal(event)
    assert proposal(event, Sender(unknown="keep")).kept == {"shoe_size": 44}
    assert proposal(event, Sender(unknown="ignore")).kept == {}


def test_only_an_archive_may_say_when_it_was_learned():
    event = {**EVENT, "knowntime": "2026-03-02T09:00:00Z"}
    assert proposal(event).known is None
    assert proposal(event, Sender(archive=True)).known == parse_instant("2026-03-02T09:00:00Z").start


def test_a_naive_time_takes_the_declared_zone():
    naive = {**EVENT, "time": "2026-03-02T09:00:00"}
    assert proposal(naive, Sender(zone=ZoneInfo("Europe/Berlin"))).time == parse_instant("2026-03-02T08:00:00Z")


def recorded(told: Proposal) -> Recorded:
    return Recorded(
        position=1, event_id=uuid4(), stream=uuid4(), lead=1, version=1, time=told.time, recorded_at=told.known or 0,
        source=told.source, id=told.id, subject=told.subject, data=told.data, schema_version=told.schema_version,
        actor=told.actor, sequence=told.sequence, correlation_id=told.correlation_id, causation_id=told.causation_id,
        run="r", extensions=told.extensions, kept=told.kept, hash=bytes(32),
    )  # fmt: skip


@given(st.integers(0, 1000))
def test_what_goes_out_comes_in_again_as_the_same(seed):
    for event in history(3, seed):
        told = proposal(event, Sender(archive=True))
        again = proposal(cloudevent(recorded(told)), Sender(archive=True))
        assert replace(again, data=told.data) == told
        assert parted(again.data) == parted(told.data)

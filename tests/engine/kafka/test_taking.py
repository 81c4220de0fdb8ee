"""One batch, one transaction: the fence, and what becomes of a batch that something is wrong with. Needs no broker."""

import json

import pytest

from engine.intake.batch import Batch
from engine.intake.summary import Summary
from engine.intake.taking import Portion, Step, Taking
from engine.kafka.records import Content, Records
from engine.store.errors import DiskFull, StaleOffset
from tests.engine.kafka.conftest import mixed

CHANNEL = "kafka:leads:0"


def nothing(_writing):
    """No more is written."""


@pytest.fixture
def records(desk):
    return Records(desk.workspace.sender_of)


def portion(records, events):
    elements = [
        element
        for place, event in enumerate(events)
        for element in records.of_content(Content(None, (), json.dumps(event).encode()), f"offset {place}")
    ]
    return [Portion(records.sender_of, elements)]


def taking(desk, summary=None, also=nothing):
    return Taking(desk.workspace.log, desk.workspace.keys, summary or Summary("run"), also)


def offset(desk):
    with desk.workspace.log.reading() as reading:
        return reading.offset(CHANNEL)


@pytest.mark.parametrize("expected", [None, 10, 39, 41])
@pytest.mark.parametrize("reached", [39, 40, 80])
def test_a_stale_offset_writes_nothing_whether_it_would_rise_or_fall(desk, records, expected, reached):
    taking(desk).take([], [Step(CHANNEL, None, 40)])
    summary = Summary("run")
    with pytest.raises(StaleOffset):
        taking(desk, summary).take(portion(records, mixed(2, 3)), [Step(CHANNEL, expected, reached)])
    assert (desk.types(), desk.kept(), offset(desk), summary) == ([], [], 40, Summary("run"))


def test_one_stale_partition_of_several_stops_the_whole_batch(desk, records):
    taking(desk).take([], [Step(CHANNEL, None, 40)])
    with pytest.raises(StaleOffset):
        taking(desk).take(portion(records, mixed(2, 3)), [Step("kafka:leads:1", None, 3), Step(CHANNEL, 3, 80)])
    with desk.workspace.log.reading() as reading:
        assert reading.offset("kafka:leads:1") is None
    assert desk.types() == []


@pytest.mark.parametrize("places", [(0,), (57,), (99,), (0, 57, 99), (3, 4, 5)])
def test_a_bug_takes_aside_the_events_that_meet_it_and_no_other(desk, records, monkeypatch, places):
    events = mixed(4, 25)
    bad = {events[place]["id"] for place in places}
    plain = Batch._take

    def broken(self, element, arrival):
        if element.proposal.id in bad:
            raise ZeroDivisionError("division by zero")
        plain(self, element, arrival)

    monkeypatch.setattr(Batch, "_take", broken)
    summary, also = Summary("run"), []
    taking(desk, summary, also.append).take(portion(records, events), [Step(CHANNEL, None, 100)])
    found = [desk.workspace.log.recorded(row) for row in desk.workspace.log.rows()]
    assert [one.id for one in found] == [event["id"] for event in events if event["id"] not in bad]
    assert (summary.read, summary.recorded, summary.quarantined) == (100, 100 - len(bad), len(bad))
    assert {word for _, _, word in desk.kept()} == {"bug"}
    assert all("ZeroDivisionError: division by zero" in reason for reason in desk.reasons())
    assert offset(desk) == 100
    assert len(also) == 1


@pytest.mark.parametrize("error", [DiskFull(path="log.db"), OSError(28, "No space left on device"), MemoryError()])
def test_a_fault_of_the_environment_puts_nothing_aside_and_counts_nothing(desk, records, monkeypatch, error):
    summary = Summary("run")
    steps = [Step(CHANNEL, None, 6)]
    mine = taking(desk, summary)
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "_end", lambda *_: (_ for _ in ()).throw(error))
        with pytest.raises(type(error)):
            mine.take(portion(records, mixed(2, 3)), steps)
    assert (desk.types(), desk.kept(), offset(desk), summary) == ([], [], None, Summary("run"))
    mine.take(portion(records, mixed(2, 3)), steps)
    assert (summary.read, summary.recorded, offset(desk)) == (6, 6, 6)

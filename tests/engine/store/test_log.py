"""What the log gives back, and how it is read."""

from typing import Any

import pytest
from eventsourcing.persistence import EventStore, IntegrityError

from engine.privacy.ids import business_stream, event_id, stream_id
from engine.store.errors import StaleOffset
from engine.store.log import Head, Log, Name
from engine.store.mapper import Placed
from events.instants import Instant, Precision


def stream(keys, lead):
    return stream_id(keys.secret, "crm", lead)


def test_an_empty_log_stands_at_zero(log):
    assert log.head() == Head(0, bytes(32), 0)
    assert log.hash_at(0) == bytes(32)
    assert log.hash_at(1) is None
    assert list(log.rows()) == []
    assert list(log.batches(0, 10)) == []


def test_what_was_appended_is_given_back_whole(log, keys, clock, record):
    assert record("L1", id="x1", time=Instant(5, 9, 20_454, Precision.DAY)) == [1]
    (row,) = log.rows()
    event = log.recorded(row)
    assert (event.position, event.lead, event.version, event.stream) == (1, 1, 1, stream(keys, "L1"))
    assert event.event_id == event_id(keys.secret, "crm", "x1")
    assert (event.source, event.id, event.subject) == ("crm", "x1", "L1")
    assert (event.actor, event.sequence, event.run) == ("sdr:anna", 7, "run-1")
    assert (event.correlation_id, event.causation_id) == ("c-1", "c-0")
    assert event.time == Instant(5, 9, 20_454, Precision.DAY)
    assert event.recorded_at == clock.at
    assert (event.data.company, event.data.email) == ("Adler Maschinenbau", "L1@example.test")
    assert event.hash == log.head().hash == log.hash_at(1)


def test_a_business_event_has_no_lead_and_counts_versions_of_its_stream(log, keys, record):
    quota = business_stream(keys.secret, "quotas")
    data = {"rep": "anna", "period": "2026", "amount": 100, "currency": "EUR"}
    with log.writing() as writing:
        writing.append(
            [record.draft("quotas", 0, stream=quota, type="QuotaSet", data=data, personal=None) for _ in range(2)]
        )
    with log.writing() as writing:
        writing.append(
            [record.draft("quotas", 0, stream=quota, type="QuotaSet", data=data, personal={"subject": "quotas"})]
        )
    assert [(row.lead, row.version, row.stream) for row in log.rows()] == [(0, 1, quota), (0, 2, quota), (0, 3, quota)]
    assert [log.recorded(row).subject for row in log.rows()] == [None, None, "quotas"]


def test_leads_are_numbered_from_one_in_order_of_first_mention(log, keys, record):
    record("L1", "L2", "L1")
    with log.writing() as writing:
        assert writing.numbers([stream(keys, "L3"), stream(keys, "L1")]) == {
            stream(keys, "L3"): 3,
            stream(keys, "L1"): 1,
        }
    assert log.lead_numbers([stream(keys, "L2"), stream(keys, "L4")]) == {stream(keys, "L2"): 2}
    assert log.streams([3, 4]) == {3: stream(keys, "L3")}
    assert log.names([1, 3]) == {1: Name("crm", "L1", stream(keys, "L1")), 3: Name(None, None, stream(keys, "L3"))}
    assert [(row.lead, row.version) for row in log.rows()] == [(1, 1), (2, 1), (1, 2)]


def test_versions_go_on_over_transactions_and_within_them(log, record):
    record("L1", "L1")
    record("L1")
    with log.writing() as writing:
        writing.append([record.draft("L1", 1)])
        writing.append([record.draft("L1", 1)])
        assert writing.head.position == 5
    assert [row.version for row in log.rows()] == [1, 2, 3, 4, 5]


def test_a_key_is_recorded_once(log, keys, record):
    record("L1", id="x1")
    with pytest.raises(IntegrityError):
        record("L2", id="x1")
    assert log.head().position == 1
    with log.writing() as writing:
        asked = [event_id(keys.secret, "crm", id_) for id_ in ("x1", "x2")]
        assert writing.known(asked) == {asked[0]: 1}
        assert writing.recorded(1).id == "x1"
        with pytest.raises(KeyError):
            writing.recorded(2)


def test_a_transaction_that_fails_leaves_nothing_and_no_gap(log, keys, record):
    record("L1")

    def half_of_a_batch():
        with log.writing() as writing:
            writing.append([record.draft("L1", 1)])
            writing.numbers([stream(keys, "L2")])
            writing.track("file", 10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_of_a_batch()
    assert log.head().position == 1
    assert log.lead_numbers([stream(keys, "L2")]) == {}
    assert record("L2") == [2]
    assert log.keys.head().position == 2
    with log.reading() as reading:
        assert reading.offset("file") is None


def test_rows_are_filtered(log, record):
    record("L1", "L2", "L1", time=Instant.exact(10))
    record("L2", time=Instant.exact(20), run="run-2", type="LeadScored", data={"score": 3}, source="web")
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [1, 2, 3, 4]),
        ({"after": 1}, [2, 3, 4]),
        ({"to": 2}, [1, 2]),
        ({"after": 1, "limit": 2}, [2, 3]),
        ({"types": ["LeadScored", "DealWon"]}, [4]),
        ({"lead": 2}, [2, 4]),
        ({"lead": 2, "after": 2}, [4]),
        ({"lead": 2, "limit": 1}, [2]),
        ({"lead": 0}, []),
        ({"since": 11}, [4]),
        ({"until": 20}, [1, 2, 3]),
        ({"source": "web"}, [4]),
        ({"run": "run-1", "lead": 1}, [1, 3]),
        ({"limit": 0}, []),
    ]
    for asked, expected in cases:
        assert [row.position for row in log.rows(**asked)] == expected, asked
        if "limit" not in asked:
            assert log.count(**asked) == len(expected), asked
    assert [row.position for row in log.by_lead(["LeadCaptured"])] == [1, 3, 2]
    assert [row.position for row in log.by_lead(["LeadCaptured", "LeadScored", "InteractionLogged"])] == [1, 3, 2, 4]
    assert [row.position for row in log.first_events()] == [1, 2]
    assert log.sources() == ["crm", "web"]


def test_many_rows_come_page_by_page(log, record, monkeypatch):
    monkeypatch.setattr("engine.store.log.PAGE", 3)
    record(*["L1", "L2"] * 5)
    assert [row.position for row in log.rows()] == list(range(1, 11))
    assert [row.position for row in log.rows(limit=7)] == list(range(1, 8))
    assert [row.position for row in log.rows(lead=2)] == [2, 4, 6, 8, 10]
    assert [row.position for row in log.by_lead(["LeadCaptured"])] == [1, 3, 5, 7, 9, 2, 4, 6, 8, 10]
    assert [row.position for row in log.first_events()] == [1, 2]


def test_what_decisions_need_is_read_at_once(log, record):
    record("L1", "L2", "L3")
    record("L1", type="InteractionLogged", data={"kind": "page_view", "direction": "inbound"})
    record("L1", type="LeadsMerged", data={"merged": "someone"})
    with log.writing() as writing:
        by_lead = writing.rows_of([1, 2, 9], ["LeadCaptured"])
        assert {lead: [row.position for row in rows] for lead, rows in by_lead.items()} == {1: [1], 2: [2]}
        assert [row.position for row in writing.rows_of([1], ["InteractionLogged", "LeadCaptured"])[1]] == [1, 4]
        assert [row.clear() for row in writing.merges()] == [{"merged": "someone"}]
        assert writing.merges(after=5) == []


def test_batches_hold_the_columns_of_the_history(log, record, clock, monkeypatch):
    monkeypatch.setattr("engine.store.arrow.SIZE", 2)
    record("L1", "L2", time=Instant(5, 9, 20_454, Precision.DAY))
    record("L1", actor=None, run=None, sequence=None)
    batches = list(log.batches(0, 3))
    assert [batch.num_rows for batch in batches] == [2, 1]
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert rows[1] == {
        "position": 2, "lead": 2, "type": "LeadCaptured", "occurred": 5, "occurred_until": 9, "day": 20_454, "precision": 1,
        "recorded": clock.at, "source": "crm", "actor": "sdr:anna", "sequence": 7, "run": "run-1",
        "data": '{"company":"Adler Maschinenbau"}',
    }  # fmt: skip
    assert (rows[2]["actor"], rows[2]["run"], rows[2]["sequence"], rows[2]["day"]) == (None, None, None, None)
    assert [batch.to_pylist() for batch in log.batches(1, 2)] == [[rows[1]]]


def test_readers_see_what_is_committed_and_do_not_wait(log, record, tmp_path, keys):
    record("L1")
    other = Log.open(tmp_path / "log.db", keys, read_only=True)
    with log.writing() as writing:
        writing.append([record.draft("L1", 1)])
        assert [row.position for row in other.rows()] == [1]
        assert sum(batch.num_rows for batch in other.batches(0, 2)) == 1
        assert other.head().position == 1
    assert other.head().position == 2
    other.close()


def test_an_offset_only_rises(log):

    with log.writing() as writing:
        assert writing.offset("leads-0") is None
        writing.track("leads-0", 5)
        writing.track("leads-0", 5)
        assert writing.offset("leads-0") == 5
    with pytest.raises(StaleOffset, match="leads-0 stands at offset 5 already"), log.writing() as writing:
        writing.track("leads-0", 4)


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        ({"data": {"email": "l1@example.test"}}, "are personal and must be sealed"),
        ({"data": {"colour": "red"}}, "colour"),
        ({"personal": None}, "personal part"),
        ({"type": "LeadTeleported"}, "vocabulary"),
    ],
)
def test_what_must_never_reach_the_log_is_refused(log, record, draft, told):
    with pytest.raises(ValueError, match=told):
        record("L1", **draft)
    assert log.head().position == 0


def test_the_library_stores_and_reads_through_our_parts(log, keys, record):
    store = EventStore(log._factory.mapper(), log._factory.application_recorder())
    with log.writing() as writing:
        number = writing.numbers([stream(keys, "L1")])[stream(keys, "L1")]
    store.put([Placed(record.draft("L1", number, id="x1"), 1)])
    event: Any
    (event,) = store.get(stream(keys, "L1"))
    assert (event.subject, event.id, event.version, event.data.email) == ("L1", "x1", 1, "L1@example.test")
    with pytest.raises(IntegrityError):
        store.put([Placed(record.draft("L1", number, id="x2"), 1)])

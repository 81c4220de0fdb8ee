"""Erased, and nowhere there any more; what comes later of that person is counted and not known."""

from dataclasses import replace

from engine.ledger.verify import verify
from engine.privacy.ids import stream_id

MARKS = [b"mark-id", b"mark-mail", b"mark-trace", b"mark-kept"]


def personal(lead):
    return {
        "subject": f"mark-id-{lead}", "id": f"mark-id-{lead}-1", "data": {"email": f"mark-mail-{lead}@example.test"},
        "extensions": {"traceparent": f"mark-trace-{lead}"}, "kept": {"nickname": f"mark-kept-{lead}"},
    }  # fmt: skip


def files(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir())


def erase(keys, lead):
    return keys.erase([stream_id(keys.secret, "crm", lead)])


def test_nothing_personal_ever_lies_open_in_any_file(log, record, tmp_path):
    record("L1", personal=personal("L1"))
    (event,) = map(log.recorded, log.rows())
    assert event.extensions == {"traceparent": "mark-trace-L1"}
    assert event.kept == {"nickname": "mark-kept-L1"}
    assert [mark for mark in MARKS if mark in files(tmp_path)] == []


def test_once_erased_the_events_remain_and_the_person_is_gone(log, keys, record):
    record("L1", "L2", "L1")
    assert erase(keys, "L1") == 1
    gone, other, gone_too = map(log.recorded, log.rows())
    for event in (gone, gone_too):
        assert (event.id, event.subject, event.data.email) == (None, None, None)
        assert event.data.company == "Adler Maschinenbau"
    assert (other.subject, other.data.email) == ("L2", "L2@example.test")
    assert {number: name.subject for number, name in log.names([1, 2]).items()} == {1: None, 2: "L2"}
    assert verify(log).whole


def test_what_comes_after_the_erasure_is_recorded_without_its_personal_part(log, keys, record, tmp_path):
    record("L1", "L2")
    erase(keys, "L1")
    record("L1", "L2", personal=personal("L1"))
    *_, late, other = log.rows()
    assert (late.sealed, late.after_erasure, other.after_erasure) == (None, True, False)
    assert log.recorded(late).extensions == {"erased": True}
    assert log.recorded(late).data.company == "Adler Maschinenbau"
    assert keys.is_erased(late.stream)
    assert [mark for mark in MARKS if mark in files(tmp_path)] == []
    assert verify(log).whole


def test_an_erasure_while_a_batch_is_being_recorded_leaves_nothing_readable(log, keys, record):
    record("L1")
    with log.writing() as writing:
        writing.append([record.draft("L1", 1)])
        erase(keys, "L1")
    assert [log.recorded(row).subject for row in log.rows()] == [None, None]
    assert verify(log).whole


def test_sealed_bytes_open_at_their_own_place_only(log, keys, record):
    record("L1", "L1")
    one, two = log.rows()
    assert log.recorded(replace(one, sealed=two.sealed)).subject is None
    assert log.recorded(replace(one, originator_version=2)).subject is None

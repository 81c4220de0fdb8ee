"""A record becomes elements: modes, what is no event, batches, mappings, and the same once more out of quarantine."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.intake.again import parse_again
from engine.intake.mapping import load
from engine.intake.summary import Summary
from engine.intake.taking import Portion, Step, Taking
from engine.kafka.records import Content, Records, decoded, encoded
from events.cloudevents import Sender

CASE = Path(__file__).parents[2] / "cases" / "intake" / "14-kafka-binary-and-null"


@dataclass
class Record:
    value: bytes | None
    headers: Any = ()
    key: bytes | None = b"K-1"
    topic: str = "leads"
    partition: int = 0
    offset: int = 4


def sender_of(name):
    return Sender(name)


def binary(**attributes):
    told = {"specversion": "1.0", "id": "1", "source": "crm", "type": "LeadCaptured", "subject": "K-1",
            "time": "2026-03-02T09:00:00Z"} | attributes  # fmt: skip
    return [(f"ce_{name}", value.encode()) for name, value in told.items() if value is not None]


def event(**told):
    return json.dumps(
        {"id": "1", "type": "LeadCaptured", "subject": "K-1", "time": "2026-03-02T09:00:00Z"} | told
    ).encode()


def read(record, **declared):
    (element,) = Records(sender_of, **declared).elements(record)
    return element


def fault_of(record, **declared):
    fault = read(record, **declared).fault
    assert fault is not None
    return fault.field, fault.word


def test_case_14(desk):
    told = [
        Record(
            None if one["value_base64"] is None else base64.b64decode(one["value_base64"]),
            [(name, text.encode()) for name, text in one["headers"]],
            one["key"].encode(), one["topic"], one["partition"], one["offset"],
        )
        for one in json.loads((CASE / "records.json").read_text())
    ]  # fmt: skip
    expected = YAML(typ="safe", pure=True).load((CASE / "expect.yaml").read_text())
    records = Records(desk.workspace.sender_of)
    elements = [element for one in told for element in records.elements(one)]
    summary = Summary("run")
    taking = Taking(desk.workspace.log, desk.workspace.keys, summary, lambda _writing: None)
    taking.take([Portion(records.sender_of, elements)], [Step("kafka:leads:0", None, told[-1].offset + 1)])
    log = desk.workspace.log
    found = [log.recorded(row) for row in log.rows()]
    assert [one.id for one in found] == [one["id"] for one in expected["recorded"]["events"]]
    assert [one.subject for one in found] == [one["lead"] for one in expected["recorded"]["events"]]
    assert len(found) == expected["recorded"]["count"]
    assert (found[-1].schema_version, found[-1].actor, found[-1].correlation_id) == (1, "sdr:r01", "corr-10")
    with desk.workspace.quarantine() as quarantine:
        kept = [(entry.where, entry.reason) for entry in quarantine.entries()]
    assert len(kept) == expected["quarantine"]["count"]
    for (where, reason), wanted in zip(kept, expected["quarantine"]["entries"], strict=True):
        assert where == f"topic leads, partition 0, offset {wanted['offset']}"
        assert str(wanted["reason"]) in reason
    with log.reading() as reading:
        assert reading.offset("kafka:leads:0") == 12


def test_ce_headers_in_any_case_decide_binary_mode():
    headers = [(name.upper(), value) for name, value in binary(id="b1")]
    assert read(Record(b'{"channel": "web"}', headers)).proposal.id == "b1"
    structured = [("content-type", b"application/cloudevents+json")]
    assert read(Record(b"{}", [*binary(id="b2"), *structured])).proposal.id == "b2"


@pytest.mark.parametrize("kind", [b"application/cloudevents+json; charset=UTF-8", b"application/json", None])
def test_without_ce_headers_it_is_structured(kind):
    headers = [("Content-Type", kind)] if kind else []
    assert read(Record(event(source="crm"), headers)).proposal.source == "crm"


def test_header_values_are_converted_to_their_types():
    headers = binary(schemaversion="1", sequence="-7", correlationid="17")
    proposal = read(Record(b'{"company_size": "50"}', headers)).proposal
    assert (proposal.schema_version, proposal.sequence, proposal.correlation_id) == (1, -7, "17")


def test_data_in_binary_mode_is_as_strict_as_any_json():
    assert fault_of(Record(b'{"score": "80"}', binary(type="LeadScored")))[0] == "score"
    assert fault_of(Record(b'{"region": "a", "region": "b"}', binary()))[1] == "duplicate"
    assert fault_of(Record(b"[]", binary())) == ("data", "object")
    assert fault_of(Record(b"\xff", binary())) == ("data", "utf-8")


def test_foreign_headers_are_ignored():
    headers = [*binary(), ("traceparent", b"00-1"), ("x", b"\xff\x00"), ("x", None)]
    assert read(Record(b"{}", headers)).proposal.extensions == {}


def test_other_attributes_of_cloudevents_are_kept():
    assert read(Record(b"{}", binary(traceparent="00-1"))).proposal.extensions == {"traceparent": "00-1"}


@pytest.mark.parametrize(
    ("value", "headers", "expected"),
    [
        (None, [], ("value", "null")),
        (None, binary(), ("value", "null")),
        (b"", binary(), ("data", "json")),
        (b"", [], ("data", "json")),
        (b"{}", binary(time=None), ("time", "time")),
        (b"{}", [*binary(), ("CE_ID", b"2")], ("CE_ID", "duplicate")),
        (b"{}", [*binary(), ("ce_actor", b"\xff")], ("ce_actor", "utf-8")),
        (b"{}", [*binary(), ("ce_actor", b"a\0b")], ("ce_actor", "nul")),
        (b"{}", [*binary(), ("ce_actor", None)], ("ce_actor", "null")),
        (b"{}", [*binary(), ("ce_data", b"x")], ("ce_data", "unknown")),
        (b"{}", [*binary(), ("ce_correlation-id", b"x")], ("correlation-id", "unknown")),
        (b"[]", [], ("", "object")),
        (b"{", [], ("", "json")),
        (b"x" * (1 << 20), [], ("message", "range")),
    ],
)
def test_what_is_no_event_has_its_word(value, headers, expected):
    assert fault_of(Record(value, headers)) == expected


def test_a_faulty_binary_event_still_tells_whose_it_is():
    element = read(Record(None, binary()))
    assert element.hints == {"source": "crm", "id": "1", "subject": "K-1", "type": "LeadCaptured"}
    assert element.where == "topic leads, partition 0, offset 4"


def test_an_event_without_a_source_takes_that_of_the_topic():
    assert read(Record(event()), source="hubspot").proposal.source == "hubspot"
    assert fault_of(Record(event()))[0] == "source"


def test_batches_only_where_content_type_or_declaration_says_so():
    value = b"[" + event(id="1", source="a") + b', {"type": 1}, ' + event(id="3", source="a") + b"]"
    assert fault_of(Record(value)) == ("", "object")
    headers = [("content-type", b"application/cloudevents-batch+json")]
    for found in (
        Records(sender_of).elements(Record(value, headers)),
        Records(sender_of, batch=True).elements(Record(value)),
    ):
        assert [one.proposal and one.proposal.id for one in found] == ["1", None, "3"]
        assert found[1].where == "topic leads, partition 0, offset 4, element 2"
        assert decoded(found[1].raw).value == b'{"type": 1}'
        (again,) = parse_again(found[0].raw, found[0].context, sender_of)
        assert again.proposal == found[0].proposal


MAPPING = """
source = "marketing"
zone = "Europe/Berlin"
time_formats = ["%d.%m.%Y %H:%M"]
null = ["n/a"]
[[event]]
type = "LeadCaptured"
id = "{meta.id}"
subject = "{contact.id}"
time = "{meta.at}"
data.email = "{contact.email}"
data.region = "{region}"
[[event]]
type = "LeadScored"
subject = "{contact.id}"
id = "{meta.id}-score"
time = "{meta.at}"
when.score = { present = true }
data.score = "{score}"
"""


def test_json_by_a_mapping_names_what_lies_deeper_with_dots(tmp_path):
    (tmp_path / "m.toml").write_text(MAPPING)
    records = Records(sender_of, mapping=load(tmp_path / "m.toml"))
    value = {
        "meta": {"id": 7, "at": "02.03.2026 10:00"},
        "contact": {"id": "C1", "email": "a@b.example"},
        "region": "n/a",
    }
    captured, scored = records.elements(Record(json.dumps(value | {"score": 80}).encode(), binary()))
    assert (captured.proposal.id, captured.proposal.subject, captured.proposal.source) == ("7", "C1", "marketing")
    assert str(captured.proposal.time) == "2026-03-02T09:00:00Z"
    assert captured.proposal.data.region is None
    assert scored.proposal.data.score == 80
    (bad,) = [one for one in records.elements(Record(json.dumps(value | {"score": "high"}).encode())) if one.fault]
    assert (bad.fault.field, bad.hints["subject"]) == ("score", "C1")
    (tmp_path / "m.toml").write_text(
        MAPPING.replace('data.score = "{score}"', 'data.score = { column = "score", map = { high = "90" } }')
    )
    (mended,) = parse_again(bad.raw, bad.context, sender_of)
    assert mended.proposal.data.score == 90


@given(
    st.none() | st.binary(max_size=50),
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8"), max_size=8), st.none() | st.binary(max_size=20)), max_size=4
    ),
    st.none() | st.binary(max_size=200),
)
def test_whatever_a_record_holds_it_is_kept_to_the_byte_and_becomes_elements(key, headers, value):
    content = Content(key, headers, value)
    assert decoded(encoded(content)) == content
    (element,) = Records(sender_of).of_content(content, "")
    assert element.fault is not None
    assert element.fault.word != "bug"
    (again,) = parse_again(element.raw, element.context, sender_of)
    assert (again.fault.field, again.fault.word, again.raw) == (element.fault.field, element.fault.word, element.raw)


@pytest.mark.parametrize("error", [StopIteration, KeyError, ZeroDivisionError])
def test_a_bug_met_by_one_record_is_that_records_fault(monkeypatch, error):
    def broken(*_args, **_named):
        raise error("oops")

    monkeypatch.setattr("engine.kafka.records.object_element", broken)
    element = read(Record(event()))
    assert element.fault.word == "bug"
    assert error.__name__ in element.fault.detail
    assert "leadlog" in element.fault.detail


def test_a_message_too_long_keeps_its_beginning():
    element = read(Record(b"x" * 2_000_000))
    assert len(element.raw) < 1_100_000
    (again,) = parse_again(element.raw, element.context, sender_of)
    assert again.fault.word == "range"

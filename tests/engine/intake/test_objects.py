"""JSON objects through a mapping: what lies deeper has a name with dots; numbers and truths keep their meaning."""

import json

import pytest

from engine.intake.again import parse_again
from engine.intake.mapping import Mapping, parsed
from events.cloudevents import Sender

MAPPING = """
source = "web"
format = "json"
[[event]]
type = "DealWon"
id = "won/{deal.id}"
subject = "{contact.id}"
time = "{at}"
when = { won = true }
[event.data]
opportunity = "{deal.id}"
amount = "{deal.lines.0.amount}"
currency = "EUR"
"""


def order(**told):
    return {"contact": {"id": 12345}, "at": "2026-03-02T09:00:00Z", "won": True, "deal": deal(1234.5)} | told


def deal(amount):
    return {"id": "D1", "lines": [{"amount": amount}, {"amount": 1}]}


def test_an_object_becomes_the_event_that_the_mapping_makes_of_it(taken):
    (element,) = taken(json.dumps(order()) + "\n", MAPPING)
    found = element.proposal
    assert (found.source, found.id, found.subject, found.data.amount) == ("web", "won/D1", "12345", 123_450)
    assert element.offset == len(json.dumps(order())) + 1


@pytest.mark.parametrize(
    ("written", "minor"),
    [("1250", 125_000), ("12.50", 1_250), ("1e2", 10_000), ("12.0", 1_200), ('"12.5"', 1_250), ("-0.0", 0)],
)
@pytest.mark.parametrize("marks", ["", "decimal = '.'\nthousands = ','\n"])
def test_numbers_are_numbers(taken, written, minor, marks):
    content = json.dumps(order(deal=deal("NUMBER"))).replace('"NUMBER"', written)
    assert taken(content, marks + MAPPING)[0].proposal.data.amount == minor


def test_numbers_of_json_are_not_written_with_the_marks_of_the_file(taken):
    marks = "decimal = ','\nthousands = '.'\n"
    assert taken(json.dumps(order(deal=deal(1234.56))), marks + MAPPING)[0].proposal.data.amount == 123_456
    assert taken(json.dumps(order(deal=deal("1.234,56"))), marks + MAPPING)[0].proposal.data.amount == 123_456
    assert taken(json.dumps(order(deal=deal("1234.56"))), marks + MAPPING)[0].fault.field == "amount"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (json.dumps(order(deal=deal(float("nan")))), "range"),
        (json.dumps(order(deal=deal("NUMBER"))).replace('"NUMBER"', "1e99999999"), "range"),
        (json.dumps(order(deal=deal("NUMBER"))).replace('"NUMBER"', "9" * 5000), "range"),
        (json.dumps(order(**{"contact.id": "7"})), "duplicate"),
        (json.dumps(order(contact={"id": "a\0b"})), "nul"),
        (json.dumps(order(contact={"id": "\ud800"})), "surrogate"),
        (json.dumps(order(won="perhaps")), "range"),
        (json.dumps(order(at=1772442000)), "time"),
        (json.dumps(order(contact=None)), "null"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "nest"),
        ("[]", "object"),
        ('{"a": 1} {"a": 1}', "json"),
        (b'{"a": "\xe4"}', "utf-8"),
    ],
)
def test_each_kind_of_bad_object_has_its_word_and_the_next_is_taken(taken, content, word):
    raw = content if isinstance(content, bytes) else content.encode()
    first, second = taken(raw + b"\n" + json.dumps(order()).encode() + b"\n", MAPPING)
    assert (first.fault.word, second.proposal.id) == (word, "won/D1")


def test_truths_are_truths_whatever_the_files_own_spellings_are(taken):
    content = "\n".join(json.dumps(order(won=told)) for told in (True, False, "ja", None))
    found = taken(content, "true = ['ja']\nfalse = ['nein']\n" + MAPPING)
    assert [element.ignored for element in found] == [False, True, False, True]


def test_a_list_is_its_members_one_a_line(taken):
    mapping = """
        [[event]]
        type = "LeadScored"
        id = "{id}"
        subject = "{id}"
        time = "{at}"
        [event.data]
        score = "{score}"
        reasons = { column = "why", split = "\\n" }
    """
    content = json.dumps({"id": "1", "at": "2026-03-02", "score": 7, "why": ["opened", "asked", 3]})
    assert taken(content, mapping)[0].proposal.data.reasons == ("opened", "asked", "3")


def test_an_object_is_read_again_after_its_mapping_was_mended(taken):
    (bad,) = taken(json.dumps(order(at="02.03.2026")), MAPPING)
    assert bad.fault.word == "time"
    mended = Mapping("mapping.toml", parsed('time_formats = ["%d.%m.%Y"]\n' + MAPPING))
    (again,) = parse_again(bad.raw, bad.context, Sender, mended)
    assert (again.proposal.id, str(again.proposal.time)) == ("won/D1", "2026-03-02")

"""A JSON array of events: each is taken by itself, and only where somebody said that a batch comes."""

import io
import json

import pytest

from engine.intake.batches import batch_elements, members
from engine.intake.lines import LONGEST
from events.cloudevents import Sender

CONTEXT = {"format": "ndjson", "encoding": "utf-8", "source": "crm"}


def event(id_, **told):
    return json.dumps({"id": id_, "type": "LeadCaptured", "subject": "S", "time": "2026-03-02"} | told)


def words(elements):
    return [element.proposal.id if element.proposal else element.fault.word for element in elements]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("{bad}", "json"),
        ("", "json"),
        ("12", "object"),
        ("[]", "object"),
        ('"],["', "object"),
        ('{"id": 1e999}', "range"),
        ("[" * 5000 + "]" * 5000, "nest"),
        (event("2", time="soon"), "time"),
        (event("2", subject="a\0b"), "nul"),
        ('{"a": 1, "a": 2}', "duplicate"),
    ],
)
def test_a_bad_element_takes_no_other_with_it(taken, bad, word):
    elements = taken(f"[{event('1')}, {bad} ,{event('3')}]", format="batch")
    assert words(elements) == ["1", word, "3"]
    assert [element.where for element in elements] == ["element 1", "element 2", "element 3"]


def test_an_element_knows_its_own_bytes_and_where_it_ends(taken):
    content = f" [ {event('1')},\n{event('2')} ]\n"
    first, second = taken(content, format="batch")
    assert (first.raw.decode(), second.raw.decode()) == (event("1"), event("2"))
    assert content[: second.offset].endswith("]")


@pytest.mark.parametrize("end", [",", "", "]" + event("2"), ",]"])
def test_what_is_wrong_with_the_array_is_a_last_fault(taken, end):
    elements = taken(f"[{event('0')},{event('1')}{end}", format="batch")
    assert (words(elements)[0], words(elements)[-1]) == ("0", "json")


@pytest.mark.parametrize("content", ["", " ", "{}", "x", '"["'])
def test_what_is_no_array_is_one_fault(taken, content):
    (element,) = taken(content, format="batch")
    assert element.fault.word in ("json", "object")


def test_an_array_of_nothing_is_nothing(taken):
    assert taken(" [ ] ", format="batch") == []


def test_an_array_is_never_guessed(taken):
    (element,) = taken(f"[{event('1')}]\n")
    assert element.fault.word == "object"


def test_brackets_and_quotes_in_texts_part_nothing_wherever_the_portions_end():
    texts = ['a"]}\\', "\\", "],[", '\\"', "ä{"]
    content = json.dumps([{"subject": text} for text in texts], ensure_ascii=False).encode()

    class Slow(io.BufferedReader):
        def read1(self, _size=-1):
            return self.read(1)

    found = [json.loads(member.raw)["subject"] for member in members(Slow(io.BytesIO(content)))]
    assert found == texts


def test_an_element_that_is_too_long_is_one_fault(taken):
    long = event("2", data={"company": "x" * LONGEST})
    elements = taken(f"[{event('1')},{long},{event('3')}]", format="batch")
    assert words(elements) == ["1", "range", "3"]
    assert len(elements[1].raw) == LONGEST
    assert (elements[1].hints["id"], elements[1].context["cut"]) == ("2", True)


def test_a_batch_in_one_message():
    elements = batch_elements(f"[{event('1')},{{}}]".encode(), CONTEXT, lambda name: Sender(name or "crm"))
    assert words(elements) == ["1", "null"]
    assert elements[0].proposal.source == "crm"


def test_a_batch_by_a_mapping(taken):
    mapping = 'format = "batch"\n[[event]]\ntype = "LeadCaptured"\nid = "{k.id}"\nsubject = "{k.id}"\ntime = "{at}"'
    objects = [{"k": {"id": 7}, "at": "2026-03-02"}, {"k": 7}, {"k": {"id": 8.0}, "at": "2026-03-02"}]
    elements = taken(json.dumps(objects), mapping)
    assert words(elements) == ["7", "null", "8"]

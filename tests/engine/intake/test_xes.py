"""XES: each event of a trace is a row; what XML can hide is refused, and no file takes the machine down."""

import gzip
import tracemalloc

import pytest

from engine.intake.again import parse_again
from events.cloudevents import Sender

MAPPING = """
source = "desk"
[[event]]
type = "InteractionLogged"
id = "{case:concept:name}/{event_index}"
subject = "{case:concept:name}"
time = "{time:timestamp}"
sequence = "{event_index}"
[event.data]
kind = "other"
direction = "inbound"
outcome = "{concept:name}"
minutes = "{minutes}"
text = "{cost.currency}"
"""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
LOG = (
    '<log xmlns="http://www.xes-standard.org/"><global scope="event"><string key="minutes" value="9"/></global>{}</log>'
)


def event(more="", time="2026-03-02T09:00:00.000+01:00"):
    return f'<event><string key="concept:name" value="A"/><date key="time:timestamp" value="{time}"/>{more}</event>'


def log(*events, head=HEAD):
    return head + LOG.format(f'<trace><string key="concept:name" value="C1"/>{"".join(events)}</trace>')


def test_an_event_has_the_attributes_of_its_trace(taken):
    first, second = (
        element.proposal for element in taken(log(event(), event('<int key="minutes" value="3"/>')), MAPPING)
    )
    assert (first.id, first.subject, first.sequence, str(first.time)) == ("C1/0", "C1", 0, "2026-03-02T08:00:00Z")
    assert (first.data.minutes, second.data.minutes, second.id) == (None, 3, "C1/1")


def test_an_attribute_of_an_attribute_has_a_dot(taken):
    inner = '<float key="cost" value="1.5"><string key="currency" value="EUR"/></float>'
    assert taken(log(event(inner)), MAPPING)[0].proposal.data.text == "EUR"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ('<int key="minutes" value="many"/>', "range"),
        ('<float key="minutes" value="NaN"/>', "range"),
        ('<string key="minutes" value="1"/><string key="minutes" value="2"/>', "duplicate"),
        ('<string value="1"/>', "null"),
        ('<string key="a"/>', "null"),
        ('<string key="a" value="x">' * 5000 + "</string>" * 5000, "nest"),
        (f'<string key="a" value="{"x" * (1 << 20)}"/>', "range"),
    ],
)
def test_each_kind_of_bad_event_has_its_word_and_the_next_is_taken(taken, more, word):
    first, second = taken(log(event(more), event()), MAPPING)
    assert (first.fault.word, second.proposal.id) == (word, "C1/1")


def test_a_time_without_offset_needs_the_sources_zone(taken):
    content = log(event(time="2026-03-02T09:00:00.000"))
    assert taken(content, MAPPING)[0].fault.word == "zone"
    assert str(taken(content, 'zone = "Europe/Berlin"\n' + MAPPING)[0].proposal.time) == "2026-03-02T08:00:00Z"


LAUGHS = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("hidden", [LAUGHS, OUTSIDE, "<!DOCTYPE log>", '<!DOCTYPE log SYSTEM "log.dtd">'])
def test_document_types_and_entities_are_refused(taken, hidden):
    (element,) = taken(log(event('<string key="a" value="&x;"/>'), head=HEAD + hidden), MAPPING)
    assert (element.where, element.fault.word) == ("header", "header")
    assert "document type" in str(element.fault)


def test_a_log_that_is_cut_off_gives_what_came_before_and_one_fault(taken):
    first, last = taken(log(event(), event())[:-60], MAPPING)
    assert (first.proposal.id, last.fault.word, last.where) == ("C1/0", "encoding", "event 2")
    *good, last = taken(gzip.compress(log(*[event()] * 2000).encode())[:-20], MAPPING)
    assert len(good) > 1000
    assert (last.fault.field, last.fault.word) == ("gzip", "encoding")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "UTF-8"])
def test_the_encoding_is_the_declared_one(taken, encoding):
    content = log(event('<string key="cost" value="x"><string key="currency" value="Zł" /></string>'.replace("ł", "ö")))
    content = content.replace("UTF-8", encoding).encode(encoding)
    assert taken(content, MAPPING)[0].proposal.data.text == "Zö"


def test_bytes_that_are_none_of_the_encoding_end_the_log_with_one_fault(taken):
    content = log(event(), event('<string key="a" value="ö"/>')).encode("latin-1")
    first, last = taken(content, MAPPING)
    assert (first.proposal.id, last.fault.word) == ("C1/0", "encoding")


@pytest.mark.parametrize("mapping", [None, 'source = "desk"'])
def test_without_a_mapping_nothing_can_be_told(taken, mapping):
    (element,) = taken(log(event()), mapping)
    assert element.fault.word == "header"


def test_an_event_is_read_again_from_its_own_attributes(taken):
    (bad,) = taken(log(event(time="2026-03-02T09:00:00")), MAPPING)
    (again,) = parse_again(bad.raw, bad.context, Sender, declared(MAPPING))
    assert (again.proposal.id, str(again.proposal.time)) == ("C1/0", "2026-03-02T08:00:00Z")


def declared(text):
    from engine.intake.mapping import Mapping, parsed

    return Mapping("mended.toml", parsed('zone = "Europe/Berlin"\n' + text))


def test_memory_stays_flat_however_long_a_trace_is(taken):
    import io

    from engine.intake.reading import read

    content = io.BytesIO(log(*[event()] * 40_000).encode())
    tracemalloc.start()
    count = sum(element.proposal is not None for element in read(content, mapping=declared(MAPPING), sender_of=Sender))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000
    assert peak < 30 << 20

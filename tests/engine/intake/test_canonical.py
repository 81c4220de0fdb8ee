"""What is read in one go is what the exact reader reads; whatever else comes is left to that one."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.intake.arrival import arrival_of
from engine.intake.canonical import KIND_OF, canonical
from engine.intake.ndjson import ndjson_again
from engine.intake.reading import read
from engine.intake.ready import arrivals_of
from events.cloudevents import Sender
from events.registry import TYPES

SECRET = b"s" * 32
CONTEXT = {"format": "ndjson", "encoding": "utf-8", "source": "file"}
prepare = canonical(SECRET, "file")

ODD = [
    None, True, False, 0, 1, -1, 80.0, 2**63 - 1, 2**63, -(2**63) - 1, "", "EUR", "12.50", "12.505", "yes", "call", "inbound",
    "nps", "a@b.de", "x" * 80, "x" * 81, "x" * 255, "x" * 256, "x" * 1001, "\0", "\ud800", 'a":b', "2026-03-02", "2026-02-30",
    "ü", [], {}, ["a", "b"], ["a", 1], {"id": "L2"}, {"amount": "1", "every": "month"},
]  # fmt: skip
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=4), st.integers())
TIMES = st.sampled_from(
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02T09:00:00.1234567+01:00",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-03-02t09:00:00z",
        "x",
        5,
        None,
    ]
)
ATTRIBUTES = st.sampled_from(
    "id source subject actor sequence correlationid causationid schemaversion specversion datacontenttype knowntime position hash run"
    " traceparent correlationId data type company".split()
)


@st.composite
def lines(draw):
    """A line: an event of some type, mostly good, with whatever may go wrong in it; sometimes with a doubled key or a blank."""
    name = draw(st.sampled_from(sorted(TYPES)))
    fields = list(TYPES[name].model_fields)
    good = {
        "handoff": "H1",
        "opportunity": "O1",
        "offer": "F1",
        "owner": "anna",
        "reason": "late",
        "score": 80,
        "kind": "call",
    }
    good |= {
        "direction": "inbound",
        "purpose": "news",
        **dict.fromkeys(("budget", "authority", "need", "timeline"), "yes"),
    }
    data = {field: value for field, value in good.items() if field in fields and draw(st.integers(0, 9))}
    for field in draw(st.lists(st.sampled_from([*fields, "strange"]), max_size=3)):
        data[field] = draw(VALUES)
    event = {"id": "e1", "source": "crm", "type": name, "subject": "L1", "time": draw(TIMES), "data": data}
    for attribute in draw(st.lists(ATTRIBUTES, max_size=2)):
        event[attribute] = draw(VALUES)
    for attribute in draw(st.lists(st.sampled_from(list(event)), max_size=1)):
        del event[attribute]
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]))
    text = json.dumps(event, ensure_ascii=draw(st.booleans()), separators=separators)
    if draw(st.integers(0, 4)) == 0:
        text = text[:-1] + draw(
            st.sampled_from(
                [',"subject":"L1"}', ',"subject" :"L1"}', "", "}x", ',"data":{}}', ',"subje\\u0063t":"L1"}']
            )
        )
    return text.encode("utf-8", "surrogatepass")


def exact(raw, senders):
    element = ndjson_again(raw, CONTEXT, senders)
    return arrival_of(SECRET, element.proposal) if element.proposal else None


@settings(max_examples=1500)
@given(lines())
def test_what_is_prepared_is_what_the_exact_reader_understands(raw):
    prepared = prepare(raw)
    if prepared is not None:
        assert prepared == exact(raw, lambda name: Sender(name or "file", archive=True))


@pytest.mark.parametrize("name", sorted(kind.name for kind in KIND_OF.values()))
def test_a_plain_event_of_each_type_is_prepared(name):
    of = TYPES[name]
    given_ = {"handoff": "H1", "opportunity": "O1", "offer": "F1", "owner": "anna", "reason": "late", "score": 80}
    given_ |= {"kind": "nps" if name == "FeedbackGiven" else "call", "direction": "inbound", "purpose": "news"}
    given_ |= dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")
    data = {field: given_[field] for field, info in of.model_fields.items() if info.is_required()}
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "crm",
        "type": name,
        "subject": "L1",
        "time": "2026-03-02T09:00:00Z",
        "data": data,
    }
    raw = json.dumps(event).encode()
    assert prepare(raw) == exact(raw, Sender) is not None


def test_a_prepared_element_still_tells_its_proposal():
    raw = (
        b'{"id":"1","source":"crm","type":"CustomerOnboarded","subject":"L1","time":"2026-03-02T09:00:00Z","data":{}}\n'
    )
    (ready,) = read(io.BytesIO(raw), sender_of=lambda name: Sender(name or "file"), secret=SECRET)
    (told,) = read(io.BytesIO(raw), sender_of=lambda name: Sender(name or "file"))
    assert ready.proposal == told.proposal
    assert (ready.where, ready.raw, ready.offset, ready.context) == (told.where, told.raw, told.offset, told.context)
    assert arrivals_of(SECRET, [ready]) == arrivals_of(SECRET, [told])

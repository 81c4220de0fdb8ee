"""Whatever comes in becomes elements: no reader ever raises, and none reads on for ever."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.again import parse_again
from engine.intake.mapping import Mapping, parsed
from engine.intake.reading import read
from events.cloudevents import Sender

EVENT = {"id": "1", "source": "crm", "type": "LeadScored", "subject": "L", "time": "2026-03-02", "data": {"score": 7}}
NDJSON = ("".join(json.dumps(EVENT | {"id": str(number)}) + "\n" for number in range(3))).encode()
PLAIN = b'id;time;type;subject;score\n1;2026-03-02;LeadScored;"L;1";7\n\n2;2026-03-02;LeadScored;"L\n2";8\n'
TABLE = b'Nr,Tag,Punkte,Text\r\n1,02.03.2026,"1.234","a ""b"" c"\r\n2,03.03.2026,7,"x\r\ny"\r\n'
MAPPING = Mapping(
    "any.toml",
    parsed("""
        decimal = ","
        thousands = "."
        time_formats = ["%d.%m.%Y"]
        [[event]]
        type = "LeadScored"
        id = "scored/{Nr}"
        subject = "{Nr}"
        time = "{Tag}"
        data = { score = "{Punkte}" }
        [[event]]
        type = "LeadCaptured"
        id = "captured/{Nr}"
        subject = "{Nr}"
        time = ["{Tag}", 2020-01-01]
        when = { Text = { starts = "x" } }
        data = { company = "{Text}" }
    """),
)
JSON = (
    b'{"Nr": 1, "Tag": "2026-03-02", "Punkte": 7.0}\n{"Nr": {"a": [1, 2]}, "Tag": null, "Punkte": true, "Text": "x"}\n'
)
BATCH = b"[" + b", ".join(NDJSON.split(b"\n")[:3]) + b"]"
XES = b"""<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/"><string key="creator" value="x"/>
<trace><string key="Nr" value="1"/><event><date key="Tag" value="2026-03-02"/><int key="Punkte" value="7"/></event>
<event><string key="Text" value="x"><float key="deep" value="1.5"/></string></event></trace></log>"""
IN_XES = Mapping(
    "xes.toml",
    parsed("""
        [[event]]
        type = "LeadScored"
        id = "{case:Nr}/{event_index}"
        subject = "{case:Nr}"
        time = ["{Tag}", 2020-01-01]
        data = { score = "{Punkte}", model = "{Text.deep}" }
    """),
)
MARKS = [b"\n", b"\r", b"\r\n", b"\t", b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b"]
TAGS = [b"<event>", b"</event>", b"<trace>", b"<", b">", b"&a;", b"<!DOCTYPE log>", b'key="Tag"', b"]", b"\\", b"1e999"]
SIGNS = [b'"', b"'", b",", b";", b":", b"{", b"}", b"[" * 40, b"\\u", b"\\ud800", b"1e999", b"9" * 30, b'"id":"2",']
PIECES = st.sampled_from([*MARKS, *SIGNS, *TAGS, "ä".encode()])


@st.composite
def mutated(draw, good):
    """A good file with pieces put in, taken out and put in place of others."""
    content = bytearray(draw(st.sampled_from([good, good * 3])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 5))] = draw(PIECES | st.binary(max_size=4))
    return bytes(content)


def sound(content, **options):
    elements = list(read(io.BytesIO(content), sender_of=lambda name: Sender(name or "any"), **options))
    assert len(elements) <= 2 * len(content) + 3
    for element in elements:
        told = [element.proposal is not None, element.fault is not None, element.ignored]
        assert sum(told) == 1
        assert element.offset is None or element.offset <= len(content)
        str(element.fault).encode()
        json.dumps(dict(element.hints), ensure_ascii=False).encode()
    return elements


@given(st.binary(max_size=300) | mutated(NDJSON))
def test_any_bytes_as_ndjson(content):
    for element in sound(content, format="ndjson"):
        assert len(parse_again(element.raw, element.context, Sender)) == 1


@given(st.binary(max_size=300) | mutated(PLAIN))
def test_any_bytes_as_a_table_of_the_contracts_names(content):
    sound(content, format="csv")


@given(st.binary(max_size=300) | mutated(TABLE))
def test_any_bytes_as_a_mapped_table(content):
    for element in sound(content, mapping=MAPPING):
        if element.fault is not None:
            assert parse_again(element.raw, element.context, Sender, MAPPING)


@given(st.binary(max_size=300) | mutated(NDJSON) | mutated(PLAIN))
def test_any_bytes_of_any_format(content):
    sound(content)


@given(mutated(gzip.compress(NDJSON)))
def test_any_packed_bytes(content):
    list(read(io.BytesIO(content), sender_of=Sender))


@given(mutated(PLAIN), st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "cp1252", "shift_jis", "gb18030"]))
def test_any_bytes_of_a_declared_encoding(content, encoding):
    list(read(io.BytesIO(content), mapping=Mapping("m.toml", parsed(f'encoding = "{encoding}"')), sender_of=Sender))


@given(st.binary(max_size=300) | mutated(BATCH))
def test_any_bytes_as_a_batch(content):
    for element in sound(content, format="batch"):
        assert len(parse_again(element.raw, element.context, Sender)) == 1


@given(st.binary(max_size=300) | mutated(JSON), st.sampled_from(["ndjson", "batch"]))
def test_any_bytes_as_mapped_objects(content, format_):
    for element in sound(content, mapping=MAPPING, format=format_):
        assert parse_again(element.raw, element.context, Sender, MAPPING)


@given(st.binary(max_size=300) | mutated(XES))
def test_any_bytes_as_a_log_of_xes(content):
    for element in sound(content, mapping=IN_XES, format="xes"):
        assert parse_again(element.raw, element.context, Sender, IN_XES)


def parquet():
    columns = {"Nr": ["1", "2"], "Tag": ["2026-03-02", None], "Punkte": [7.5, None], "Text": ["x", "y"]}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, write_page_checksum=True)
    return file.getvalue()


@given(st.binary(max_size=300) | mutated(parquet()))
def test_any_bytes_as_parquet(content):
    for element in sound(content, mapping=MAPPING, format="parquet"):
        assert parse_again(element.raw, element.context, Sender, MAPPING)


@given(mutated(zstandard.compress(NDJSON)))
def test_any_bytes_in_frames(content):
    list(read(io.BytesIO(content), sender_of=Sender))

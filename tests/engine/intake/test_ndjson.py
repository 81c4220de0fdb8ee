"""One JSON object a line, strictly; one bad line never takes the next with it."""

import gzip
import io
import json

import pytest

from engine.intake.again import parse_again
from engine.intake.lines import lines
from engine.intake.reading import read
from events.cloudevents import Sender

EVENT = {"id": "1", "source": "web-form", "type": "LeadCaptured", "subject": "L-1", "time": "2026-03-02T09:00:00Z"}


def line(**fields):
    return json.dumps(EVENT | fields)


def words(elements):
    return [element.fault.word if element.fault else "taken" for element in elements]


@pytest.mark.parametrize(
    ("bad", "word", "told"),
    [
        (b'{"id": "\xff"}', "utf-8", "byte 9 (0xFF)"),
        (b'{"id": "\xed\xa0\x80"}', "utf-8", "0xED"),
        (b'{"id": 1', "json", "character"),
        (b"hello", "json", "character 1"),
        (b'{"id": "a"} {"id": "b"}', "json", "more than one document"),
        (b'{"id": "a", "id": "b"}', "duplicate", "id: duplicate"),
        (b'{"id" : "a", "id": "b"}', "duplicate", "id: duplicate"),
        (b'{"id": "a", "\\u0069d": "b"}', "duplicate", "id: duplicate"),
        (b'{"data": {"score": 1, "score": 2}}', "duplicate", "score: duplicate"),
        (b'{"data": {"a": {"b": 1, "b": 2}}}', "duplicate", "b: duplicate"),
        (b'{"score": NaN}', "range", "NaN"),
        (b'{"score": -Infinity}', "range", "-Infinity"),
        (b'{"score": 1e400}', "range", "1e400"),
        (b'{"score": 9223372036854775808}', "range", "9223372036854775808"),
        (b'{"data": {"score": 18446744073709551615}}', "range", "18446744073709551615"),
        (b'{"score": ' + b"9" * 5000 + b"}", "range", "beyond 64 bits"),
        (b'{"id": "\\ud800"}', "surrogate", "half a character"),
        (b'{"id": "\\u0000"}', "nul", "NUL"),
        (b"[" * 33 + b"]" * 33, "nest", "deeper than 32"),
        (b'{"a": ' * 100_000, "nest", "deeper than 32"),
        (b"[1]", "object", "list is no object"),
        (b"null", "object", "no object"),
    ],
)
def test_each_kind_of_bad_line_has_its_own_word_and_the_next_line_is_taken(taken, bad, word, told):
    first, second = taken(bad + b"\n" + line().encode() + b"\n", format="ndjson")
    assert first.fault.word == word
    assert told in str(first.fault)
    assert (first.raw, first.where, first.offset) == (bad + b"\n", "line 1", len(bad) + 1)
    assert second.proposal.id == "1"


@pytest.mark.parametrize(
    "good",
    [
        line(data={"company": 'a: b, {c} \\ "d"', "content": "{}"}),
        line(data={"company": "Müller \u0041 \U0001f600"}),
        json.dumps(EVENT | {"data": {"company": "\U0001f600"}}, ensure_ascii=True),
        line(data={"company": "[" * 50}),
        json.dumps(EVENT, separators=(" , ", " : ")),
    ],
)
def test_what_only_looks_like_a_fault_is_taken(taken, good):
    assert words(taken(good)) == ["taken"]


def test_numbers_of_64_bits_are_taken(taken):
    scored = {"type": "LeadScored", "data": {"score": -(2**63)}}
    assert taken(line(**scored))[0].proposal.data.score == -(2**63)


def test_blank_lines_are_passed_over_and_lines_keep_their_numbers(taken):
    elements = taken("\n" + line() + "\n \r\n" + line(id="2") + "\r\n")
    assert [element.where for element in elements] == ["line 2", "line 4"]


def test_a_last_line_without_its_end_is_taken_if_it_is_whole(taken):
    whole = taken(line() + "\n" + line(id="2"))
    assert words(whole) == ["taken", "taken"]
    assert whole[1].offset == len(line()) + 1 + len(line(id="2"))


def test_no_offset_passes_a_last_line_that_is_broken(taken):
    first, last = taken(line() + "\n" + line(id="2")[:-5])
    assert first.offset == len(line()) + 1
    assert (last.fault.word, last.offset) == ("json", None)
    assert last.hints == {"source": "web-form", "id": "2", "type": "LeadCaptured", "subject": "L-1"}


def test_a_faulty_event_still_tells_whose_it_is(taken):
    faulty = taken(line(time="tomorrow"))[0]
    assert faulty.fault.field == "time"
    assert faulty.hints == {"source": "web-form", "id": "1", "type": "LeadCaptured", "subject": "L-1"}


def test_a_line_that_is_too_long_is_one_fault_and_only_its_beginning_is_kept(taken):
    long = '{"id": "' + "x" * 5000 + '"}'
    first, second = taken(long + "\n" + line() + "\n", format="ndjson", longest=1000)
    assert (first.fault.word, len(first.raw), first.offset) == ("range", 1001, len(long) + 1)
    assert f"{len(long) + 1} bytes" in str(first.fault)
    assert second.where == "line 2"
    assert second.proposal is not None
    assert parse_again(first.raw, first.context, Sender)[0].fault.word == "range"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_line_of_just_too_many_bytes_takes_no_other_with_it(encoding):
    line_end = "\n".encode(encoding)
    for size in range(90, 120, 2):
        content = b"x" * size + line_end + b"y" * 6 + line_end
        found = list(lines(io.BufferedReader(io.BytesIO(content)), encoding, longest=100))
        assert [one.fault is None for one in found] == [size + len(line_end) <= 100, True]
        assert [one.end for one in found] == [size + len(line_end), len(content)]
        assert found[1].raw == b"y" * 6 + line_end


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_a_declaration(taken, encoding):
    content = (line(data={"company": "Müller ਊ Ċ"}) + "\n" + line(id="2") + "\n").encode(encoding)
    first, second = taken(content)
    assert first.proposal.data.company == "Müller ਊ Ċ"
    assert second.offset == len(content)


def test_utf_16_in_big_endian_order_is_read_too(taken):
    content = b"\xfe\xff" + (line(data={"company": "Ċ਀"}) + "\n" + line(id="2") + "\n").encode("utf-16-be")
    assert words(taken(content)) == ["taken", "taken"]


def test_events_that_name_no_source_have_the_declared_one(taken):
    unnamed = json.dumps({name: value for name, value in EVENT.items() if name != "source"})
    assert taken(unnamed)[0].proposal.source == "file"
    assert taken(unnamed, sender_of=Sender)[0].fault.field == "source"


def test_what_is_declared_of_each_source_holds_for_its_events(taken):
    declared = {"crm": Sender("crm", unknown="ignore")}
    strange = {"data": {"colour": "blue"}}
    elements = taken(
        line(source="crm", **strange) + "\n" + line(**strange),
        sender_of=lambda name: declared.get(name, Sender(name)),
    )
    assert words(elements) == ["taken", "unknown"]


def test_a_packed_file_is_told_by_its_first_bytes(taken):
    packed = gzip.compress((line() + "\n").encode()) + gzip.compress((line(id="2") + "\n").encode())
    assert [element.proposal.id for element in taken(packed)] == ["1", "2"]


def test_of_a_packed_file_that_ends_too_early_all_before_the_cut_is_taken_and_then_one_fault(taken):
    content = "".join(line(id=str(number), data={"company": f"{number * 7919} GmbH"}) + "\n" for number in range(500))
    packed = gzip.compress(content.encode())
    elements = taken(packed[: len(packed) // 2])
    assert words(elements)[-1] == "encoding"
    assert set(words(elements)[:-1]) == {"taken"}
    assert len(elements) > 100
    assert "complete" in str(elements[-1].fault)
    assert elements[-1].offset is None


def test_a_damaged_packed_file_is_one_fault_at_its_end(taken):
    packed = bytearray(gzip.compress((line() + "\n").encode()))
    packed[-6] ^= 1
    assert words(taken(bytes(packed))) == ["taken", "encoding"]


def test_progress_counts_the_bytes_as_they_lie_on_disk():
    told = []
    packed = gzip.compress((line() + "\n").encode() * 1000)
    elements = list(read(io.BytesIO(packed), sender_of=Sender, progress=told.append))
    assert len(elements) == 1000
    assert told[-1] == len(packed)


def test_an_empty_file_holds_nothing(taken):
    assert taken(b"", format="ndjson") == []


def test_a_mended_source_reads_a_quarantined_line_again(taken):
    strange = taken(line(data={"colour": "blue"}))[0]
    again = parse_again(strange.raw, strange.context, lambda name: Sender(name, unknown="keep"))
    assert again[0].proposal.kept == {"colour": "blue"}

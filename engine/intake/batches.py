"""Batches: a JSON array of objects, each taken by itself, so that a bad one takes no other with it.

Only where the content type, an option or a mapping says that a batch comes; an array is never guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader, BytesIO
from typing import Any, NamedTuple

import msgspec

from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.lines import LONGEST
from engine.intake.ndjson import object_element, seeming
from engine.intake.sources import PORTION
from events.cloudevents import Sender
from events.faults import Fault

CONTENT_TYPE = "application/cloudevents-batch+json"
OUTSIDE = re.compile(rb'["\[\]{},]')  # what tells where a member ends, outside of texts
INSIDE = re.compile(rb'\\|"')
BLANK = b" \t\r\n"

_parted = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Member(NamedTuple):
    """One member of an array. raw: its bytes, the beginning only where it is too long. end: offset after it; None: cut off."""

    number: int
    raw: bytes
    end: int | None
    fault: Fault | None = None


def batch_elements(raw: bytes, context: Mapping[str, Any], sender_of: SenderOf) -> list[Element]:
    """The elements of a batch of CloudEvents that came as one message.

    context: what reads one of its members again: {"format": "ndjson", "encoding": "utf-8", "source": …}.
    """

    def take(member: bytes, where: str) -> list[Element]:
        return [object_element(member, where, context, sender_of)]

    return list(elements_of(members_of(raw), take, context))


def members_of(raw: bytes) -> Iterator[Member]:
    """The members of an array that lies in memory: a good one is parted at once, a bad one sign by sign."""
    try:
        parted = _parted(raw)
    except (msgspec.DecodeError, RecursionError):
        yield from members(BufferedReader(BytesIO(raw)))
        return
    for number, member in enumerate(parted, 1):
        yield Member(number, bytes(member).strip(BLANK), None)


def elements_of(
    found: Iterator[Member], take: Callable[[bytes, str], list[Element]], context: Mapping[str, Any]
) -> Iterator[Element]:
    """What the members of a batch become. take: the elements of one, by its bytes and place."""
    for member in found:
        where = f"element {member.number}"
        if member.fault is not None:
            hints = hints_of(seeming(member.raw), Sender(context["source"]))
            cut = {**context, "cut": True}
            yield Element(where, member.raw, cut, fault=member.fault, hints=hints, offset=member.end)
            continue
        elements = take(member.raw, where)
        elements[-1].offset = member.end
        yield from elements


def members(
    stream: BufferedReader,
    longest: int = LONGEST,
    cut: Callable[[], Fault | None] = lambda: None,
) -> Iterator[Member]:
    """The members of a JSON array, one by one, in flat memory; what is wrong with the array itself is a last, faulty one.

    longest: bytes that a member may have. cut: why the stream ended before its time.
    """
    scan = _Scan(longest)
    while portion := stream.read1(PORTION):
        yield from scan.members(portion)
    fault = cut() or scan.fault()
    if fault is not None:
        yield Member(scan.number + 1, bytes(scan.raw[:longest]), None, fault)


class _Scan:
    """Where the members of an array begin and end. Reads portions; remembers what a portion left open."""

    def __init__(self, longest: int) -> None:
        self.number, self.raw = 0, bytearray()
        self._longest, self._size, self._depth, self._offset = longest, 0, 0, 0
        self._in_text = self._escaped = self._ended = self._expected = False
        self._told: Fault | None = None

    def members(self, portion: bytes) -> Iterator[Member]:
        """The members that end in that portion."""
        at = 0
        while at < len(portion) and self._told is None:
            if self._in_text:
                at = self._text(portion, at)
            else:
                found = OUTSIDE.search(portion, at)
                end = found.end() if found else len(portion)
                if self._depth == 0:
                    self._around(portion[at:end])
                elif found is not None and self._depth == 1 and found[0] in b",]}":
                    self._keep(portion[at : end - 1])
                    yield from self._member(self._offset + end, found[0])
                else:
                    self._keep(portion[at:end])
                    self._deeper(found[0] if found else b"")
                at = end
        self._offset += len(portion)

    def fault(self) -> Fault | None:
        """What is wrong with the array, once its stream has ended."""
        if self._told is not None or self._ended:
            return self._told
        return Fault("", "json", "the array is not closed: the batch ends before its time")

    def _text(self, portion: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            self._keep(portion[at : at + 1])
            return at + 1
        found = INSIDE.search(portion, at)
        end = found.end() if found else len(portion)
        self._keep(portion[at:end])
        if found is not None:
            self._escaped = found[0] == b"\\"
            self._in_text = self._escaped
        return end

    def _around(self, piece: bytes) -> None:
        if not self._ended and piece.strip(BLANK) == b"[":
            self._depth = 1
        elif piece.strip(BLANK):
            told = "more than one document" if self._ended else "a batch is a JSON array of objects"
            self._told = Fault("", "json" if self._ended else "object", told)
            self._keep(piece)

    def _deeper(self, sign: bytes) -> None:
        if sign == b'"':
            self._in_text = True
        elif sign:
            self._depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(sign, 0)

    def _member(self, end: int, sign: bytes) -> Iterator[Member]:
        raw, size = bytes(self.raw), self._size
        self.raw, self._size = bytearray(), 0
        self._ended = sign != b","
        self._depth = 0 if self._ended else 1
        if not raw.strip(BLANK) and self._ended and not self._expected:
            return  # an array of nothing
        self._expected = not self._ended
        self.number += 1
        if size > self._longest:
            told = Fault("element", "range", f"{size} bytes; an element may have {self._longest}")
            yield Member(self.number, raw[: self._longest], end, told)
        elif not raw.strip(BLANK):
            yield Member(self.number, raw, end, Fault("", "json", "nothing stands between two commas"))
        else:
            yield Member(self.number, raw.strip(BLANK), end)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if len(self.raw) < self._longest:
            self.raw += piece[: self._longest - len(self.raw)]

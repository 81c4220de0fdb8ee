"""CSV as users have it: records with their own bytes, line numbers and faults (RFC 4180; the standard library splits quoted ones).

One bad record never takes the next with it: after an open quote that finds no end, reading goes on at the very next line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.intake.encodings import decoded
from engine.intake.lines import LONGEST, Line
from events.faults import Fault

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\s*$')
NEAREST = 16  # lines in which a quote may close, where many before it found no end

csv.field_size_limit(max(csv.field_size_limit(), LONGEST))  # records are measured here, by RULES' own limit


class Record(NamedTuple):
    """One record.

    number: from 1, the header is 0. line: where it begins. end: offset after it, None while incomplete.
    cut: raw is its beginning alone.
    """

    number: int
    line: int
    raw: bytes
    cells: list[str]
    end: int | None
    fault: Fault | None = None
    cut: bool = False

    @property
    def where(self) -> str:
        """For people."""
        return f"record {self.number} (line {self.line})" if self.number else "header"


class Records:
    """Takes records from lines, one by one."""

    def __init__(self, lines: Iterator[Line], encoding: str, longest: int = LONGEST) -> None:
        self._lines, self._encoding, self._longest = lines, encoding, longest
        self._ahead: deque[Line] = deque()
        self._taken: list[Line] = []
        self._size = 0
        self._reach = longest
        self._fault: Fault | None = None

    def first_text(self) -> str:
        """The text of the first line that is not empty, without taking it; empty where there is none."""
        line = self._first()
        if line is None:
            return ""
        self._ahead.appendleft(line)
        return self._text(line)

    def told_delimiter(self) -> str | None:
        """The delimiter of a line `sep=;` in front, which spreadsheets understand and write; it is taken."""
        found = SEPARATOR.match(self.first_text())
        if found is None:
            return None
        self._first()
        return found[1]

    def take(self, number: int, delimiter: str) -> Record | None:
        """The next record; empty lines are passed over."""
        line = self._first()
        if line is None:
            return None
        end = line.end if line.whole else None
        if line.fault is not None:
            return Record(number, line.number, line.raw, [], end, line.fault, cut=True)
        self._fault = None
        text = self._text(line)
        if '"' in text:
            return self._quoted(line, number, delimiter)
        body = text.rstrip("\r\n")
        if "\r" in body and self._fault is None:
            self._fault = Fault("", "cells", "a carriage return inside an unquoted cell; lines end in LF or CR LF")
        return Record(number, line.number, line.raw, body.split(delimiter), end, self._fault)

    def _quoted(self, line: Line, number: int, delimiter: str) -> Record:
        self._ahead.appendleft(line)
        self._taken, self._size = [], 0
        try:
            cells = next(csv.reader(self, delimiter=delimiter, strict=True))
        except csv.Error as error:
            return self._unreadable(error, number, delimiter)
        last = self._taken[-1]
        raw = b"".join(taken.raw for taken in self._taken)
        return Record(number, line.number, raw, cells, last.end if last.whole else None, self._fault)

    def _unreadable(self, error: csv.Error, number: int, delimiter: str) -> Record:
        first, *rest = self._taken
        if rest:
            self._ahead.extendleft(reversed(rest))
            self._reach = max(NEAREST, min(self._reach, len(self._taken)) // 2)
        self._fault = None
        cells = self._text(first).rstrip("\r\n").split(delimiter)  # for the hints alone
        fault = self._fault or _fault_of(error)
        return Record(number, first.number, first.raw, cells, first.end if first.whole else None, fault)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line of a record, for the csv module."""
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self._size += len(line.raw)
        too_far = len(self._taken) >= self._reach or self._size > self._longest
        if line.fault is not None or (self._taken and too_far):
            self._ahead.appendleft(line)
            raise StopIteration
        self._taken.append(line)
        return self._text(line)

    def _first(self) -> Line | None:
        if not self._ahead:
            self._reach = self._longest
        while (line := self._ahead.popleft() if self._ahead else next(self._lines, None)) is not None:
            if line.fault is not None or line.raw.strip(
                b"\r\n" if not self._encoding.startswith("utf-16") else b"\r\n\0"
            ):
                return line
        return None

    def _text(self, line: Line) -> str:
        try:
            text = decoded(line.raw, self._encoding)
        except Fault as fault:
            self._fault = fault
            return line.raw.decode(self._encoding, "replace")  # tells where the record ends; its cells are not taken
        if "\0" in text:
            self._fault = Fault("", "nul", "the record holds the character NUL")
        return text


def delimiter_of(text: str, wanted: Iterable[str], cells: int | None = None) -> str:
    """The delimiter of a first line: under which most of the wanted columns stand in it (or it has that many cells)."""
    columns = set(wanted)

    def fitting(delimiter: str) -> tuple[bool, int, int]:
        found = split(text, delimiter)
        return len(found) == cells, len(columns & set(found)), len(found)

    return max(DELIMITERS, key=fitting)


def split(text: str, delimiter: str) -> list[str]:
    """The cells of one line, as well as it goes."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.rstrip("\r\n").split(delimiter)


def _fault_of(error: csv.Error) -> Fault:
    told = str(error)
    if "new-line" in told:
        return Fault("", "cells", "a carriage return inside an unquoted cell; lines end in LF or CR LF")
    if "limit" in told:
        return Fault("", "range", f"a cell is too long ({told})")
    what = "opens and never closes" if "end of data" in told else "closes inside its cell"
    return Fault("", "quote", f"a quote {what} (double it inside a quoted cell); reading went on at the next line")

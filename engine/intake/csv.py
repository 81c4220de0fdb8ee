"""Tables as elements: the header, then each record by a mapping or by the header's own names."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from engine.intake.element import Element, SenderOf
from engine.intake.encodings import opened
from engine.intake.lines import LONGEST, lines
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.rows import UNMAPPED, Rows, header_fault, wanted_columns
from engine.intake.sources import Source
from engine.intake.tables import Record, Records, delimiter_of
from events.faults import Fault

FORMAT = "csv"


class Table:
    """A table whose header is known.

    context: what reads one of its records again. Raises Fault (`header`) where the header does not serve the mapping.
    """

    def __init__(
        self, header: Sequence[str], mapping: MappingOfFile, sender_of: SenderOf, context: Mapping[str, Any]
    ) -> None:
        self.rows = Rows(header, mapping, sender_of, context)
        self._file, self._width = mapping.file, len(header)
        used = set(header) if self.rows.columns is None else self.rows.columns
        values = self._file.values
        self._places = [(name, place, values.get(name)) for place, name in enumerate(header) if name in used]
        self._null = frozenset({*self._file.null, ""})

    def elements(self, record: Record) -> list[Element]:
        """What a record becomes: an element an event, one for a fault of the whole, one where nothing applies."""
        fault = record.fault
        if fault is None and not any(record.cells):
            found = [Element(record.where, record.raw, self.rows.context, ignored=True)]
        elif fault is None and len(record.cells) == self._width:
            found = self.rows.elements(record.where, record.raw, self._row(record.cells))
        else:
            fault = fault or Fault("", "cells", f"{len(record.cells)} cells, the header has {self._width}")
            row = self._row([*record.cells, *[""] * self._width][: self._width])
            found = [self.rows.faulty(record.where, record.raw, row, fault, cut=record.cut)]
        found[-1].offset = record.end  # a row is behind us when its last event is
        return found

    def _row(self, cells: Sequence[str]) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        trim, null = self._file.trim, self._null
        for name, place, values in self._places:
            cell = cells[place].strip() if trim else cells[place]
            row[name] = None if cell in null else cell if values is None else values.get(cell, cell)
        return row


def read_csv(
    source: Source, mapping: MappingOfFile | None, sender_of: SenderOf, longest: int = LONGEST
) -> Iterator[Element]:
    """The elements of a table. Without a mapping its columns bear the contract's names.

    A header that does not serve leaves one fault (`header`), and nothing is read.
    """
    mapping = mapping or UNMAPPED
    raw = source.beginning()  # what a fault in front of the header keeps
    context: dict[str, Any] = {"format": FORMAT, "mapping": mapping.path, "source": sender_of(None).name}
    try:
        encoding, start = opened(source.stream, mapping.file.encoding)
        records = Records(
            lines(source.stream, encoding, start=start, longest=longest, cut=source.cut), encoding, longest
        )
        told = records.told_delimiter()
        delimiter = mapping.file.delimiter or told or _delimiter(records, mapping)
        context |= {"encoding": encoding, "delimiter": delimiter}
        header: Sequence[str] = mapping.file.columns or ()
        if mapping.file.header:
            record = _header(records, delimiter)
            raw = record.raw
            if record.fault is not None:
                raise record.fault
            header = [name.strip() for name in record.cells] if mapping.file.trim else record.cells
        table = Table(header, mapping, sender_of, context | {"header": list(header)})
    except Fault as fault:
        yield header_fault(fault, raw, context, mapping.senders(sender_of)(None))
        return
    for number in count(1):
        following = records.take(number, delimiter)
        if following is None:
            return
        yield from table.elements(following)


def _header(records: Records, delimiter: str) -> Record:
    record = records.take(0, delimiter)
    if record is None:
        raise Fault("", "header", "the file is empty")
    return record


def _delimiter(records: Records, mapping: MappingOfFile) -> str:
    columns = mapping.file.columns
    return delimiter_of(records.first_text(), columns or wanted_columns(mapping), len(columns) if columns else None)

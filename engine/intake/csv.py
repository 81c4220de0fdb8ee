"""Tables as elements: the header, then each record by a mapping or by the header's own names."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Protocol

from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.encodings import opened
from engine.intake.lines import LONGEST, lines
from engine.intake.mapped import EventOfRow
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.mapping_model import MappingFile
from engine.intake.plain import NEEDED, PlainRow
from engine.intake.sources import Source
from engine.intake.tables import Record, Records, delimiter_of
from engine.intake.templates import Row
from events.cloudevents import Sender
from events.envelope import Proposal
from events.faults import Fault

FORMAT = "csv"
UNMAPPED = MappingOfFile("", MappingFile())  # columns bear the contract's names


class RowOf(Protocol):
    """What a row becomes: an `[[event]]` of a mapping, or the event that its own column names."""

    def proposal(self, row: Row) -> Proposal:
        """The event. Raises Fault."""

    def hints(self, row: Row) -> dict[str, Any]:
        """What names it."""


class Table:
    """A table whose header is known.

    context: what reads one of its records again. Raises Fault (`header`) where the header does not serve the mapping.
    """

    def __init__(
        self, header: Sequence[str], mapping: MappingOfFile, sender_of: SenderOf, context: Mapping[str, Any]
    ) -> None:
        self.context, self._file = context, mapping.file
        senders = mapping.senders(sender_of)
        self._sender: Sender = senders(None)
        self._width = len(header)
        self._events = [
            EventOfRow(number, told, mapping, self._sender) for number, told in enumerate(self._file.event, 1)
        ]
        self._contexts = [{**context, "event": event.number, "type": event.type} for event in self._events]
        _header_serves(header, mapping, self._events, self._sender)
        self._plain = None if self._events else PlainRow(header, mapping.reading, senders)
        used = wanted_columns(mapping) if self._events else set(header)
        values = self._file.values
        self._places = [(name, place, values.get(name)) for place, name in enumerate(header) if name in used]
        self._null = frozenset({*self._file.null, ""})

    def has(self, event: object, type_: object) -> bool:
        """Whether the mapping has an event of that type in that place."""
        return any((one.number, one.type) == (event, type_) for one in self._events)

    def elements(self, record: Record) -> Iterator[Element]:
        """What a record becomes: an element an event, one for a fault of the whole, one where nothing applies."""
        fault = record.fault
        if fault is None and len(record.cells) != self._width:
            if not any(record.cells):
                yield Element(record.where, record.raw, self.context, ignored=True, offset=record.end)
                return
            fault = Fault("", "cells", f"{len(record.cells)} cells, the header has {self._width}")
        if fault is not None:
            yield self._faulty(record, fault)
            return
        row = self._row(record.cells)
        found = list(self._of_mapping(record, row)) if self._plain is None else [self._of_row(record, row, self._plain)]
        if not found:
            found = [Element(record.where, record.raw, self.context, ignored=True)]
        found[-1].offset = record.end  # a row is behind us when its last event is
        yield from found

    def _row(self, cells: Sequence[str]) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        trim, null = self._file.trim, self._null
        for name, place, values in self._places:
            cell = cells[place].strip() if trim else cells[place]
            row[name] = None if cell in null else cell if values is None else values.get(cell, cell)
        return row

    def _of_row(self, record: Record, row: Row, plain: PlainRow) -> Element:
        if not any(record.cells):
            return Element(record.where, record.raw, self.context, ignored=True)
        try:
            return Element(record.where, record.raw, self.context, plain.proposal(row))
        except Fault as fault:
            return self._refused(record, self.context, fault, plain, row, (fault.field,))

    def _of_mapping(self, record: Record, row: Row) -> Iterator[Element]:
        ids: set[str] = set()
        for event, context in zip(self._events, self._contexts, strict=True):
            try:
                if not event.applies(row):
                    continue
                found = event.proposal(row)
                _not_among(ids, found.id)
                yield Element(record.where, record.raw, context, found)
            except Fault as fault:
                columns = event.columns_of(fault.field) or tuple(name for name in (fault.field,) if name in row)
                yield self._refused(record, context, fault, event, row, columns)

    def _refused(
        self, record: Record, context: Mapping[str, Any], fault: Fault, of: RowOf, row: Row, columns: tuple[str, ...]
    ) -> Element:
        column = next((name for name in columns if name in row), None)
        if column is not None and column != fault.field:
            fault = Fault(fault.field, fault.word, f"{fault.detail} (column `{column}`)")
        hints = hints_of(of.hints(row), self._sender)
        element = Element(record.where, record.raw, context, fault=fault, hints=hints)
        element.column, element.value = column, row.get(column) if column else None
        return element

    def _faulty(self, record: Record, fault: Fault) -> Element:
        cells = [*record.cells, *[""] * self._width][: self._width]
        row = self._row(cells)
        named = self._plain.hints(row) if self._plain else {"subject": self._events[0].hints(row).get("subject")}
        context = {**self.context, "cut": True} if record.cut else self.context
        return Element(
            record.where, record.raw, context, fault=fault, hints=hints_of(named, self._sender), offset=record.end
        )


def read_csv(
    source: Source, mapping: MappingOfFile | None, sender_of: SenderOf, longest: int = LONGEST
) -> Iterator[Element]:
    """The elements of a table. Without a mapping its columns bear the contract's names.

    A header that does not serve leaves one fault (`header`), and nothing is read.
    """
    mapping = mapping or UNMAPPED
    raw = source.stream.peek(1)[:1024]  # what a fault in front of the header keeps
    context: dict[str, Any] = {"format": FORMAT, "mapping": mapping.path, "source": sender_of(None).name}
    try:
        encoding, start = opened(source.stream, mapping.file.encoding)
        records = Records(
            lines(source.stream, encoding, start=start, longest=longest, cut=source.cut), encoding, longest
        )
        delimiter = mapping.file.delimiter or _delimiter(records, mapping)
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
        told = fault if fault.word == "header" else Fault(fault.field, "header", f"{fault.word}: {fault.detail}")
        sender = mapping.senders(sender_of)(None)
        yield Element("header", raw, context, fault=told, hints=hints_of({}, sender))
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


def _not_among(ids: set[str], id_: str | None) -> None:
    if id_ in ids:
        raise Fault(
            "id", "duplicate", f"{id_!r} is the id of two events of this row; the mapping has to make them differ"
        )
    if id_ is not None:
        ids.add(id_)


def wanted_columns(mapping: MappingOfFile) -> set[str]:
    """The columns that a mapping reads; without events those that every row needs."""
    if not mapping.file.event:
        return set(NEEDED)
    events = [EventOfRow(number, told, mapping, Sender()) for number, told in enumerate(mapping.file.event, 1)]
    return {name for event in events for name in event.columns}


def _delimiter(records: Records, mapping: MappingOfFile) -> str:
    columns = mapping.file.columns
    return delimiter_of(records.first_text(), columns or wanted_columns(mapping), len(columns) if columns else None)


def _header_serves(header: Sequence[str], mapping: MappingOfFile, events: Sequence[EventOfRow], sender: Sender) -> None:
    for name in header:
        if header.count(name) > 1 and (name or not events):
            raise Fault(name, "header", f"the column `{name}` stands twice; which one is meant cannot be known")
    if any(event.brings_known for event in events) and not sender.archive:
        raise Fault("known", "header", "the source is not declared an archive (archive = true)")
    if events and (missing := sorted({name for event in events for name in event.columns} - set(header))):
        known = ", ".join(header[:40])
        raise Fault(
            missing[0], "header", f"the file has no column {', '.join(f'`{name}`' for name in missing)}; it has {known}"
        )
    fields = {name for told in mapping.file.event for name in told.data}
    for name in mapping.file.values:
        if name not in header and name not in fields:
            raise Fault(
                name, "header", f"`values.{name}` is neither a column of the file nor a field of the mapping's events"
            )

"""A row becomes elements: by a mapping's events, or as the one event that its own columns name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.mapped import EventOfRow
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.mapping_model import MappingFile
from engine.intake.plain import NEEDED, PlainRow
from engine.intake.previous import PREFIX, Previous, before
from engine.intake.templates import Row, template
from events.cloudevents import Sender
from events.envelope import Proposal
from events.faults import Fault

UNMAPPED = MappingOfFile("", MappingFile())  # columns bear the contract's names


class RowOf(Protocol):
    """What a row becomes: an `[[event]]` of a mapping, or the event that its own column names."""

    def proposal(self, row: Row) -> Proposal:
        """The event. Raises Fault."""

    def hints(self, row: Row) -> dict[str, Any]:
        """What names it."""


class Rows:
    """The rows of one file.

    header: the names of its columns; None where each row has its own (JSON, XES), and what one lacks tells nothing.
    context: what reads a row again. Raises Fault (`header`) where the header does not serve the mapping.
    """

    def __init__(
        self, header: Sequence[str] | None, mapping: MappingOfFile, sender_of: SenderOf, context: Mapping[str, Any]
    ) -> None:
        self.context = context
        senders = mapping.senders(sender_of)
        self._sender: Sender = senders(None)
        self._events = [
            EventOfRow(number, told, mapping, self._sender) for number, told in enumerate(mapping.file.event, 1)
        ]
        self._contexts = [{**context, "event": event.number, "type": event.type} for event in self._events]
        self.columns = columns_of(self._events, mapping.file) if self._events else None
        if header is not None:
            _header_serves(header, mapping, self.columns)
        if any(event.brings_known for event in self._events) and not self._sender.archive:
            raise Fault("known", "header", "the source is not declared an archive (archive = true)")
        self._plain = None if self._events else PlainRow(header, mapping.reading, senders)
        self._previous = None
        if mapping.file.within is not None:
            read = {name.removeprefix(PREFIX) for name in _read(self._events) if name.startswith(PREFIX)}
            self._previous = Previous(template(mapping.file.within), read, context.get("previous"))

    def has(self, event: object, type_: object) -> bool:
        """Whether the mapping has an event of that type in that place."""
        return any((one.number, one.type) == (event, type_) for one in self._events)

    def elements(self, where: str, raw: bytes, row: Row) -> list[Element]:
        """What a row becomes: an element an event, or one where nothing applies."""
        if self._plain is not None:
            return [self._of_row(where, raw, row, self._plain)]
        return list(self._of_mapping(where, raw, row)) or [Element(where, raw, self.context, ignored=True)]

    def faulty(self, where: str, raw: bytes, row: Row, fault: Fault, *, cut: bool = False) -> Element:
        """The one element of a row that cannot be read at all. cut: raw is its beginning alone."""
        named = self._plain.hints(row) if self._plain else {"subject": self._events[0].hints(row).get("subject")}
        context = {**self.context, "cut": True} if cut else self.context
        return Element(where, raw, context, fault=fault, hints=hints_of(named, self._sender))

    def _of_row(self, where: str, raw: bytes, row: Row, plain: PlainRow) -> Element:
        try:
            return Element(where, raw, self.context, plain.proposal(row))
        except Fault as fault:
            if fault.field == "type" and fault.word == "unknown" and self._sender.unknown == "ignore":
                return Element(where, raw, self.context, ignored=True)
            return self._refused(where, raw, self.context, fault, plain, row, (fault.field,))

    def _of_mapping(self, where: str, raw: bytes, row: Row) -> Iterator[Element]:
        ids: set[str] = set()
        if self._previous is not None:
            row = self._previous.beside(row)
        for event, context in zip(self._events, self._contexts, strict=True):
            try:
                if not event.applies(row):
                    continue
                found = event.proposal(row)
                _not_among(ids, found.id)
                yield Element(where, raw, context, found)
            except Fault as fault:
                columns = event.columns_of(fault.field) or tuple(name for name in (fault.field,) if name in row)
                yield self._refused(where, raw, context, fault, event, row, columns)

    def _refused(
        self,
        where: str,
        raw: bytes,
        context: Mapping[str, Any],
        fault: Fault,
        of: RowOf,
        row: Row,
        columns: tuple[str, ...],
    ) -> Element:
        if self._previous is not None:
            context = {**context, "previous": before(row)}
        column = next((name for name in columns if name in row), None)
        if column is not None and column != fault.field:
            fault = Fault(fault.field, fault.word, f"{fault.detail} (column `{column}`)")
        element = Element(where, raw, context, fault=fault, hints=hints_of(of.hints(row), self._sender))
        element.column, element.value = column, row.get(column) if column else None
        return element


def wanted_columns(mapping: MappingOfFile) -> set[str]:
    """The columns that a mapping reads; without events those that every row needs."""
    if not mapping.file.event:
        return set(NEEDED)
    events = [EventOfRow(number, told, mapping, Sender()) for number, told in enumerate(mapping.file.event, 1)]
    return columns_of(events, mapping.file)


def columns_of(events: Sequence[EventOfRow], file: MappingFile) -> set[str]:
    """The columns of the file that events read, of the row before too."""
    if file.within is None:
        return _read(events)
    return {name.removeprefix(PREFIX) for name in _read(events)} | set(template(file.within).columns)


def _read(events: Sequence[EventOfRow]) -> set[str]:
    return {name for event in events for name in event.columns}


def header_fault(fault: Fault, raw: bytes, context: Mapping[str, Any], sender: Sender) -> Element:
    """The one element of a file of which nothing is read: its header, or what holds the file together, does not serve."""
    told = fault if fault.word == "header" else Fault(fault.field, "header", f"{fault.word}: {fault.detail}")
    return Element("header", raw, {**context, "of_file": True}, fault=told, hints=hints_of({}, sender))


def _not_among(ids: set[str], id_: str | None) -> None:
    if id_ in ids:
        raise Fault(
            "id", "duplicate", f"{id_!r} is the id of two events of this row; the mapping has to make them differ"
        )
    if id_ is not None:
        ids.add(id_)


def _header_serves(header: Sequence[str], mapping: MappingOfFile, wanted: set[str] | None) -> None:
    for name in header:
        if header.count(name) > 1 and (name or wanted is None):
            raise Fault(name, "header", f"the column `{name}` stands twice; which one is meant cannot be known")
    if wanted is not None and (missing := sorted(wanted - set(header))):
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

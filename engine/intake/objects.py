"""JSON objects by a mapping: what lies deeper has a name with dots (`contact.email`, `items.0.sku`).

The rows of Parquet and XES take the same way: they are kept as such objects, and read again as such.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from engine.intake.element import Element, SenderOf
from engine.intake.encodings import decoded
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.ndjson import elements_of_lines, seeming
from engine.intake.rows import Rows, header_fault
from engine.intake.sources import Source
from engine.intake.strict_json import strict_object
from engine.intake.texts import Reading
from events.faults import Fault

FORMAT = "json"
LONGEST_NUMBER = 64  # characters of a number written out: none that fits 64 bits is longer

Values = Mapping[str, Any]  # by column: str, int, Decimal, bool or None; a list of them


class Objects:
    """JSON objects of one file or topic, understood by a mapping.

    context: the source of events that name none. Raises Fault (`header`) where the mapping does not serve.
    """

    def __init__(
        self,
        mapping: MappingOfFile,
        sender_of: SenderOf,
        context: Mapping[str, Any],
        header: list[str] | None = None,
        longest: int = LONGEST,
    ) -> None:
        told = {**context, "format": FORMAT, "mapping": mapping.path}
        self.rows = Rows(header, mapping.typed(), sender_of, told)
        self._reading, self._file = mapping.typed().reading, mapping.file
        self._longest = longest
        self._null = frozenset({*self._file.null, ""})

    def elements(self, raw: bytes, where: str, encoding: str = "utf-8") -> list[Element]:
        """The elements of one object. Whatever the bytes are, they become elements."""
        try:
            raw = raw if encoding == "utf-8" else decoded(raw, encoding).encode()
            values = dict(flattened(strict_object(raw, decimals=True)))
        except Fault as fault:
            return [self.faulty(raw, where, seeming(raw), fault)]
        return self.of_values(raw, where, values)

    def of_values(self, raw: bytes, where: str, values: Values) -> list[Element]:
        """The elements of one object whose values are known already."""
        if all(value is None or value == "" for value in values.values()):
            return [Element(where, raw, self.rows.context, ignored=True)]
        if len(raw) > self._longest:
            fault = Fault("", "range", f"{len(raw)} bytes; a row may have {self._longest}")
            return [self.rows.faulty(where, raw[: self._longest], self._row({}), fault, cut=True)]
        try:
            row = self._row(values)
        except Fault as fault:
            return [self.faulty(raw, where, {}, fault)]
        return self.rows.elements(where, raw, row)

    def faulty(self, raw: bytes, where: str, values: Values, fault: Fault) -> Element:
        """The one element of an object that cannot be read. values: what could be read of it."""
        try:
            row = self._row(values)
        except Fault:  # the next one that is wrong
            row = self._row({})
        return self.rows.faulty(where, raw, row, fault)

    def _row(self, values: Values) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        for name in values if self.rows.columns is None else self.rows.columns:
            text = told(values.get(name), self._reading, name)
            if text is not None and self._file.trim:
                text = text.strip()
            if text is None or text in self._null:
                row[name] = None
            else:
                table = self._file.values.get(name)
                row[name] = text if table is None else table.get(text, text)
        return row


def read_objects(
    source: Source, mapping: MappingOfFile, sender_of: SenderOf, longest: int = LONGEST
) -> Iterator[Element]:
    """The elements of JSON objects, one a line."""
    context = {"format": FORMAT, "mapping": mapping.path, "source": sender_of(None).name}
    try:
        objects = Objects(mapping, sender_of, context)
    except Fault as fault:
        yield header_fault(fault, source.beginning(), context, mapping.senders(sender_of)(None))
        return
    yield from elements_of_lines(source, objects.elements, context, longest)


def flattened(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The values of an object by names with dots. Raises Fault (`duplicate`) where two would have the same name."""
    found: dict[str, Any] = {}
    for inner, told_of in _leaves(value, name):
        if inner in found:
            raise Fault(inner, "duplicate", "two values of the object have this name, once written with dots")
        found[inner] = told_of
    yield from found.items()


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    inside = partial("{}.{}".format, name) if name else str
    if isinstance(value, dict):
        for inner, told_of in value.items():
            yield from _leaves(told_of, inside(inner))
    elif isinstance(value, list):
        for place, told_of in enumerate(value):
            yield from _leaves(told_of, inside(place))
        if value and not any(isinstance(one, dict | list) for one in value):
            yield name, value
    else:
        yield name, value


def told(value: Any, reading: Reading, name: str) -> str | None:
    """A value as the text that a cell would hold: numbers with the declared mark, truths as `true` and `false`.

    A list is its members, one a line. Raises Fault (`range`) for a number that nobody can mean.
    """
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            members = [told(one, reading, name) for one in value]
            return "\n".join(one for one in members if one)
        case Decimal():
            return _number(value, name).replace(".", reading.decimal or ".")
        case _:
            return str(value)


def _number(value: Decimal, name: str) -> str:
    """1E+2 is 100, and 12.0 is 12: numbers, not texts."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or len(str(value)) + abs(exponent) > LONGEST_NUMBER:
        raise Fault(name, "range", f"{str(value)[:40]} is beyond 64 bits")
    written = f"{value:f}" if value else "0"
    return written.rstrip("0").rstrip(".") if "." in written else written

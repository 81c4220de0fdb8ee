"""What lies in quarantine, read once more: from its own bytes and the context that was kept with them."""

from collections.abc import Iterator, Mapping
from io import BufferedReader, BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from engine.intake.csv import Table
from engine.intake.element import Element, SenderOf
from engine.intake.lines import lines
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.mapping import load
from engine.intake.ndjson import ndjson_again
from engine.intake.objects import FORMAT as OBJECTS
from engine.intake.objects import Objects
from engine.intake.rows import UNMAPPED, Rows
from engine.intake.tables import Record, Records
from engine.kafka.records import again as kafka_again
from events.faults import Fault


def parse_again(
    raw: bytes, context: Mapping[str, Any], sender_of: SenderOf, mapping: MappingOfFile | None = None
) -> list[Element]:
    """The elements of those bytes.

    context: as the element bore it. Where it names one event of a mapping, that event alone is read again; all of the
    row where the mapping no longer has it in that place.
    mapping: default that of the context, read from its file, which may have been mended since.

    Raises NoSuchFile, BadMapping.
    """

    def with_default(name: str | None) -> Any:
        return sender_of(name or context.get("source"))

    if context["format"] == "kafka" and not context.get("cut"):
        return _of_kafka(raw, context, with_default, mapping)
    if context.get("cut"):
        fault = Fault("line", "range", "only its beginning was kept; mend the file and take it in again")
        return [Element("", raw, context, fault=fault)]
    if context.get("of_file"):
        fault = Fault("", "header", "a header is read with its file: take the file in again, then drop this entry")
        return [Element("header", raw, context, fault=fault)]
    if context["format"] == "ndjson":
        return [ndjson_again(raw, context, with_default)]
    if mapping is None:
        mapping = load(Path(context["mapping"])) if context["mapping"] else UNMAPPED
    try:
        if context["format"] == OBJECTS:
            objects = Objects(mapping, with_default, _kept(context), context.get("header"))
            return _asked(objects.elements(raw, ""), raw, context, objects.rows)
        return _of_table(raw, context, with_default, mapping)
    except Fault as fault:  # the mended mapping wants a column that the file did not have
        return [Element("", raw, context, fault=fault)]


def _of_kafka(
    raw: bytes, context: Mapping[str, Any], sender_of: SenderOf, mapping: MappingOfFile | None
) -> list[Element]:
    if mapping is None and context.get("mapping"):
        mapping = load(Path(context["mapping"]))
    try:
        return kafka_again(raw, context, sender_of, mapping)
    except Fault as fault:  # the mended mapping wants what the source is not declared to give
        return [Element("", raw, context, fault=fault)]


def _of_table(raw: bytes, context: Mapping[str, Any], sender_of: SenderOf, mapping: MappingOfFile) -> list[Element]:
    file = mapping.file
    encoding = context["encoding"] if file.encoding in (None, "utf-16") else file.encoding
    delimiter = file.delimiter or context["delimiter"]
    told = _kept(context) | {"encoding": encoding, "delimiter": delimiter}
    table = Table(file.columns or context["header"], mapping, sender_of, told)
    found = [element for record in _records(raw, encoding, delimiter) for element in table.elements(record)]
    return _asked(found, raw, context, table.rows)


def _kept(context: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in context.items() if name not in ("event", "type")}


def _asked(found: list[Element], raw: bytes, context: Mapping[str, Any], rows: Rows) -> list[Element]:
    """Of a row's elements that of the event at which it failed; all where the mapping no longer has it in that place."""
    event = context.get("event")
    if event is None or not rows.has(event, context.get("type")):
        return found
    return [one for one in found if one.context.get("event") == event] or [Element("", raw, context, ignored=True)]


def _records(raw: bytes, encoding: str, delimiter: str) -> Iterator[Record]:
    records = Records(lines(BufferedReader(BytesIO(raw)), encoding), encoding)
    for number in count(1):
        record = records.take(number, delimiter)
        if record is None:
            return
        yield record

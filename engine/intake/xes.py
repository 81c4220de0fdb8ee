"""XES (IEEE 1849): an event log as XML. Each event is a row: its own attributes, and those of its trace as `case:…`.

Read as a stream, no more than one event in memory. A document type, entities and what else XML can hide are refused.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.parsers import expat

import msgspec

from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.objects import Objects
from engine.intake.rows import header_fault
from engine.intake.sources import PORTION, Source
from engine.intake.strict_json import DEEPEST
from events.faults import Fault

FORMAT = "xes"
SPACE = "}"  # between the name of a namespace and that of an element
PLAIN = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
SAFE = 64  # times that size nothing may be, lest memory run out
CASE, INDEX = "case:", "event_index"
OF_THE_LOG = frozenset({"log", "extension", "global", "classifier"})
LISTS = frozenset({"list", "container", "values"})
encode = msgspec.json.Encoder(decimal_format="number").encode

Row = tuple[str, dict[str, Any], Fault | None]  # where, values, what is wrong with it


def read_xes(
    source: Source, mapping: MappingOfFile | None, sender_of: SenderOf, longest: int = LONGEST
) -> Iterator[Element]:
    """The elements of an XES log, by a mapping.

    Columns: the keys of the event's attributes, `case:KEY` for those of its trace, `event_index` from 0 within the trace; an attribute
    of an attribute has a dot (`cost.currency`). What is wrong with the file itself is a last fault, after all that could be read.
    """
    context: dict[str, Any] = {
        "format": FORMAT,
        "mapping": mapping.path if mapping else "",
        "source": sender_of(None).name,
    }
    if mapping is None or not mapping.file.event:
        fault = Fault("", "header", "an XES log becomes events by a mapping alone (--map): docs/mappings.md")
        yield header_fault(fault, source.beginning(), context, sender_of(None))
        return
    sender, head = mapping.senders(sender_of)(None), source.beginning()
    log = _Log(longest)
    try:
        objects = Objects(mapping, sender_of, context)
        for where, values, wrong in _rows(source, log, longest * SAFE):
            raw = encode(values)
            if wrong is None:
                yield from objects.of_values(raw, where, values)
            else:
                yield objects.faulty(raw, where, values, wrong)
    except Fault as fault:
        if log.count:
            cut = {**context, "cut": True}
            yield Element(f"event {log.count + 1}", head, cut, fault=fault, hints=hints_of({}, sender))
        else:
            yield header_fault(fault, head, context, sender)


def _rows(source: Source, log: "_Log", longest: int) -> Iterator[Row]:
    """The events of the log. Raises Fault where the XML is none, or hides something."""
    parser = _parser(log)
    behind = 0  # bytes since something ended
    while portion := source.stream.read1(PORTION):
        before = log.ended
        fault = _fed(parser, portion)
        yield from log.taken()
        behind = behind + len(portion) if log.ended == before else 0
        if behind > longest:
            fault = Fault("event", "range", f"is longer than {longest} bytes")
        if fault is not None:
            raise fault
    if (fault := source.cut() or _fed(parser, b"", last=True)) is not None:
        raise fault


def _parser(log: "_Log") -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=SPACE)
    parser.StartElementHandler, parser.EndElementHandler = log.start, log.end
    parser.StartDoctypeDeclHandler = _refused
    return parser


def _refused(*_told: object) -> None:
    raise Fault("xml", "header", "it declares a document type, in which entities can hide; leave it out")


def _fed(parser: expat.XMLParserType, portion: bytes, *, last: bool = False) -> Fault | None:
    try:
        parser.Parse(portion, last)
    except Fault as fault:
        return fault
    except (
        expat.ExpatError,
        ValueError,
        LookupError,
    ) as error:  # ValueError, LookupError: an encoding that nobody knows
        return Fault("xml", "encoding", f"it is not well-formed, or ends before its time: {error}")
    return None


class _Log:
    """What the parser tells of the log: collects the attributes of a trace and of the event that is open."""

    def __init__(self, longest: int) -> None:
        self._longest, self._size = longest, 0
        self.count = self.ended = 0
        self._index = 0
        self._rows: list[Row] = []
        self._trace: dict[str, Any] = {}
        self._event: dict[str, Any] = {}
        self._into: dict[str, Any] | None = None
        self._names: list[str] = []
        self._lists = 0
        self._fault: Fault | None = None

    def taken(self) -> list[Row]:
        """The events that ended since it was asked last."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        match tag.rpartition(SPACE)[2]:
            case "trace":
                self._trace, self._index = {}, 0
                self._into = self._trace
            case "event":
                self._event, self._fault, self._size = {}, None, 0
                self._into = self._event
            case kind:
                self._attribute(kind, attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        self.ended += 1
        match tag.rpartition(SPACE)[2]:
            case "trace":
                self._trace, self._into = {}, None
            case "event":
                self._row()
                self._event, self._into = {}, self._trace
            case kind:
                self._names.pop()
                self._lists -= kind in LISTS

    def _attribute(self, kind: str, told: Mapping[str, str]) -> None:
        self._names.append(told.get("key", ""))
        self._lists += kind in LISTS
        self._size += len(told.get("key", "")) + len(told.get("value", ""))
        if self._into is None or (kind in LISTS and "value" not in told):
            return
        if len(self._names) > DEEPEST:
            self._fault = Fault(self._names[0], "nest", f"attributes nested deeper than {DEEPEST}")
        elif "key" not in told or "value" not in told:
            self._fault = Fault(self._names[0] or kind, "null", f"an attribute ({kind}) without key or value")
        elif self._size > self._longest:
            self._fault = Fault(told["key"], "range", f"an event may have {self._longest} characters")
        else:
            name = ".".join(name for name in self._names if name)
            if name not in self._into:
                self._into[name] = _value(kind, told["value"])
            elif self._lists:
                before = self._into[name]
                self._into[name] = [*(before if isinstance(before, list) else [before]), _value(kind, told["value"])]
            else:
                self._fault = Fault(name, "duplicate", "the attribute stands twice; which one is meant cannot be known")

    def _row(self) -> None:
        self.count += 1
        values = {f"{CASE}{name}": value for name, value in self._trace.items()} | self._event
        values.setdefault(INDEX, self._index)
        self._index += 1
        self._rows.append((f"event {self.count}", values, self._fault))


def _value(kind: str, text: str) -> Any:
    """A value by the kind of its attribute; what is none of that kind stays a text, and its field says so."""
    try:
        match kind:
            case "int" if PLAIN.fullmatch(text):
                return int(text)
            case "float" if PLAIN.fullmatch(text):
                return Decimal(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
            case _:
                return text
    except (ValueError, InvalidOperation):
        return text

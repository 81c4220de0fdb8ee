"""A record of a topic becomes elements: CloudEvents in binary or structured mode, batches of them, JSON by a mapping."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from io import BufferedReader, BytesIO
from typing import Any, NamedTuple, Protocol

import msgspec

from engine.intake.batches import CONTENT_TYPE as BATCH
from engine.intake.batches import Member, members
from engine.intake.bugs import bug
from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.ndjson import object_element
from engine.intake.objects import Objects
from engine.intake.strict_json import strict_object
from events.cloudevents import proposal
from events.faults import Fault

FORMAT = "kafka"
PREFIX = "ce_"
CONTENT = "content-type"
Header = tuple[str, bytes | None]


class Record(Protocol):
    """What a consumer hands over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class Content(NamedTuple):
    """What identifies a record's content: the same again is the same entry of quarantine."""

    key: bytes | None
    headers: Sequence[Header]
    value: bytes | None

    @property
    def size(self) -> int:
        """Bytes of key, headers and value."""
        told = sum(len(name.encode(errors="surrogateescape")) + len(text or b"") for name, text in self.headers)
        return len(self.key or b"") + told + len(self.value or b"")


class Records:
    """Understands the records of one topic as it is declared.

    source: of events that name none. mapping: of JSON objects. batch: each value is an array.
    sender_of: what is declared of a source. longest: bytes that a record may have.
    Raises Fault where the mapping does not serve.
    """

    def __init__(
        self,
        sender_of: SenderOf,
        source: str | None = None,
        mapping: MappingOfFile | None = None,
        *,
        batch: bool = False,
        longest: int = LONGEST,
    ) -> None:
        self.sender_of = lru_cache(maxsize=1024)(lambda name: sender_of(name or source))
        self._batch, self._longest = batch, longest
        self._context = {"format": FORMAT, "encoding": "utf-8", "source": source}
        self._objects = Objects(mapping, self.sender_of, {"source": source}) if mapping is not None else None
        if mapping is not None:
            self.sender_of = lru_cache(maxsize=1024)(mapping.senders(self.sender_of))
            self._context["mapping"] = mapping.path

    def elements(self, record: Record) -> list[Element]:
        """The elements of a record. Whatever it holds, it becomes elements."""
        where = f"topic {record.topic}, partition {record.partition}, offset {record.offset}"
        return self.of_content(Content(record.key, record.headers or (), record.value), where)

    def of_content(self, content: Content, where: str) -> list[Element]:
        """The elements of a content."""
        try:
            if content.size > self._longest:
                told = f"{content.size} bytes; a message may have {self._longest}"
                return [self._cut(content, where, Fault("message", "range", told))]
            return self._understood(content, where)
        except Exception as error:  # noqa: BLE001  # a bug must not stop what lies behind the record that meets it
            return [self._faulty(content, where, bug(error))]

    def _understood(self, content: Content, where: str) -> list[Element]:
        kind = _content_type(content.headers)
        try:
            attributes = {} if self._objects is not None else _attributes(content.headers)
        except Fault as fault:
            return [self._faulty(content, where, fault)]
        if not content.value:
            return [self._faulty(content, where, _empty(content.value), attributes)]
        if attributes:
            return [self._binary(content, where, attributes, kind)]
        if self._batch or kind == BATCH:
            return self._members(content, where)
        return self._object(content.value, where, encoded(content))

    def _binary(self, content: Content, where: str, attributes: dict[str, Any], kind: str | None) -> Element:
        sender = self.sender_of(attributes.get("source"))
        try:
            try:
                data = strict_object(content.value or b"")
            except Fault as fault:
                raise Fault(f"data.{fault.field}" if fault.field else "data", fault.word, fault.detail) from None
            told = {**attributes, **({"datacontenttype": kind} if kind else {}), "data": data}
            return Element(where, encoded(content), self._context, proposal(told, sender))
        except Fault as fault:
            if fault.field == "type" and fault.word == "unknown" and sender.unknown == "ignore":
                return Element(where, encoded(content), self._context, ignored=True)
            return self._faulty(content, where, fault, attributes)

    def _object(self, value: bytes, where: str, raw: bytes) -> list[Element]:
        """The elements of one JSON object: by the mapping, or a CloudEvent in structured mode."""
        found = (
            self._objects.elements(value, where)
            if self._objects is not None
            else [object_element(value, where, self._context, self.sender_of)]
        )
        for element in found:
            element.raw = raw
            if element.context is not self._context:
                element.context = {**element.context, **self._context}
        return found

    def _members(self, content: Content, where: str) -> list[Element]:
        """The elements of an array; each keeps its own bytes, so that it is read again by itself."""
        headers = [(name, text) for name, text in content.headers if name.lower() != CONTENT]
        found: list[Element] = []
        for member in members(BufferedReader(BytesIO(content.value or b"")), self._longest):
            found += self._member(
                Content(content.key, headers, member.raw), f"{where}, element {member.number}", member
            )
        return found

    def _member(self, content: Content, where: str, member: Member) -> list[Element]:
        if member.fault is not None:
            return [self._faulty(content, where, member.fault)]
        return self._object(member.raw, where, encoded(content))

    def _faulty(
        self, content: Content, where: str, fault: Fault, attributes: Mapping[str, Any] | None = None
    ) -> Element:
        told = attributes or {}
        hints = hints_of(told, self.sender_of(told.get("source")))
        return Element(where, encoded(content), self._context, fault=fault, hints=hints)

    def _cut(self, content: Content, where: str, fault: Fault) -> Element:
        kept = Content(content.key and content.key[:1024], (), content.value and content.value[: self._longest])
        element = self._faulty(kept, where, fault)
        element.context = {**self._context, "cut": True}
        return element


def again(
    raw: bytes, context: Mapping[str, Any], sender_of: SenderOf, mapping: MappingOfFile | None = None
) -> list[Element]:
    """A record once more, out of quarantine. Where the context names one event of a mapping, that one alone.

    Raises Fault where the mapping does not serve.
    """
    records = Records(sender_of, context.get("source"), mapping)
    found = records.of_content(decoded(raw), "")
    event = context.get("event")
    if event is None or mapping is None:
        return found
    same = [one for one in found if (one.context.get("event"), one.context.get("type")) == (event, context.get("type"))]
    return same or found


def encoded(content: Content) -> bytes:
    """Key, headers and value as one JSON object: texts as they stand, other bytes as {"base64": …}."""
    headers = [(name, _told(text)) for name, text in content.headers]
    return msgspec.json.encode({"key": _told(content.key), "headers": headers, "value": _told(content.value)})


def decoded(raw: bytes) -> Content:
    """The content that encoded() told."""
    told = msgspec.json.decode(raw)
    return Content(_bytes(told["key"]), [(name, _bytes(text)) for name, text in told["headers"]], _bytes(told["value"]))


def _told(value: bytes | None) -> str | dict[str, str] | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _bytes(told: str | dict[str, str] | None) -> bytes | None:
    return told.encode() if isinstance(told, str) else base64.b64decode(told["base64"]) if told else None


def _empty(value: bytes | None) -> Fault:
    if value is None:
        return Fault("value", "null", "a record without a value says nothing; it erases nobody and removes nothing")
    return Fault("data", "json", "an empty value is no JSON; an event without fields has {}")


def _content_type(headers: Iterable[Header]) -> str | None:
    """The media type, without its parameters."""
    for name, value in headers:
        if name.lower() == CONTENT and value is not None:
            return value.decode("utf-8", "replace").partition(";")[0].strip().lower()
    return None


def _attributes(headers: Iterable[Header]) -> dict[str, Any]:
    """The attributes of binary mode, texts converted to their types; empty where no header begins with `ce_`."""
    found: dict[str, Any] = {}
    for name, value in headers:
        folded = name.lower()
        if not folded.startswith(PREFIX):
            continue
        attribute = folded.removeprefix(PREFIX)
        if attribute in found:
            raise Fault(name, "duplicate", "the header stands twice; which one is meant cannot be known")
        if attribute == "data":
            raise Fault(name, "unknown", "the data of an event is the record's value")
        if value is None:
            raise Fault(name, "null", "the header has no value; one that says nothing is left out")
        found[attribute] = _typed(attribute, _text(name, value))
    return found


def _text(name: str, value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise Fault(
            name, "utf-8", f"byte {error.start + 1} (0x{value[error.start]:02X}) is none of this encoding"
        ) from None
    if "\0" in text:
        raise Fault(name, "nul", "the header holds the character NUL")
    return text


def _typed(attribute: str, text: str) -> str | int:
    """Headers are texts; the integers among the attributes become integers."""
    is_integer = text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 20
    return int(text) if attribute in ("schemaversion", "sequence") and is_integer else text

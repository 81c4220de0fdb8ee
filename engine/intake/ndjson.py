"""CloudEvents as NDJSON: one JSON object a line."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.intake.canonical import canonical
from engine.intake.element import NAMING, Element, SenderOf, hints_of
from engine.intake.encodings import decoded, opened
from engine.intake.lines import LONGEST, lines
from engine.intake.ready import Ready
from engine.intake.sources import Source
from engine.intake.strict_json import strict_object
from events.cloudevents import Sender, proposal
from events.faults import Fault

FORMAT = "ndjson"
BLANK = b" \t\r\n"
HINT = re.compile(rb'"(%s)"\s*:\s*"([^"\\]{1,2048})"' % "|".join(NAMING).encode())


def read_ndjson(
    source: Source, sender_of: SenderOf, longest: int = LONGEST, secret: bytes | None = None
) -> Iterator[Element]:
    """The elements of an NDJSON stream; blank lines are passed over.

    secret: the workspace's, to prepare what is canonical for its log at once.
    A last line without its end is taken if it is whole; if not, it is a fault, and no offset passes it.
    """
    senders = lru_cache(maxsize=1024)(sender_of)
    context = {"format": FORMAT, "source": sender_of(None).name}

    contexts = {encoding: context | {"encoding": encoding} for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    prepare = canonical(secret, context["source"]) if secret is not None else None

    def exactly(raw: bytes, where: str) -> Element:
        return object_element(raw, where, contexts["utf-8"], senders)

    def take(raw: bytes, where: str, encoding: str) -> list[Element]:
        if encoding != "utf-8":
            return [object_element(raw, where, contexts[encoding], senders)]
        if prepare is not None and (arrival := prepare(raw)) is not None:
            return [Ready(arrival, where, raw, contexts["utf-8"], exactly)]
        return [exactly(raw, where)]

    yield from elements_of_lines(source, take, context, longest)


def elements_of_lines(
    source: Source, take: Callable[[bytes, str, str], list[Element]], context: Mapping[str, Any], longest: int
) -> Iterator[Element]:
    """What the lines of a stream become. take: the elements of a line, by its bytes, its place and its encoding."""
    try:
        encoding, start = opened(source.stream, None)
    except Fault as fault:
        yield Element("header", source.beginning(), {**context, "of_file": True}, fault=fault)
        return
    for line in lines(source.stream, encoding, start=start, longest=longest, cut=source.cut):
        where = f"line {line.number}"
        if line.fault is not None:
            end = line.end if line.whole else None
            hints = hints_of(seeming(line.raw), Sender(context["source"]))
            cut = {**context, "encoding": encoding, "cut": True}
            yield Element(where, line.raw or source.beginning(), cut, fault=line.fault, hints=hints, offset=end)
        elif line.raw.strip(BLANK if encoding == "utf-8" else BLANK + b"\0"):
            elements = take(line.raw, where, encoding)
            # a last line without its end that cannot be read may still grow: no offset passes it
            elements[-1].offset = line.end if line.whole or elements[-1].fault is None else None
            yield from elements


def ndjson_again(raw: bytes, context: Mapping[str, Any], sender_of: SenderOf) -> Element:
    """A line once more, out of quarantine."""
    return object_element(raw, "line 0", context, sender_of)


def object_element(raw: bytes, where: str, context: Mapping[str, Any], sender_of: SenderOf) -> Element:
    """The element of one CloudEvent in structured form. context: its encoding, and what else reads it again."""
    event: dict[str, Any] | None = None
    sender = Sender(context["source"])
    try:
        event = strict_object(raw if context["encoding"] == "utf-8" else decoded(raw, context["encoding"]).encode())
        named = event.get("source")
        sender = sender_of(named if isinstance(named, str) else None)
        return Element(where, raw, context, proposal(event, sender))
    except Fault as fault:
        hints = hints_of(seeming(raw) if event is None else event, sender)
        ignored = fault.field == "type" and fault.word == "unknown" and sender.unknown == "ignore"
        return Element(where, raw, context, fault=None if ignored else fault, hints=hints, ignored=ignored)


def seeming(raw: bytes) -> dict[str, Any]:
    """What bytes that are no object still seem to say."""
    found: dict[str, Any] = {}
    for name, value in HINT.findall(raw):
        found.setdefault(name.decode(), value.decode("utf-8", "ignore"))
    return found

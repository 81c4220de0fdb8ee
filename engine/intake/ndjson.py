"""CloudEvents as NDJSON: one JSON object a line."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.intake.element import NAMING, Element, SenderOf, hints_of
from engine.intake.encodings import decoded, opened
from engine.intake.lines import LONGEST, Line, lines
from engine.intake.sources import Source
from engine.intake.strict_json import strict_object
from events.cloudevents import Sender, proposal
from events.faults import Fault

FORMAT = "ndjson"
HINT = re.compile(rb'"(%s)"\s*:\s*"([^"\\]{1,2048})"' % "|".join(NAMING).encode())


def read_ndjson(source: Source, sender_of: SenderOf, longest: int = LONGEST) -> Iterator[Element]:
    """The elements of an NDJSON stream; blank lines are passed over.

    A last line without its end is taken if it is whole; if not, it is a fault, and no offset passes it.
    """
    senders = lru_cache(maxsize=1024)(sender_of)
    try:
        encoding, start = opened(source.stream, None)
    except Fault as fault:
        yield Element("header", b"", {"format": FORMAT}, fault=fault)
        return
    context = {"format": FORMAT, "encoding": encoding, "source": sender_of(None).name}
    for line in lines(source.stream, encoding, start=start, longest=longest, cut=source.cut):
        if line.fault is None and not line.raw.strip(b" \t\r\n\0" if encoding != "utf-8" else None):
            continue
        yield _element(line, context if line.fault is None else context | {"cut": True}, senders)


def ndjson_again(raw: bytes, context: Mapping[str, Any], sender_of: SenderOf) -> Element:
    """A line once more, out of quarantine."""
    return _element(Line(0, raw, 0, True), context, sender_of)


def _element(line: Line, context: Mapping[str, Any], senders: SenderOf) -> Element:
    where = f"line {line.number}"
    event: dict[str, Any] | None = None
    sender = Sender()
    try:
        if line.fault is not None:
            raise line.fault
        raw = line.raw if context["encoding"] == "utf-8" else decoded(line.raw, context["encoding"]).encode()
        event = strict_object(raw)
        named = event.get("source")
        sender = senders(named if isinstance(named, str) else None)
        return Element(where, line.raw, context, proposal(event, sender), offset=line.end)
    except Fault as fault:
        hints = _hints(line.raw, sender) if event is None else hints_of(event, sender)
        return Element(where, line.raw, context, fault=fault, hints=hints, offset=line.end if line.whole else None)


def _hints(raw: bytes, sender: Sender) -> dict[str, str]:
    """What a line that is no object still seems to say."""
    found: dict[str, Any] = {}
    for name, value in HINT.findall(raw):
        found.setdefault(name.decode(), value.decode("utf-8", "ignore"))
    return hints_of(found, sender)

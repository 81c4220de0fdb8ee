"""CloudEvents as NDJSON: one JSON object a line."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from engine.intake.arrival import Arrival
from engine.intake.beside import Beside
from engine.intake.canonical import canonical
from engine.intake.element import NAMING, Element, SenderOf, hints_of
from engine.intake.encodings import decoded, opened
from engine.intake.lines import LONGEST, Line, lines
from engine.intake.ready import Ready
from engine.intake.sources import Source
from engine.intake.strict_json import strict_object
from events.cloudevents import Sender, proposal
from events.faults import Fault

FORMAT = "ndjson"
Prepared = Callable[[Iterator[Line]], Iterator[tuple[Line, Arrival | None]]]
BLANK = b" \t\r\n"
HINT = re.compile(rb'"(%s)"\s*:\s*"([^"\\]{1,2048})"' % "|".join(NAMING).encode())


def read_ndjson(
    source: Source, sender_of: SenderOf, longest: int = LONGEST, secret: bytes | None = None, *, beside: bool = False
) -> Iterator[Element]:
    """The elements of an NDJSON stream; blank lines are passed over.

    secret: the workspace's, to prepare what is canonical for its log at once. beside: in another process.
    A last line without its end is taken if it is whole; if not, it is a fault, and no offset passes it.
    """
    senders = lru_cache(maxsize=1024)(sender_of)
    context = {"format": FORMAT, "source": sender_of(None).name}

    contexts = {encoding: context | {"encoding": encoding} for encoding in ("utf-8", "utf-16-le", "utf-16-be")}

    def take(raw: bytes, where: str, encoding: str) -> list[Element]:
        return [object_element(raw, where, contexts[encoding], senders)]

    def ready(line: Line, where: str, arrival: Arrival) -> Element:
        return Ready(arrival, where, line.raw, contexts["utf-8"], lambda raw, where: take(raw, where, "utf-8")[0])

    if secret is None:
        yield from elements_of_lines(source, take, context, longest)
        return
    with Beside(secret, context["source"]) if beside else nullcontext(here(secret, context["source"])) as prepared:
        yield from elements_of_lines(source, take, context, longest, prepared, ready)


def here(secret: bytes, source: str | None) -> Prepared:
    """Prepares lines for the log, one by one."""
    prepare = canonical(secret, source)
    return lambda lines: ((line, prepare(line.raw)) for line in lines)


def elements_of_lines(
    source: Source,
    take: Callable[[bytes, str, str], list[Element]],
    context: Mapping[str, Any],
    longest: int,
    prepared: Prepared | None = None,
    ready: Callable[[Line, str, Arrival], Element] | None = None,
) -> Iterator[Element]:
    """What the lines of a stream become.

    take: the elements of a line, by its bytes, its place and its encoding. prepared: what goes ahead of it in UTF-8, and ready: the
    element of what was prepared.
    """
    try:
        encoding, start = opened(source.stream, None)
    except Fault as fault:
        yield Element("header", source.beginning(), {**context, "of_file": True}, fault=fault)
        return
    found = lines(source.stream, encoding, start=start, longest=longest, cut=source.cut)
    for line, arrival in prepared(found) if prepared and encoding == "utf-8" else ((line, None) for line in found):
        where = f"line {line.number}"
        if line.fault is not None:
            end = line.end if line.whole else None
            hints = hints_of(seeming(line.raw), Sender(context["source"]))
            cut = {**context, "encoding": encoding, "cut": True}
            yield Element(where, line.raw or source.beginning(), cut, fault=line.fault, hints=hints, offset=end)
        elif line.raw.strip(BLANK if encoding == "utf-8" else BLANK + b"\0"):
            elements = [ready(line, where, arrival)] if ready and arrival else take(line.raw, where, encoding)
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

"""CloudEvents 1.0, both ways: one JSON format everywhere (files, Kafka, HTTP, exports)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from events.base import Event
from events.envelope import Proposal, Recorded
from events.faults import Fault
from events.instants import Precision, parse_instant, wire
from events.money import major_units
from events.registry import LATEST, event_class, read

SPECVERSION = "1.0"
OURS = frozenset(
    "specversion id source type schemaversion subject time actor knowntime sequence correlationid causationid data datacontenttype".split()
)
WRITTEN_BY_US = frozenset({"position", "hash", "run", "retracted"})  # exports carry them; on input they say nothing
BINARY = "data_base64"
EXTENSION = re.compile("[a-z0-9]+")
LONGEST = 2048
LONGEST_NUMBER = 20  # characters of 64 bits
EARLIEST = parse_instant("1990-01-01").start


@dataclass(frozen=True, slots=True)
class Sender:
    """What is declared of a source (leadlog.toml, a mapping, the command line).

    name: for events that name none. zone: of times without offset. ambiguous: `earlier` or `later`, for a local time that a clock change skips or repeats.
    trusted: recorded as they come. archive: may bring its own knowntime. earliest: µs before which no time is believed.
    unknown: what becomes of attributes and fields that nobody knows. days: where plain dates lie if no zone is declared.
    """

    name: str | None = None
    zone: ZoneInfo | None = None
    ambiguous: str | None = None
    trusted: bool = False
    archive: bool = False
    earliest: int = EARLIEST
    unknown: Literal["quarantine", "keep", "ignore"] = "quarantine"
    days: ZoneInfo = ZoneInfo("UTC")


def proposal(event: Mapping[str, Any], sender: Sender = Sender(), *, text: bool = False) -> Proposal:
    """A CloudEvent in structured form, understood.

    event: attributes and `data`. text: values are texts of a table or of headers and are converted.
    Raises Fault, which names the attribute or field as it was written.
    """
    if event.get("specversion", SPECVERSION) != SPECVERSION:
        raise Fault("specversion", "unknown", f"{event['specversion']!r} is not {SPECVERSION}")
    of = event_class(event.get("type"))
    extensions, strange = _extensions(event, of, sender)
    source = _word(event, "source") if event.get("source") is not None else sender.name
    if source is None:
        raise Fault(
            "source", "null", "is missing: the event names none and none is declared (--source, or the mapping)"
        )
    subject = _word(event, "subject")
    if "time" not in event:
        raise Fault("time", "time", "the event says not when it happened")
    version = _integer(event, "schemaversion", text)
    time = parse_instant(event["time"], sender.zone, sender.ambiguous, days=sender.days)
    data, kept, strange_fields = _known_fields(of, event.get("data", {}), sender)
    fact = read(of.__name__, data, version, text=text)
    return Proposal(
        source=source,
        id=_word(event, "id") if event.get("id") is not None else None,
        subject=subject,
        time=time,
        data=fact,
        actor=_word(event, "actor") if event.get("actor") is not None else None,
        known=_known(event, sender),
        sequence=_integer(event, "sequence", text),
        correlation_id=_word(event, "correlationid") if event.get("correlationid") is not None else None,
        causation_id=_word(event, "causationid") if event.get("causationid") is not None else None,
        extensions=extensions,
        kept=kept,
        schema_version=LATEST[of.__name__],
        strange=strange + strange_fields,
    )


def cloudevent(event: Recorded) -> dict[str, Any]:
    """A recorded event in structured form, with `position`, `hash` and `run`; what is erased is left out."""
    attributes = {
        "specversion": SPECVERSION,
        "id": event.id or str(event.event_id),
        "source": event.source,
        "type": event.type,
        "schemaversion": event.schema_version,
        "subject": event.subject or str(event.stream),
        "time": str(event.time),
        "actor": event.actor,
        "knowntime": wire(event.recorded_at),
        "sequence": event.sequence,
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "position": event.position,
        "hash": event.hash.hex(),
        "run": event.run,
        **event.extensions,
    }
    return {name: value for name, value in attributes.items() if value is not None} | {
        "data": wire_data(event.data) | dict(event.kept)
    }


def wire_data(event: Event) -> dict[str, Any]:
    """The fields of an event as they stand on the wire: money in major units."""
    data = event.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if data.get("amount") is not None and data.get("currency") is not None:
        data["amount"] = major_units(data["amount"], data["currency"])
    return data


def _extensions(event: Mapping[str, Any], of: type[Event], sender: Sender) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The attributes of others, and the names of those that nobody can know: they go by the source's mode. Raises Fault."""
    others = [name for name in event if name not in OURS and name not in WRITTEN_BY_US]
    if not others:
        return {}, ()
    found, strange = {}, []
    for name in others:
        if (wrong := _wrong_with(name, of)) is not None:
            if sender.unknown == "quarantine" or _folded(name) in OURS or name == BINARY:
                raise Fault(name, "object" if name == BINARY else "unknown", wrong)
            strange.append(name)
        if wrong is None or sender.unknown == "keep":
            found[name] = event[name]
    return found, tuple(strange)


def _wrong_with(name: str, of: type[Event]) -> str | None:
    """Why an attribute is none that others add; None where it may be."""
    if (folded := _folded(name)) in OURS:
        return f"is written like `{folded}` and is not; attributes are lower-case letters and digits"
    if name == BINARY:
        return "data comes as a JSON object, not packed"
    if not EXTENSION.fullmatch(name):
        return "is no attribute of a CloudEvent, which has lower-case letters and digits; fields stand in `data`"
    return f"is a field of {of.__name__}; fields stand in `data`" if name in _names(of) else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


@cache
def _names(of: type[Event]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in of.model_fields.items())


def _known_fields(of: type[Event], data: object, sender: Sender) -> tuple[object, dict[str, Any], tuple[str, ...]]:
    """The fields that the event has; of the others those that are kept, and all their names."""
    if data is None:
        return {}, {}, ()
    if not isinstance(data, dict) or sender.unknown == "quarantine":
        return data, {}, ()
    strange = {name: value for name, value in data.items() if name not in _names(of)}
    known = {name: value for name, value in data.items() if name in _names(of)}
    return known, strange if sender.unknown == "keep" else {}, tuple(strange)


def _known(event: Mapping[str, Any], sender: Sender) -> int | None:
    if not sender.archive or event.get("knowntime") is None:
        return None
    known = parse_instant(event["knowntime"], sender.zone, sender.ambiguous, "knowntime", sender.days)
    return known.start if known.precision is not Precision.NONE else None


def _word(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise Fault(
            name,
            "null" if value is None else "range",
            f"is missing: a text of 1 to {LONGEST} characters"
            if value is None
            else f"is a text of 1 to {LONGEST} characters, not {str(value)[:80]!r}",
        )
    return value


def _integer(event: Mapping[str, Any], name: str, text: bool) -> int | None:
    value = event.get(name)
    if value is None:
        return None
    if (
        isinstance(value, str)
        and (text or name == "sequence")
        and value.removeprefix("-").isdecimal()
        and value.isascii()
        and len(value) <= LONGEST_NUMBER
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise Fault(name, "range", f"{str(value)[:80]!r} is no integer of 64 bits")
    return value

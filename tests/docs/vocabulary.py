"""docs/events.md: every event with its fields."""

import inspect
from collections.abc import Iterator
from typing import Any

from events.base import Event
from events.personal import personal_fields
from events.registry import KINDS, LATEST, TYPES, UPCASTERS, kind, schema

HEAD = """# Events

<!-- Generated: `python -m tests.docs` writes this page anew from the vocabulary. -->

What can be written into the log. The envelope around it (`id`, `source`, `type`, `subject`, `time`, …) is CloudEvents 1.0: see
[log.md](log.md). `leadlog schema TYPE` prints an event's JSON Schema.

**needed**: without it the event goes to [quarantine](quarantine.md). **sealed**: personal, encrypted with the person's own key,
gone once she is [erased](privacy.md). A text has 1 to 1,000 characters where nothing else is said. Money is `amount` in major
units (an integer or a plain decimal string) with `currency`, both or neither.
"""
USUAL = 1000  # characters of a text
SAYS = {
    "observation": "Observations: true whatever state the lead is in, always recorded",
    "decision": "Decisions: legal only in some states of the lead",
    "identity": "Identity and privacy",
    "business": "Business: the subject names a stream, not a lead",
    "log": "The log itself",
}


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_kind(name) for name in KINDS)


def _kind(name: str) -> str:
    return f"\n## {SAYS[name]}\n" + "".join(_event(of) for of in TYPES.values() if kind(of) == name)


def _event(of: type[Event]) -> str:
    name = of.__name__
    said = inspect.cleandoc(of.__doc__ or "").replace("\n\n", "\n").replace("\n", " ")
    version = "" if LATEST[name] == 1 else f" (schema version {LATEST[name]}; {_older(name)} are lifted)"
    fields = list(_fields(of))
    table = "| field | type | |\n|---|---|---|\n" + "".join(fields) if fields else "No fields.\n"
    return f"\n### {name}\n\n{said}{version}\n\n{table}"


def _older(name: str) -> str:
    return ", ".join(str(version) for of, version in UPCASTERS if of == name)


def _fields(of: type[Event]) -> Iterator[str]:
    told = schema(of.__name__)
    sealed = personal_fields(of)
    for name, shape in told.get("properties", {}).items():
        marks = [
            mark for mark, there in (("needed", name in told.get("required", ())), ("sealed", name in sealed)) if there
        ]
        yield f"| `{name}` | {_type(shape, told.get('$defs', {}))} | {', '.join(marks)} |\n"


def _type(shape: dict[str, Any], parts: dict[str, Any]) -> str:
    """A JSON Schema in words."""
    match shape:
        case {"$ref": reference}:
            return _type(parts[reference.rsplit("/", 1)[1]], parts)
        case {"description": "RFC 3339 with offset, or a plain date" | "ISO 4217" as said}:
            return f"text: {said}"
        case {"description": said, "anyOf": _}:
            return f"integer or decimal text: {said}"
        case {"enum": words}:
            return ", ".join(f"`{word}`" for word in words)
        case {"const": word}:
            return f"`{word}`"
        case {"anyOf": several}:
            return " or ".join(dict.fromkeys(_type(one, parts) for one in several if one.get("type") != "null"))
        case {"type": "array", "items": items}:
            return f"list of {_type(items, parts)}"
        case {"type": "object", "properties": fields}:
            return "{" + ", ".join(f"`{name}`: {_type(inner, parts)}" for name, inner in fields.items()) + "}"
        case {"type": "object"}:
            return "object"
        case {"type": told}:
            return _plain(told, shape)
        case _:
            raise ValueError(f"no words for {shape}")


def _plain(told: str, shape: dict[str, Any]) -> str:
    """A shape without parts."""
    words = {"string": "text", "integer": "integer", "boolean": "true or false"}[told]
    if "pattern" in shape:
        return "text: `2026`, `2026-Q1`, `2026-03`, `2026-W09` or a date"
    if told == "string" and shape.get("maxLength", USUAL) != USUAL:
        return f"{words}, up to {shape['maxLength']} characters"
    return f"{words}, 0 or more" if shape.get("minimum") == 0 else words

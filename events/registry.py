"""Every event by its name and schema version; old shapes are lifted here, so that everything behind knows only the latest."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from events import business, decisions, identity, observations
from events.base import BusinessEvent, Decision, Event, Identity, LogEvent, Observation
from events.faults import Fault

KINDS = {
    "observation": (Observation, observations),
    "decision": (Decision, decisions),
    "identity": (Identity, identity),
    "business": (BusinessEvent, business),
    "log": (LogEvent, business),
}
NAMES_ANOTHER = ("merged", "referred")  # fields that name another lead; recorded as its stream's id
SHAPES_ONLY = {
    "LeadDetails",
    "OpportunityDetails",
    "OfferAnswer",
}  # what several events have in common; no events themselves
TYPES: Mapping[str, type[Event]] = {
    name: of
    for base, room in KINDS.values()
    for name, of in vars(room).items()
    if isinstance(of, type) and issubclass(of, base) and of.__module__ == room.__name__ and name not in SHAPES_ONLY
}


def _bant_in_words(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 of BantAssessed told budget, authority, need and timeline as true, false or null."""
    words = {True: "yes", False: "no", None: "unknown"}
    asked = ("budget", "authority", "need", "timeline")
    return data | {
        name: words[data.get(name)] for name in asked if data.get(name) is None or isinstance(data.get(name), bool)
    }


# (type, version) → the data of the next version.
UPCASTERS: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("BantAssessed", 1): _bant_in_words,
}
LATEST: Mapping[str, int] = {
    name: 1 + max((version for of, version in UPCASTERS if of == name), default=0) for name in TYPES
}


def event_class(type_: object) -> type[Event]:
    """The class of an event's name. Raises Fault."""
    if type_ is None:
        raise Fault("type", "null", "is missing: the event does not say what it is")
    if not isinstance(type_, str) or type_ not in TYPES:
        raise Fault("type", "unknown", f"{type_!r} is no event of the vocabulary (`leadlog schema` lists them)")
    return TYPES[type_]


def lifted(type_: str, version: int, data: dict[str, Any]) -> dict[str, Any]:
    """The data of an older schema version in the latest shape. Raises Fault for a version that this program does not know."""
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= LATEST[type_]:
        raise Fault("schemaversion", "range", f"{version!r} is no version of {type_}; known are 1 to {LATEST[type_]}")
    for step in range(version, LATEST[type_]):
        data = UPCASTERS[type_, step](data)
    return data


def read(type_: object, data: object, version: int | None = None, *, text: bool = False) -> Event:
    """A validated event.

    data: its fields, as on the wire. version: their schema version; None for the latest.
    text: the values come from a table of texts (CSV, headers) and are converted; else JSON's own types are asked for.

    Raises Fault, which names the field as it was written.
    """
    of = event_class(type_)
    if not isinstance(data, dict):
        raise Fault("data", "object", f"{type(data).__name__} is no object of fields")
    if version is not None:
        data = lifted(of.__name__, version, data)
    try:
        return of.model_validate(data, strict=not text)
    except ValidationError as error:
        raise _fault(of, error) from None


def stored(type_: str, version: int, data: dict[str, Any]) -> Event:
    """An event out of the log: lifted, and taken as it was validated when it was recorded."""
    if version != LATEST[type_]:
        data = lifted(type_, version, data)
    of, defaults, attributes = _shape(type_)
    told = {attributes[name]: _value(name, value) for name, value in data.items() if name in attributes}
    # what model_construct does, without looking at each field that the event does not have
    event = of.__new__(of)
    object.__setattr__(event, "__dict__", defaults | told)
    object.__setattr__(event, "__pydantic_fields_set__", set(told))
    object.__setattr__(event, "__pydantic_extra__", None)
    object.__setattr__(event, "__pydantic_private__", None)
    return event


@cache
def _shape(type_: str) -> tuple[type[Event], dict[str, Any], dict[str, str]]:
    """The class of an event, its defaults (all of them immutable), and its attributes by the name of the field as it is written."""
    fields = TYPES[type_].model_fields
    defaults = {name: field.default for name, field in fields.items() if not field.is_required()}
    return TYPES[type_], defaults, {field.alias or name: name for name, field in fields.items()}


def schema(type_: str) -> dict[str, Any]:
    """The JSON Schema of an event's data. Raises Fault."""
    return TypeAdapter(event_class(type_)).json_schema(by_alias=True)


@cache
def kind(of: type[Event]) -> str:
    """observation, decision, identity, business or log."""
    return next(name for name, (base, _) in KINDS.items() if issubclass(of, base))


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return UUID(value) if name in NAMES_ANOTHER and isinstance(value, str) else value


def _fault(of: type[Event], error: ValidationError) -> Fault:
    """The first thing that is wrong, by the name of the field as it was written."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
    said = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "extra_forbidden":
            known = [told.alias or name for name, told in of.model_fields.items()]
            near = get_close_matches(field, known, 1, 0.75)
            told = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known) or 'none'}"
            return Fault(field, "unknown", f"{of.__name__} has no such field; {told}")
        case "missing":
            return Fault(field, "null", f"is missing: {of.__name__} needs it")
        case _ if first["input"] is None and field:
            return Fault(field, "null", f"{said[0].lower()}{said[1:]}, not null")
        case "value_error" if not field and ": " in said:  # of several fields together: it names the one itself
            field, said = said.split(": ", 1)
            return Fault(field, "range", said)
        case "value_error" if isinstance(fault := first["ctx"]["error"], Fault):
            return Fault(field, fault.word, fault.detail)
        case "value_error":
            return Fault(field or "amount and currency", "range", said)
        case _:
            return Fault(field, "range", f"{said[0].lower()}{said[1:]}, not {str(first['input'])[:80]!r}")

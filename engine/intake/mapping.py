"""Mappings: what the rows and columns of a table mean, as a TOML file says it."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from engine.errors import NoSuchFile, Trouble
from engine.intake.element import SenderOf
from engine.intake.fieldkinds import kinds
from engine.intake.mapping_model import Condition, MappedEvent, MappingFile, Told
from engine.intake.texts import Reading
from events.cloudevents import Sender
from events.faults import Fault
from events.instants import Instant
from events.registry import event_class
from projections.definitions import toml


class BadMapping(Trouble):
    """{file}{line}: {fault} (docs/mappings.md tells what a mapping may say)."""


@dataclass(frozen=True)
class Mapping:
    """A validated mapping.

    path: its file, by which quarantine finds it again. of_types: the values come with types (JSON, Parquet, XES).
    """

    path: str
    file: MappingFile
    of_types: bool = False

    def typed(self) -> "Mapping":
        """The same for values that come with types: their truths are `true` and `false` whatever the file's own spellings are."""
        return replace(self, of_types=True)

    @cached_property
    def reading(self) -> Reading:
        """How its texts become values."""
        told = self.file
        true, false = frozenset(told.true), frozenset(told.false)
        if self.of_types:
            true, false = true - {"false"} | {"true"}, false - {"true"} | {"false"}
        return Reading(told.decimal, told.thousands, tuple(told.time_formats), true, false)

    def declared_on(self, sender: Sender) -> Sender:
        """What leadlog.toml declares of a source, with the mapping's own declarations on top."""
        told = self.file
        declared = {
            "name": told.source,
            "zone": ZoneInfo(told.zone) if told.zone else None,
            "ambiguous": told.ambiguous,
            "trusted": told.trusted,
            "archive": told.archive,
            "earliest": Instant.of_day(told.earliest, ZoneInfo("UTC")).start if told.earliest else None,
            "unknown": told.unknown,
        }
        return replace(sender, **{name: value for name, value in declared.items() if value is not None})  # type: ignore[arg-type]  # each by its own name

    def senders(self, sender_of: SenderOf) -> SenderOf:
        """`sender_of` for what comes in through this mapping; the mapping's source where an event names none."""
        return lambda name: self._sender(sender_of, name)

    def _sender(self, sender_of: SenderOf, name: str | None) -> Sender:
        sender = self.declared_on(sender_of(name or self.file.source))
        return sender if name is None else replace(sender, name=name)


def load(path: Path) -> Mapping:
    """The mapping in that file. Raises NoSuchFile, BadMapping with file, line, key and the nearest known key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NoSuchFile(file=path, cause=error.strerror or error) from None
    except UnicodeDecodeError as error:
        raise BadMapping(file=path, line="", fault=f"is no UTF-8: byte {error.start + 1}") from None
    try:
        return Mapping(str(path.absolute()), parsed(text))
    except BadKey as bad:
        line = bad.line or line_of(text, bad.path)
        raise BadMapping(file=path, line=f", line {line}" if line else "", fault=bad.fault) from None


class BadKey(ValueError):
    """What is wrong with a mapping, at a path of keys; the line where the parser knows it."""

    def __init__(self, path: tuple[str | int, ...], fault: str, line: int | None = None) -> None:
        self.path, self.fault, self.line = path, fault, line
        super().__init__(fault)


def parsed(text: str) -> MappingFile:
    """The mapping that a text says. Raises BadKey."""
    try:
        found = MappingFile.model_validate(toml.loads(text))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BadKey((), f"is no TOML: {error}", int(line[1]) if line else None) from None
    except ValidationError as error:
        raise _bad_key(error) from None
    for number, event in enumerate(found.event):
        _fields_serve(number, event)
    return found


def _fields_serve(number: int, event: MappedEvent) -> None:
    of = event_class(event.type)
    known = kinds(of)
    for name, given in event.data.items():
        path = ("event", number, "data", name)
        if name not in known:
            raise BadKey(path, f"`{name}` is no field of {event.type}{_nearest(name, known)}")
        if isinstance(given, bool) and known[name] != "truth":
            raise BadKey(path, f"`{name}` is no field that is true or false")
        if isinstance(given, int) or (isinstance(given, str) and "{" not in given):
            try:
                Reading().converted(known[name], str(given).lower() if isinstance(given, bool) else str(given), name)
            except Fault as fault:
                raise BadKey(path, f"{fault}") from None
    told = {name.partition(".")[0] for name in event.data}
    for name, field in of.model_fields.items():
        if field.is_required() and (field.alias or name) not in told:
            raise BadKey(("event", number), f"{event.type} needs the field `{field.alias or name}`")


def line_of(text: str, path: Iterable[str | int]) -> int | None:
    """The line on which a key stands, found by its name; that of its table where it is not seen."""
    written, keys, at, line = text.splitlines(), list(path), 0, None
    for place, key in enumerate(keys):
        if isinstance(key, int):
            continue
        number = keys[place + 1] if key == "event" and place + 1 < len(keys) else None
        table, named = r"\[\[\s*event", rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*[=\].]"
        seen = re.compile(named if number is None else table)
        found = [index for index in range(at, len(written)) if seen.search(written[index])]
        if len(found) <= int(number or 0):
            return line
        at = found[int(number or 0)]
        line = at + 1
    return line


def _bad_key(error: ValidationError) -> BadKey:
    told = error.errors(include_url=False, include_input=False)
    first = next((one for one in told if one["type"] == "extra_forbidden"), told[0])  # why another one is missing
    path = tuple(part for part in first["loc"] if not str(part).startswith("a "))
    fault = first["msg"].removeprefix("Value error, ")
    name = str(path[-1]) if path else ""
    if first["type"] == "extra_forbidden":
        return BadKey(path, f"`{name}` is no key here{_nearest(name, _known_keys(path))}")
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)
    return BadKey(path, f"`{where}`: {fault}" if where else fault)


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    match [part for part in path[:-1] if isinstance(part, str)]:
        case []:
            of: type[BaseModel] = MappingFile
        case ["event"]:
            of = MappedEvent
        case ["event", "when", *_]:
            of = Condition
        case _:
            of = Told
    return [field.alias or name for name, field in of.model_fields.items()]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(sorted(known))}"

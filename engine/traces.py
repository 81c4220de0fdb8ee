"""Traces of a person: where her own words stand outside what her key seals."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from engine.intake.entry import Entry
from engine.intake.quarantine import Quarantine
from engine.portions import portions
from engine.privacy.keys import KeyFile
from engine.store.log import Log, Row
from engine.store.mapper import Mapper

PAGE = 2_000
SHORTEST = 5  # characters; what is shorter, or an id of digits alone, would be found everywhere
TELLING = ("name", "email", "phone")
NOT_FOR_SURE = "name"  # others may be called the same; who has her address, phone or id means her
ENVELOPE = ("actor", "correlation_id", "causation_id")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
BETWEEN = r"[\s()/.-]*"  # digits of a phone number are grouped in many ways


class Trace(NamedTuple):
    """A place where something of a person stands. kind: `id`, `email`, `phone`, `name`; the value itself is not told.

    position: of the event; entry: of quarantine, where it is that. own: it is an event of the person herself, in clear.
    """

    position: int | None
    entry: int | None
    lead: int | None
    type: str | None
    field: str
    kind: str
    own: bool


@dataclass(frozen=True)
class Values:
    """What a person is known by. by_kind: kind → values."""

    by_kind: dict[str, frozenset[str]]

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds any of them in a case-folded text; the group's name is the kind."""
        kinds = [
            f"(?P<{kind}>{'|'.join(_spelt(kind, value) for value in sorted(values, key=len, reverse=True))})"
            for kind, values in self.by_kind.items()
            if values
        ]
        return re.compile(rf"(?<!\w)(?:{'|'.join(kinds)})(?!\w)") if kinds else None

    def kind_in(self, text: str) -> str | None:
        """The kind of what stands in the text; None for nothing."""
        found = self.pattern.search(text.casefold()) if self.pattern else None
        return found.lastgroup if found else None


def values_of(log: Log, leads: Sequence[int]) -> Values:
    """What those leads are known by, as far as their keys live."""
    found: dict[str, set[str]] = {kind: set() for kind in ("email", "phone", "id", "name")}
    for lead in leads:
        for rows in portions(log.rows(lead=lead), PAGE):
            for told in Mapper(log.keys).opened(rows):
                data = told.get("data", {})
                for kind in TELLING:
                    found[kind].add(str(data.get(kind) or ""))
                found["id"].add(told.get("subject", ""))
                texts = [told.get("id", ""), *map(str, told.get("kept", {}).values())]
                found["email"].update(address for text in texts for address in ADDRESS.findall(text))
    return Values({kind: frozenset(filter(_is_findable, map(str.casefold, of))) for kind, of in found.items()})


def in_quarantine(log: Log, keys: KeyFile, values: Values, leads: Sequence[int]) -> Iterator[tuple[Entry, str, str]]:
    """Entries of others, and of nobody known, in which something stands: with field and kind."""
    own = set(log.streams(leads).values())
    with log.reading() as reading:
        for entry in Quarantine(reading, keys).entries():
            if entry.stream in own or values.pattern is None:
                continue
            told = {"raw": (entry.raw or b"").decode("utf-8", "replace"), "subject": entry.subject, "id": entry.id}
            for field, text in told.items():
                if text and (kind := values.kind_in(text)):
                    yield entry, field, kind
                    break


def traces(
    log: Log, keys: KeyFile, values: Values, leads: Sequence[int], advance: Callable[[int], None] | None = None
) -> Iterator[Trace]:
    """Every field that stays readable once these leads are erased and in which something of them stands.

    A walk over the whole log. advance: told the position reached.
    """
    if values.pattern is None:
        return
    mapper, own = Mapper(keys), set(leads)
    for rows in portions(log.rows(), PAGE):
        for row, sealed in zip(rows, mapper.opened(rows), strict=True):
            is_own = row.lead in own
            for field, text in _texts(row, {} if is_own else sealed):
                if kind := values.kind_in(text):
                    yield Trace(row.position, None, row.lead or None, row.type, field, kind, is_own)
        if advance is not None:
            advance(rows[-1].position)
    for entry, field, kind in in_quarantine(log, keys, values, leads):
        if entry.stream is None and kind != NOT_FOR_SURE:
            continue  # goes with her
        yield Trace(None, entry.entry, None, entry.type, field, kind, own=False)


def _texts(row: Row, sealed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ENVELOPE:
        if value := getattr(row, name):
            yield name, value
    yield from _words(row.clear(), "")
    for part, value in sealed.items():
        yield from _words(value, "" if part == "data" else part)


def _words(value: Any, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case dict():
            for field, inner in value.items():
                yield from _words(inner, f"{name}.{field}".lstrip("."))
        case list():
            for inner in value:
                yield from _words(inner, name)
        case _:
            pass


def _spelt(kind: str, value: str) -> str:
    if kind != "phone":
        return re.escape(value)
    digits = re.sub(r"\D", "", value)
    return ("\\+?" if value.startswith("+") else "") + BETWEEN.join(digits)


def _is_findable(value: str) -> bool:
    """Whether finding it means that she is meant."""
    return len(value) >= SHORTEST and (not value.isdigit() or len(value) > SHORTEST + 1)

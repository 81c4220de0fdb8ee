"""Traces of a person: where her own words stand outside what her key seals."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from engine.intake.entry import Entry
from engine.intake.quarantine import Quarantine
from engine.portions import portions
from engine.privacy.keys import KeyFile
from engine.privacy.sealing import unseal
from engine.store.log import Log, Row
from engine.store.mapper import Mapper, place
from engine.store.rows import COLUMNS, Columns

PAGE = 2_000
SHORTEST = 5  # characters; what is shorter, or an id of digits alone, would be found everywhere
TELLING = ("name", "email", "phone")
NOT_FOR_SURE = "name"  # others may be called the same; who has her address, phone or id means her
ENVELOPE = ("actor", "correlation_id", "causation_id")
ENVELOPE_AT = tuple(map(COLUMNS.index, ENVELOPE))
STREAM, LEAD, VERSION, DATA, SEALED = map(COLUMNS.index, ("stream", "lead", "version", "data", "sealed"))
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


@dataclass(frozen=True)  # no slots: what it searches with is kept
class Values:
    """What a person is known by. by_kind: kind → values, the surest first."""

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

    def may_be_in(self, text: str) -> bool:
        """Whether a closer look is worth while; ten times as fast as that. text: case-folded."""
        plain, phones = self._scents
        return any(value in text for value in plain) or any(phone.search(text) for phone in phones)

    @cached_property
    def _scents(self) -> tuple[list[str], list[re.Pattern[str]]]:
        plain = [_as_json(value) for kind, values in self.by_kind.items() if kind != "phone" for value in values]
        return plain, [re.compile(_digits(value)) for value in self.by_kind.get("phone", ())]

    def kind_in(self, text: str) -> str | None:
        """The surest kind of what stands in the text; None for nothing."""
        found = {match.lastgroup for match in self.pattern.finditer(text.casefold())} if self.pattern else set()
        return next((kind for kind in self.by_kind if kind in found), None)


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
    mapper, own, after = Mapper(keys), set(leads), 0
    while page := log.page(after, PAGE):
        lived = keys.keys({UUID(bytes=columns[STREAM]) for columns in page if columns[SEALED] is not None})
        for columns in page:
            key = None if columns[LEAD] in own else lived.get(UUID(bytes=columns[STREAM]))
            if values.may_be_in(_all_text(columns, key)):
                yield from _found(Row.of(columns), mapper, values, is_own=columns[LEAD] in own)
        after = page[-1][0]
        if advance is not None:
            advance(after)
    for entry, field, kind in in_quarantine(log, keys, values, leads):
        if entry.stream is None and kind != NOT_FOR_SURE:
            continue  # goes with her
        yield Trace(None, entry.entry, None, entry.type, field, kind, own=False)


def _all_text(columns: Columns, key: bytes | None) -> str:
    """Everything of a row that can be read, as it is written, case-folded."""
    told = [columns[DATA], *(columns[at] for at in ENVELOPE_AT if columns[at])]
    if key is not None and columns[SEALED] is not None:
        with suppress(InvalidTag):
            told.append(unseal(key, columns[SEALED], place(columns[STREAM], columns[VERSION])).decode())
    return "\n".join(told).casefold()


def _found(row: Row, mapper: Mapper, values: Values, *, is_own: bool) -> Iterator[Trace]:
    sealed = {} if is_own else mapper.opened([row])[0]
    for field, text in _texts(row, sealed):
        if kind := values.kind_in(text):
            yield Trace(row.position, None, row.lead or None, row.type, field, kind, is_own)


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
    return ("\\+?" if value.startswith("+") else "") + _digits(value)


def _digits(phone: str) -> str:
    return BETWEEN.join(re.sub(r"\D", "", phone))


def _as_json(value: str) -> str:
    return msgspec.json.encode(value).decode()[1:-1]


def _is_findable(value: str) -> bool:
    """Whether finding it means that she is meant."""
    return len(value) >= SHORTEST and (not value.isdigit() or len(value) > SHORTEST + 1)

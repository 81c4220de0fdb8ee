"""Canonical CloudEvents, understood and encoded for the log in one go: what is plain and good, nine lines in ten.

Types derived from the vocabulary are decoded strictly by msgspec. Whatever is unusual in any way (a duplicate key, a plain date, an
amount with too many decimals, a fault) is None here, and the exact reader (`strict_object`, `proposal`) says what it is. The two agree on
all that this one takes: tests/engine/intake/test_canonical.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.intake.arrival import Arrival
from engine.privacy.ids import ids_of
from events.base import Event, LeadEvent, Priced
from events.cloudevents import LONGEST
from events.fields import Amount, Count, CurrencyCode, Id, Integer, Reason, When, Word, Words
from events.instants import told_with_offset
from events.money import DIGITS, minor_units
from events.personal import personal_fields
from events.registry import LATEST, TYPES

Absent = UnsetType
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
AWord = Annotated[str, Meta(min_length=1, max_length=1000)]
# What msgspec takes of each kind of field: never more than the vocabulary does. A kind that is not here is for the exact reader.
KINDS: tuple[tuple[Any, Any], ...] = (
    (str, str),
    (bool, bool),
    (Word, AWord),
    (Id, Annotated[str, Meta(min_length=1, max_length=255)]),
    (Reason, Annotated[str, Meta(min_length=1, max_length=80, pattern="^[^@]*$")]),
    (Words, list[AWord]),
    (Integer, Whole),
    (Count, Annotated[int, Meta(ge=0, le=2**63 - 1)]),
    (When, date),
    (Amount, Whole | str),
    (CurrencyCode, Literal[tuple(DIGITS)]),
)
ENVELOPE: tuple[tuple[str, Any], ...] = (
    ("id", Text),
    ("source", Text),
    ("actor", Text),
    ("knowntime", str),
    ("sequence", Whole),
    ("correlationid", Text),
    ("causationid", Text),
    ("datacontenttype", str),
    ("position", int),
    ("hash", str),
    ("run", str),
    ("retracted", bool),
)
HIDING = re.compile(rb'\\u(?:0000|[dD][89a-fA-F])|"[ \t\r\n]+:')  # NUL, half a character, a key that is not counted

_json = msgspec.json.Encoder().encode
_values = msgspec.structs.astuple
Prepare = Callable[[bytes], Arrival | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is done with a decoded event of one type.

    fields: how many its data may have. defaults: what says no more than if it were left out. nulls: whether null says something.
    """

    name: str
    latest: int
    fields: int
    personal: tuple[str, ...]
    defaults: tuple[tuple[str, Any], ...]
    nulls: bool
    priced: bool


class Personal(msgspec.Struct, omit_defaults=True):
    """What is sealed of an event."""

    subject: str
    id: str | None = None
    data: Mapping[str, Any] | None = None


def canonical(secret: bytes, source: str | None) -> Prepare:
    """Understands lines of one file or topic. secret: the workspace's. source: of events that name none."""
    ids = ids_of(secret)
    stream_of, event_id = ids.lead, ids.event

    def prepare(raw: bytes) -> Arrival | None:
        try:
            told = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        kind, data = KIND_OF[type(told)], told.data
        there = _values(told)
        fields = _values(data)
        keys = ATTRIBUTES - there.count(UNSET) + kind.fields - fields.count(UNSET)
        if raw.count(b'":') != keys or ((b"\\u" in raw or b'" ' in raw or b'"\t' in raw) and HIDING.search(raw)):
            return None
        from_ = told.source or source
        at = told_with_offset(told.time)
        known = told_with_offset(told.knowntime) if told.knowntime else None
        if not from_ or not told.id or at is None or (known is None and told.knowntime not in (UNSET, None)):
            return None
        if kind.priced and not _in_minor_units(data):
            return None
        if None in fields and not kind.nulls:
            _without(data, None, data.__struct_fields__)
        for name, default in kind.defaults:
            _without(data, default, (name,))
        personal = {}
        for name in kind.personal:
            if (value := getattr(data, name)) is not UNSET:
                personal[name] = value
                setattr(data, name, UNSET)
        return Arrival(
            stream_of(from_, told.subject), event_id(from_, "id:" + told.id), kind.name, kind.latest, at, at, None, 0, from_,
            told.actor or None, told.sequence if told.sequence is not UNSET else None, told.correlationid or None,
            told.causationid or None, _json(data).decode(), _json(Personal(told.subject, told.id, personal or None)), known, True,
        )  # fmt: skip

    return prepare


def _without(data: msgspec.Struct, value: Any, names: tuple[str, ...]) -> None:
    """Leave out the fields that have that value."""
    for name in names:
        if getattr(data, name) is value:
            setattr(data, name, UNSET)


def _in_minor_units(data: Any) -> bool:
    """Put the integer of minor units in the amount's place; whether it could be done."""
    amount, currency = data.amount, data.currency
    if (amount in (UNSET, None)) != (currency in (UNSET, None)):
        return False
    if amount not in (UNSET, None):
        try:
            data.amount = minor_units(amount, currency)
        except ValueError:
            return False
        return bool(data.amount >= 0)
    return True


def _types() -> dict[type[msgspec.Struct], Kind]:
    """The types to decode into: one an event of the vocabulary that can be read here."""
    found = {}
    for name, of in TYPES.items():
        data = _data(of) if issubclass(of, LeadEvent) else None
        if data is None:
            continue
        envelope = msgspec.defstruct(
            name,
            [
                ("data", data),
                ("subject", Text),
                ("time", str),
                ("specversion", Literal["1.0"] | Absent, UNSET),
                ("schemaversion", Literal[LATEST[name]] | Absent | None, UNSET),
                *((attribute, kind | Absent | None, UNSET) for attribute, kind in ENVELOPE),
            ],
            tag=name,
            tag_field="type",
            forbid_unknown_fields=True,
        )
        told = {field: info.default for field, info in of.model_fields.items() if not info.is_required()}
        clears = name == "LeadDetailsChanged"
        found[envelope] = Kind(
            name=name,
            latest=LATEST[name],
            fields=len(of.model_fields),
            personal=tuple(field for field in of.model_fields if field in personal_fields(of)),
            defaults=() if clears else tuple(one for one in told.items() if one[1] is not None),
            nulls=clears,
            priced=issubclass(of, Priced),
        )
    return found


def _data(of: type[Event]) -> type[msgspec.Struct] | None:
    """The type of an event's data; None where a field that must be there is of a kind that is not known here."""
    hints = get_type_hints(of, include_extras=True)
    fields: list[Any] = []
    for name, info in of.model_fields.items():
        kind, optional = _kind(hints[name])
        if info.is_required():
            if kind is None:
                return None
            fields.append((name, kind))
        else:
            fields.append((name, (Absent if kind is None else kind | Absent) | (None if optional else Absent), UNSET))
    return msgspec.defstruct(f"{of.__name__}Data", fields, kw_only=True, forbid_unknown_fields=True)


def _kind(hint: Any) -> tuple[Any, bool]:
    """What msgspec takes of a field, None where that is not known; and whether it may be null."""
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint  # a personal text is marked as a whole
    optional = type(None) in get_args(bare)
    if optional:
        (hint,) = (one for one in get_args(bare) if one is not type(None))
    if get_origin(hint) is Literal:
        return hint, optional
    return next((kind for told, kind in KINDS if told == hint), None), optional


KIND_OF = _types()
ATTRIBUTES = 1 + len(next(iter(KIND_OF)).__struct_fields__)  # `type` is the tag
_decode = msgspec.json.Decoder(Union[tuple(KIND_OF)]).decode  # noqa: UP007  # of a computed tuple

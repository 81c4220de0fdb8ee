"""JSON as this program takes it: no doubled keys, no numbers beyond 64 bits, no NUL, no half characters, no abyss.

Good lines take a fast path: msgspec decodes them, and counting colons and braces shows that nothing is hidden in them.
All others are read again, exactly and slowly, for the sake of their fault's word.
"""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from json import JSONDecodeError
from typing import Any

import msgspec

from events.faults import Fault

DEEPEST = 32
LOWEST, HIGHEST = -(2**63), 2**63 - 1
STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
BRACKETS = re.compile(r"[\[\]{}]")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
SHORT = frozenset({str, bool, type(None)})
LONGEST_NUMBER = 400  # digits: no 64-bit number needs them, and int() of more is slow

_decode = msgspec.json.Decoder().decode


def strict_object(raw: bytes, *, decimals: bool = False) -> dict[str, Any]:
    """The object that those bytes tell in UTF-8.

    decimals: numbers with decimals stay as exact as they are written.
    Raises Fault with one of the words `utf-8 json duplicate range surrogate nul nest object`.
    """
    if b"\\u" not in raw and b" :" not in raw and b"\t:" not in raw and b"\r:" not in raw and b"\n:" not in raw:
        try:
            event = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _exactly(raw, decimals)
        if type(event) is dict and _is_plain(event, raw):
            return event
    return _exactly(raw, decimals)


def _is_plain(event: dict[str, Any], raw: bytes) -> bool:
    """Whether the bytes hold no more than the object: as many keys, nothing nested but one level, no long number."""
    keys, nested = len(event), 1
    for value in event.values():
        kind = type(value)
        if kind is dict:
            keys, nested = keys + len(value), nested + 1
            for inner in value.values():
                if type(inner) not in SHORT and not _is_short(inner):
                    return False
        elif kind not in SHORT and not _is_short(value):
            return False
    return raw.count(b'":') == keys and raw.count(b"{") == nested


def _is_short(value: object) -> bool:
    return isinstance(value, int) and LOWEST <= value <= HIGHEST


def _exactly(raw: bytes, decimals: bool) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        told = f"byte {error.start + 1} (0x{raw[error.start]:02X}) is none of this encoding"
        raise Fault("", "utf-8", told) from None
    _not_too_deep(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_decimal if decimals else _float,
            parse_constant=_constant,
        )
    except JSONDecodeError as error:
        more = "more than one document on the line" if error.msg == "Extra data" else error.msg
        raise Fault("", "json", f"{more} (character {error.pos + 1})") from None
    if not isinstance(value, dict):
        raise Fault("", "object", f"{type(value).__name__} is no object; an event is one JSON object a line")
    _whole(value, "")
    return value


def _not_too_deep(text: str) -> None:
    depth = 0
    for bracket in BRACKETS.findall(STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise Fault("", "nest", f"nested deeper than {DEEPEST}")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Fault(
            _printable(twice), "duplicate", "the key stands twice in one object; which one is meant cannot be known"
        )
    return found


def _printable(name: str) -> str:
    return name.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


# What is no number stands as its fault until `_whole` knows the key at which it stands.


def _integer(text: str) -> int | Fault:
    value = int(text) if len(text) <= LONGEST_NUMBER else HIGHEST + 1
    return value if LOWEST <= value <= HIGHEST else Fault("", "range", f"{text[:40]} is beyond 64 bits")


def _float(text: str) -> float | Fault:
    value = float(text)
    return Fault("", "range", f"{text[:40]} is beyond 64 bits") if math.isinf(value) else value


def _decimal(text: str) -> Decimal | Fault:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Fault("", "range", f"{text[:40]} is beyond 64 bits")


def _constant(text: str) -> Fault:
    return Fault("", "range", f"{text} is no number that json knows")


def _whole(value: object, name: str) -> None:
    """Raises Fault where a text or a number is none. name: the key at which the value stands."""
    if isinstance(value, str):
        _whole_text(value, name)
    elif isinstance(value, dict):
        for inner, told in value.items():
            _whole_text(inner, _printable(inner))
            _whole(told, inner)
    elif isinstance(value, list):
        for told in value:
            _whole(told, name)
    elif isinstance(value, Fault):
        raise Fault(name, value.word, value.detail)


def _whole_text(text: str, name: str) -> None:
    if "\0" in text:
        raise Fault(name, "nul", f"a text holds the character NUL: {text[:40]!r}")
    if HALF_CHARACTER.search(text):
        raise Fault(name, "surrogate", f"a text holds half a character (a lone surrogate): {text[:40]!r}")

"""Whether what was found is what was expected."""

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from events.faults import Fault
from events.instants import Instant, parse_instant

CONTAINED = ("reason", "detail")  # a word of the text is enough
NEAR = 1e-9


def matching(expected: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that agree with the expected one in all fields that it names."""
    return [row for row in rows if all(agrees(field, value, row.get(field)) for field, value in expected.items())]


def agrees(field: str, expected: Any, found: Any) -> bool:
    """Whether one value is as expected: instants as instants, numbers to 1e-9 (relative above 1), reasons by a word."""
    if expected is None or found is None:
        return expected is None and found is None
    if field in CONTAINED:
        return str(expected).casefold() in str(found).casefold()
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(agrees(key, value, found.get(key)) for key, value in expected.items())
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        return len(expected) == len(found) and all(
            agrees("", one, other) for one, other in zip(expected, found, strict=True)
        )
    if (numbers := _numbers(expected, found)) is not None:
        return math.isclose(*numbers, rel_tol=NEAR, abs_tol=NEAR)
    if (instants := _instants(expected, found)) is not None:
        one, other = instants
        return one.day == other.day if one.day is not None or other.day is not None else one.start == other.start
    return str(expected) == str(found)


def _numbers(expected: Any, found: Any) -> tuple[float, float] | None:
    if not isinstance(expected, int | float) and not isinstance(found, int | float | Decimal):
        return None
    try:
        return float(Decimal(str(expected))), float(Decimal(str(found)))
    except InvalidOperation:
        return None


def _instants(expected: Any, found: Any) -> tuple[Instant, Instant] | None:
    try:
        return parse_instant(expected), parse_instant(found)
    except Fault:
        return None

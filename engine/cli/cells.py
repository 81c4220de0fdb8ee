"""Cells: a value and its unit as people say them."""

import json
import re
from decimal import Decimal

NOTHING = "–"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # what a terminal would act upon instead of showing it
MONEY = re.compile(r"[A-Z]{3}(/[a-z]+)?")  # a currency, or one a time: EUR, EUR/day
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def told(value: object, unit: str | None = None) -> str:
    """The value as text of one line; – where there is none."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | str) and (text := _measured(value, unit)) is not None:
        return text
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | dict) else str(value)
    return CONTROL.sub(" ", text)


def _measured(value: int | float | str, unit: str | None) -> str | None:
    match unit, value:
        case "s", int() | float():
            return duration(value)
        case "fraction", int() | float():
            return f"{value * 100:.3f} %"
        case "count", int() | float():
            return f"{value:,}"
        case "amount", int() | float() | str():
            return f"{Decimal(str(value)):,}"
        case "instant", str():
            return value[:19].replace("T", " ")
        case str(), int() | float() if MONEY.fullmatch(unit):
            return f"{Decimal(str(value)):,.2f}"
        case _, float():
            return rounded(value)
        case _:
            return None


def rounded(value: float) -> str:
    """A number to three decimals, a smaller one to three digits; without the zeros behind."""
    if 0 < abs(value) < 0.001:
        return f"{value:.3g}"
    return f"{value or 0.0:,.3f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """The two largest units of a duration: `2 d 4 h`, `3 min`."""
    if 0 < abs(seconds) < 1:
        return "< 1 s"
    left = abs(round(seconds))
    parts: list[tuple[int, str]] = []
    for name, size in UNITS:
        if (count := left // size) or parts:
            parts.append((count, name))
        left %= size
    words = [f"{count} {name}" for count, name in parts[:2] if count]
    return ("-" if seconds < 0 else "") + (" ".join(words) or "0 s")

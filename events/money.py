"""Money: an integer of the currency's smallest unit, and the currency (ISO 4217)."""

import re
from decimal import Decimal

from iso4217 import Currency

PLAIN_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
DIGITS: dict[str, int] = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
LARGEST = 2**63 - 1
LONGEST = 19  # its digits


def digits(currency: object) -> int:
    """How many decimals the currency has. Raises ValueError where ISO 4217 does not know it."""
    if not isinstance(currency, str) or currency not in DIGITS:
        raise ValueError(f"{currency!r} is no currency of ISO 4217; write one in capitals, like EUR")
    return DIGITS[currency]


def minor_units(amount: object, currency: str) -> int:
    """Major units as sent to the integer that is kept.

    amount: an integer or a plain decimal string in major units (`1250`, `"12.50"`); never a float.
    Raises ValueError: no such number, or more decimals than the currency has.
    """
    places = digits(currency)
    if isinstance(amount, bool) or not isinstance(amount, int | str):
        raise ValueError(f"{amount!r} is neither an integer nor a decimal string")
    if isinstance(amount, str) and not PLAIN_DECIMAL.fullmatch(amount):
        raise ValueError(f"{amount!r} is no plain decimal number")
    whole, _, decimals = str(amount).partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > places:
        raise ValueError(f"{str(amount)[:80]!r} has more decimals than {currency}, which has {places}")
    minor = f"{whole.removeprefix('-')}{decimals:0<{places}}".lstrip("0") or "0"
    if len(minor) > LONGEST or int(minor) > LARGEST:
        raise ValueError(f"{str(amount)[:80]!r} {currency} is beyond 64 bits")
    return -int(minor) if whole.startswith("-") else int(minor)


def major_units(minor: int, currency: str) -> str:
    """The kept integer as a decimal string with the currency's digits."""
    return f"{Decimal(minor).scaleb(-digits(currency)):f}"

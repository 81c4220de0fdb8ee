"""Money: integers of the smallest unit, by the currency's own digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.money import DIGITS, major_units, minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (1250, "EUR", 125_000),
        ("12.5", "EUR", 1250),
        ("-0.01", "EUR", -1),
        ("1234", "JPY", 1234),  # no decimals
        ("1.234", "KWD", 1234),  # three
        ("12.50", "JPY", None),
        ("12.505", "EUR", None),
        (12.5, "EUR", None),
        (True, "EUR", None),
        ("1,25", "EUR", None),
        ("1e3", "EUR", None),
        ("١", "EUR", None),
        ("1", "eur", None),
        ("1", "XXQ", None),
        (2**63, "EUR", None),
    ],
)
def test_major_units_become_minor_units_or_are_refused(amount, currency, minor):
    if minor is None:
        with pytest.raises(ValueError, match=r"number|decimal|currency|64 bits"):
            minor_units(amount, currency)
    else:
        assert minor_units(amount, currency) == minor


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(sorted(DIGITS)))
def test_what_is_printed_reads_back(minor, currency):
    assert minor_units(major_units(minor, currency), currency) == minor


def test_the_digits_are_those_of_the_currency():
    assert [major_units(1234, currency) for currency in ("EUR", "JPY", "KWD")] == ["12.34", "1234", "1.234"]

"""Tests of the interval of a rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from projections.wilson import wilson


def test_the_interval_of_eight_of_ten():
    assert wilson(8, 10) == pytest.approx((0.4901624715, 0.9433178485))


@given(st.data(), st.integers(1, 1_000_000))
def test_it_is_the_library_s(data: st.DataObject, trials: int):
    successes = data.draw(st.integers(0, trials))
    assert wilson(successes, trials) == binomtest(successes, trials).proportion_ci(0.95, method="wilson")

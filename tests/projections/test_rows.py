"""Long answers are told portion by portion, and are to a reader what a list of their rows is."""

from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from projections import rows as module
from projections.result import Result
from projections.rows import Rows, changed, values

NUMBERS: list[dict[str, Any]] = [{"lead": number % 3, "word": f"w{number}"} for number in range(10)]


def long(told: list[int]) -> Rows:
    """Ten rows; told: gets how many were told at once."""

    def tell(rows):
        told.append(len(rows))
        return rows

    return Rows(pa.Table.from_pylist(NUMBERS), tell)


def test_they_read_like_the_list_of_all():
    rows = long([])
    assert (len(rows), list(rows), rows[3], rows[-1], rows[2:5]) == (10, NUMBERS, NUMBERS[3], NUMBERS[-1], NUMBERS[2:5])
    assert rows == NUMBERS
    assert rows != NUMBERS[:9]
    assert Result("v", None, 1, None, [], rows).document()["rows"] == NUMBERS
    with pytest.raises(IndexError):
        rows[10]


def test_no_more_than_a_portion_is_told_at_once_and_nothing_before_it_is_read():
    told: list[int] = []
    with patch.object(module, "PORTION", 4):
        rows = changed(long(told), lambda some: ({**row, "lead": -row["lead"]} for row in some))
        assert told == []
        assert [row["lead"] for row in rows] == [-row["lead"] for row in NUMBERS]
    assert told == [4, 4, 2]


def test_a_column_is_looked_at_without_telling_the_rows():
    told: list[int] = []
    assert values(long(told), "lead") == values(NUMBERS, "lead") == {0, 1, 2}
    assert told == []

"""Mappings that look at the row before of the same case."""

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.again import parse_again
from engine.intake.mapping import BadKey, Mapping, parsed
from engine.intake.reading import read
from events.cloudevents import Sender

MAPPING = """
source = "log"
within = "{case}"
[[event]]
type = "LeadHandedOff"
id = "{case}-{nr}"
subject = "{case}"
time = "{time}"
when = { who = { changed = true } }
[event.data]
handoff = "{nr}"
from_owner = "{previous.who}"
to_owner = "{who}"
"""


def elements(rows: Sequence[tuple[str, ...]], text: str = MAPPING) -> list[Any]:
    table = "\n".join(["case,nr,time,who", *(",".join(row) for row in rows)]) + "\n"
    mapping = Mapping("m.toml", parsed(text))
    return list(read(BytesIO(table.encode()), sender_of=Sender, mapping=mapping, format="csv"))


def handed(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, str, str]]:
    told = [element.proposal for element in elements(rows) if element.proposal]
    return [(one.subject, one.data.from_owner, one.data.to_owner) for one in told]


def test_a_change_is_between_consecutive_rows_of_a_case():
    day = "2026-03-02"
    rows = [
        ("A", "1", day, "ann"),
        ("B", "1", day, "ben"),
        ("A", "2", day, "ann"),
        ("A", "3", day, "ben"),
        ("B", "2", day, "ann"),
    ]
    assert handed(rows) == [("A", "ann", "ben"), ("B", "ben", "ann")]


def test_where_one_of_both_tells_nothing_there_is_no_change():
    day = "2026-03-02"
    assert handed([("A", "1", day, "ann"), ("A", "2", day, ""), ("A", "3", day, "ben")]) == []


def test_a_faulty_row_is_the_row_before_all_the_same_and_can_be_read_again():
    rows = [("A", "1", "2026-03-02", "ann"), ("A", "2", "soon", "ben"), ("A", "3", "2026-03-02", "carl")]
    found = elements(rows)
    assert [element.proposal.data.to_owner for element in found if element.proposal] == ["carl"]
    (faulty,) = [element for element in found if element.fault]
    mended = Mapping("m.toml", parsed(MAPPING.replace('"{time}"', '"2026-03-02"')))
    (again,) = parse_again(faulty.raw, faulty.context, Sender, mended)
    assert (again.proposal.data.from_owner, again.proposal.data.to_owner) == ("ann", "ben")


def test_changed_without_within_is_refused():
    with pytest.raises(BadKey, match="within"):
        parsed(MAPPING.replace('within = "{case}"', ""))


def test_a_column_that_is_only_read_of_the_row_before_must_be_there():
    (fault,) = elements([], MAPPING.replace("{previous.who}", "{previous.whom}"))
    assert (fault.fault.field, fault.fault.word) == ("whom", "header")


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["ann", "ben", ""])), max_size=20))
def test_changes_equal_a_walk_case_by_case(rows):
    expected = []
    for case in "AB":
        names = [who for of, who in rows if of == case]
        expected += [(case, a, b) for a, b in pairwise(names) if a and b and a != b]
    table = [(case, str(number), "2026-03-02", who) for number, (case, who) in enumerate(rows)]
    assert sorted(handed(table)) == sorted(expected)

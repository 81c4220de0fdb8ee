"""Where something of a person stands that her key does not seal."""

import pytest

from engine.traces import Values, traces, values_of
from tests.engine.conftest import Desk, tell

VALUES = Values(
    {
        "email": frozenset({"erika@example.test"}),
        "phone": frozenset({"+49 30 5550199"}),
        "id": frozenset({"crm-10042"}),
        "name": frozenset({'erika "eri" muster'}),
    }
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ERIKA@example.test, please", "email"),
        ("erika@example.testing", None),
        ("notherika@example.test", None),
        ("call +49305550199", "phone"),
        ("call +49 (30) 555-01 99.", "phone"),
        ("49/30/5550199", "phone"),
        ("+49 30 55501991", None),
        ("see crm-10042", "id"),
        ("see crm-100421", None),
        ('said Erika "Eri" Muster', "name"),
        ("said Erika Muster", None),
        ("", None),
    ],
)
def test_whole_values_are_found_however_they_are_spelt(text, kind):
    assert VALUES.kind_in(text) == kind


def test_a_closer_look_is_taken_wherever_there_is_something():
    for text in ("a erika@example.test b", "tel +49 30-5550199", r"by erika \"eri\" muster", "crm-10042"):
        assert VALUES.may_be_in(text)
    assert not VALUES.may_be_in("nothing of her, 49, 30, erika")


def test_what_is_too_short_or_a_bare_number_is_not_searched_for(desk: Desk):
    desk.take(tell("LeadCaptured", subject="17", name="Li", phone="123", email="li@example.test", nickname="x"))
    desk.take(tell("LeadCaptured", subject="17", name="Li", phone="123", email="li@example.test"))
    assert values_of(desk.workspace.log, [1]).by_kind == {
        "email": {"li@example.test"}, "phone": set(), "id": set(), "name": set(),
    }  # fmt: skip


def test_every_readable_place_is_told_and_nothing_that_goes_with_her(desk: Desk):
    desk.take(
        tell("LeadCaptured", subject="erika@example.test", name="Erika Muster", company="Muster & Muster", id="1"),
        tell("LeadHandedOff", "2026-03-03T09:00:00Z", "erika@example.test", handoff="of erika@example.test", to_team="a", id="2"),
        tell("LeadCaptured", subject="M", company="Erika Muster & Co", id="3"),
        tell("FeedbackGiven", "2026-03-03T09:00:00Z", "M", kind="nps", score=9, comment="thank Erika Muster", id="4"),
        tell("LeadScored", "2026-03-03T09:00:00Z", "M", score="for Erika Muster", id="5"),
        tell("LeadScored", "2026-03-03T09:00:00Z", "erika@example.test", score="of Erika Muster", id="6"),
        b'{"text": "Erika Muster of erika@example.test',
        b'{"text": "Erika Muster',
    )  # fmt: skip
    log, keys = desk.workspace.log, desk.workspace.keys
    reached: list[int] = []
    found = list(traces(log, keys, values_of(log, [1]), [1], reached.append))
    assert [(one.position, one.entry, one.field, one.kind, one.own) for one in found] == [
        (2, None, "handoff", "id", True),
        (3, None, "company", "name", False),
        (4, None, "comment", "name", False),
        (None, 1, "raw", "name", False),
        (None, 4, "raw", "name", False),
    ]
    assert reached == [4]

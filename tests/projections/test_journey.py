"""The view `journey`: paths, how many, how they ended; where they left what was agreed."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import micros
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.journey.deviations import deviations, loops
from projections.views import ask, open_number
from tests.projections import journey_reference as reference
from tests.projections.fake_log import log_of
from tests.projections.histories import logs
from tests.projections.test_funnel_reference import START, options, questions

THROUGH = st.sampled_from(["stages", "types", "touches"])


def history(*events):
    return History.open(None, log_of(events))


def asked(log, question, through, without=("count", "basis"), **more):
    told = (
        {name: value for name, value in options(question).items() if name not in without} | {"through": through} | more
    )
    return ask("journey", History.open(None, log), Asked.of(told), "UTC", lambda: 0), told


def same(found, expected):
    for row, wanted in zip(found, expected, strict=True):
        assert list(row) == [*wanted, "deviation"]
        for name, value in wanted.items():
            if isinstance(value, float):
                assert math.isclose(row[name], value, rel_tol=1e-9, abs_tol=1e-9), (name, row, wanted)
            else:
                assert row[name] == value, (name, row, wanted)


@settings(max_examples=25)
@given(log=logs(), question=questions(), through=THROUGH)
def test_the_view_equals_the_reference(log, question, through):
    same(asked(log, question, through)[0].rows, reference.paths(log, question, through))


@settings(max_examples=25)
@given(log=logs(), question=questions(), through=THROUGH, cut=st.integers(0, 30))
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(log, question, through, cut):
    known = micros(START + timedelta(days=cut))
    past, now = replace(question, as_of=known), replace(question, as_of=None)
    assert asked(log, past, through)[0].rows == asked(log.cut(known), now, through)[0].rows


@settings(max_examples=25)
@given(
    log=logs(), question=questions(), through=THROUGH, column=st.sampled_from(["journeys", "won", "lost", "recycled"])
)
def test_behind_a_count_stand_as_many_journeys(log, question, through, column):
    result, told = asked(log, question, through)
    for path in {row["path"] for row in result.rows}:
        opened = open_number("journey", History.open(None, log), Asked.of(told), "UTC", lambda: 0, f"{path},{column}")
        assert len(opened.rows) == sum(row[column] for row in result.rows if row["path"] == path)


def test_a_path_keeps_its_steps_again_and_back():
    found = ask(
        "journey",
        history(
            ("L1", "LeadCaptured", "2026-03-01T08:00:00Z"),
            ("L1", "OpportunityOpened", "2026-03-02T08:00:00Z", {"opportunity": "O"}),
            ("L1", "MarketingQualified", "2026-03-03T08:00:00Z"),
            ("L1", "MarketingQualified", "2026-03-04T08:00:00Z"),
        ),
        Asked(),
        "UTC",
        lambda: 0,
    )
    assert [dict(row) for row in found.rows] == [
        {
            "path": "lead > opportunity > mql > mql", "steps": 4, "journeys": 1, "share": 1.0,
            "won": 0, "lost": 0, "recycled": 0, "conversion": 0.0, "time_p50_s": 259_200.0, "time_p90_s": 259_200.0,
            "loops": 1, "deviation": "skipped sal, skipped sql, back mql, again mql",
        }
    ]  # fmt: skip
    assert found.notes == [
        "0 of 1 journeys keep to the agreed path: lead > mql > sal > sql > opportunity > offer > won"
    ]


def test_nothing_recorded_takes_no_path():
    assert ask("journey", history(), Asked(), "UTC", lambda: 0).rows == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("abc", []),
        ("ab", []),                        # it may go on
        ("ac", ["skipped b"]),
        ("acb", ["back b"]),
        ("aab", ["again a"]),
        ("abxc", ["other x"]),
        ("x", ["other x"]),
    ],
)  # fmt: skip
def test_where_a_path_leaves_the_agreed_one(path, expected):
    assert deviations(path, "abc") == expected


def test_a_loop_is_a_step_that_was_taken_before():
    assert loops("abab") == 2


def test_rules_of_ones_own_say_what_a_touch_is_and_what_was_agreed():
    rules = {"touches": {"outbound": ["call"]}, "agreed": {"touches": ["call outbound"]}}
    log = history(
        ("L1", "InteractionLogged", "2026-03-01T08:00:00Z", {"kind": "email", "direction": "outbound"}),
        ("L1", "InteractionLogged", "2026-03-02T08:00:00Z", {"kind": "call", "direction": "outbound"}),
    )
    found = ask("journey", log, Asked.of({"through": "touches", "rules": rules}), "UTC", lambda: 0)
    assert [(row["path"], row["deviation"]) for row in found.rows] == [("call outbound", None)]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"touches": {"outbound": ["phone"]}}, "'phone' is no kind of interaction"),
        ({"types": {"leave_out": ["LeadCapture"]}}, "meant: LeadCaptured"),
        ({"half_life": 3}, "half_life: is no key here"),
    ],
)
def test_rules_that_are_wrong_are_refused_with_what_would_be_right(told, said):
    with pytest.raises(QuestionError, match=said):
        ask("journey", history(), Asked.of({"rules": told}), "UTC", lambda: 0)


def test_what_is_no_step_or_no_number_cannot_be_opened():
    with pytest.raises(QuestionError, match="'mqls' is no step of a path"):
        open_number("journey", history(), Asked(), "UTC", lambda: 0, "lead > mqls")
    with pytest.raises(QuestionError, match="'steps' has no leads behind it"):
        open_number("journey", history(), Asked(), "UTC", lambda: 0, "lead,steps")

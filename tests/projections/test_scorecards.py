"""Scorecards: representatives, channels, activity, segments, and customers in classes."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import wire
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.result import Result
from projections.scorecards.classes import classes
from projections.scorecards.scorecard import declared
from projections.views import ask, open_number
from tests.projections import scorecards_reference as reference
from tests.projections.fake_log import FakeLog
from tests.projections.histories import logs
from tests.projections.test_funnel_reference import ASKED
from tests.test_docs import cells, section, told

FEW = settings(max_examples=max(2, settings.default.max_examples // 20))  # each counts all there is, several times


def answer(log: FakeLog, folder: Any, view: str, **options: Any) -> Result:
    return ask(view, History.open(folder, log), Asked.of(options), "UTC", lambda: ASKED)


def opened(log: FakeLog, folder: Any, view: str, number: str, **options: Any) -> Result:
    return open_number(view, History.open(folder, log), Asked.of(options), "UTC", lambda: ASKED, number)


def counted(result: Result, key: tuple[str, ...], column: str) -> dict[Any, int]:
    return {tuple(row[name] for name in key): row[column] for row in result.rows if row[column]}


@FEW
@given(logs(), st.sampled_from([None, ASKED - 15 * 86_400_000_000]))
def test_scorecards_equal_plain_python(tmp_path_factory, log, as_of):
    told = {} if as_of is None else {"as_of": wire(as_of)}
    folder = tmp_path_factory.mktemp("history")
    reps = answer(log, folder, "reps", **told)
    if as_of is None:
        assert counted(reps, ("owner",), "leads_owned") == {(who,): n for who, n in reference.owned(log, as_of).items()}
    received, accepted = reference.handoffs(log, as_of)
    assert counted(reps, ("owner",), "handoffs_received") == {(who,): n for who, n in received.items()}
    assert counted(reps, ("owner",), "handoffs_accepted") == {(who,): n for who, n in accepted.items()}
    activity = answer(log, folder, "activity", by="kind", **told)
    found = {
        (row["kind"], of): row[of] for row in activity.rows for of in ("outbound", "inbound", "automatic") if row[of]
    }
    assert found == dict(reference.contacts(log, as_of))
    assert all(row["interactions"] == row["outbound"] + row["inbound"] + row["automatic"] for row in activity.rows)


@FEW
@given(logs(), st.sampled_from(["reps", "channels", "activity", "segments", "segments customers"]))
def test_a_past_report_equals_a_log_that_was_cut(tmp_path_factory, log, view):
    past = ASKED - 15 * 86_400_000_000
    asked = {"by": "owner"} if view != "segments customers" else {}
    then = answer(log, tmp_path_factory.mktemp("h"), view, as_of=wire(past), **asked)
    cut = answer(log.cut(past), tmp_path_factory.mktemp("h"), view, now=wire(past), **asked)
    assert then.rows == cut.rows


@FEW
@given(logs(), st.sampled_from(["won", "opportunities", "revenue", "activities"]))
def test_what_is_opened_comes_to_the_number(tmp_path_factory, log, column):
    folder = tmp_path_factory.mktemp("h")
    rows = opened(log, folder, "reps", column).rows
    for row in answer(log, folder, "reps").rows:
        behind = [one for one in rows if one["owner"] == row["owner"]]
        if column == "revenue":
            signed = {"gross": 1, "reversed": -1}
            total = sum(Fraction(str(one["amount"] or 0)) * signed[one["measure"]] for one in behind)
            assert total == Fraction(str(row[column]))
        else:
            assert len({(one["lead"], one["thing"] or one["position"]) for one in behind}) == row[column]


def test_a_customer_with_whom_a_limit_is_reached_belongs_to_the_class_above():
    worth = [Fraction(value) for value in (70, 15, 10, 5, 0)]  # before each: 0, 70, 85, 95, 100 of 100
    assert classes(worth) == ["A", "A", "B", "C", None]


def test_a_number_that_no_column_holds_is_not_opened(tmp_path):
    with pytest.raises(QuestionError, match="no column `revenu` to open; there are leads_owned"):
        opened(FakeLog(), tmp_path, "reps", "revenu")


def test_nothing_is_known_of_an_empty_log(tmp_path):
    for view in declared():
        assert answer(FakeLog(), tmp_path, view).rows == []


@pytest.mark.parametrize("view", declared())
def test_every_column_is_told_with_its_unit(tmp_path, view):
    text = section("views.md", view)
    columns = {column.name: column.unit or "" for column in answer(FakeLog(), tmp_path, view).columns}
    for name in {"owner", "kind", "channel", "segment"} - set(told(text)):
        columns.pop(name, None)
    assert list(zip(told(text), cells(text, 1), strict=True)) == list(columns.items())

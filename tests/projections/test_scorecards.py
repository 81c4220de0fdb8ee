"""Scorecards: representatives, channels, activity, segments, and customers in classes."""

from dataclasses import replace
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
from projections.scorecards.classes import CUSTOMERS, classes
from projections.scorecards.scorecard import declared
from projections.views import ask, open_number
from tests.projections import kpi_reference, test_kpi_reference
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
@given(
    log=test_kpi_reference.logs(),
    question=test_kpi_reference.questions,
    view=st.sampled_from(["channels", "segments", CUSTOMERS]),
)
def test_what_columns_say_of_leads_equals_plain_python(log, question, view):
    question = replace(question, by=declared()[view].by, as_of=None)
    told = {
        "period": question.grain, "zone": question.zone.key, "filter": question.filter, "basis": question.basis, "currency": "EUR",
        "now": wire(question.asked),
    }  # fmt: skip
    measured = kpi_reference.Measured(*kpi_reference.stories(log, question), question)
    rows = ask(view, History.open(None, log), Asked.of(told), "UTC", lambda: 0).rows
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        key = [str(row[name]) if name == "lead" else row[name] for name in question.by]
        expected = reference.card(measured, row.get("period"), question.by, key)
        if view == "channels" and "owner" not in question.filter:
            expected |= reference.spent(measured, row.get("period"), row["channel"])
        wanted = {name: None if value is None else float(value) for name, value in expected.items() if name in row}
        assert {name: row[name] for name in wanted} == pytest.approx(wanted), row
        groups.setdefault(row.get("period"), []).append((row, expected))
    if view == CUSTOMERS and all(row["revenue"] is not None for row in rows):
        for group in groups.values():
            worth = [max(expected["revenue"], Fraction(0)) for _, expected in group]
            assert worth == sorted(worth, reverse=True)
            assert [row["class"] for row, _ in group] == reference.classes(worth)


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

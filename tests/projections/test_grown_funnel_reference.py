"""The grown funnel equals its plain-Python reference on generated histories, and a past report equals a log that was cut."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import micros
from projections import asked as options_of
from projections.history import History
from projections.views import ask, open_cell
from tests.projections import grown_reference as grown
from tests.projections import histories
from tests.projections.fake_log import FakeLog
from tests.projections.reference import STAGES, WATERFALL
from tests.projections.test_funnel_reference import START, differences, logs, options, questions

NO_JOURNEY = ("channel", "region", "owner", "tier", "system", "reason")


@st.composite
def asked(draw: st.DrawFn) -> grown.Asked:
    per = draw(st.sampled_from(["journey", "lead", "opportunity"]))
    plain = draw(questions())
    if per != "journey":
        plain = replace(plain, by=tuple(name for name in plain.by if name in NO_JOURNEY))
    optional = draw(st.sets(st.sampled_from(STAGES[1:]), max_size=3))
    excluded = draw(st.sets(st.sampled_from(["sal", "offer"]), max_size=1)) - optional
    windows = st.one_of(
        st.builds(grown.Window, hours=st.sampled_from([5, 24, 72])), st.builds(grown.Window, days=st.integers(1, 3))
    )
    within = draw(st.dictionaries(st.sampled_from([*STAGES, "*"]), windows, max_size=3)) if draw(st.booleans()) else {}
    return grown.Asked(
        plain, per, frozenset(optional), frozenset(excluded), spread(within, excluded), draw(st.booleans())
    )


def spread(within: dict[str, grown.Window], excluded: set[str]) -> dict[str, grown.Window]:
    """What is told of all others, told of each."""
    others = within.get("*")
    each = {stage: within.get(stage, others) for stage in STAGES if stage not in excluded}
    return {stage: window for stage, window in each.items() if window is not None}


def model_of(question: grown.Asked) -> dict[str, Any]:
    marks = {"optional": question.optional, "excluded": question.excluded}
    stages = [
        {"name": stage, "events": [WATERFALL[stage]], **{mark: True for mark, of in marks.items() if stage in of}}
        for stage in STAGES
    ]
    return {"name": "grown", "stage": stages}


def told(question: grown.Asked) -> options_of.Asked:
    windows = ",".join(
        f"{stage}={f'{one.days}bd' if one.hours is None else f'{one.hours}h'}" for stage, one in question.within.items()
    )
    more = {
        "model": model_of(question),
        "per": question.per,
        "within": windows or None,
        "money": question.money or None,
    }
    return options_of.Asked.of({**options(question.plain), **more})


def rows_of(log: FakeLog, question: grown.Asked, **more: Any) -> list[dict[str, Any]]:
    options = told(question).model_copy(update=more)
    result = ask("funnel", History.open(None, log), options, "UTC", lambda: 0)
    return [dict(row) for row in result.rows]


@given(log=logs() | histories.logs(), question=asked())
def test_the_view_equals_the_reference(log, question):
    rows = rows_of(log, question)
    assert differences(rows, grown.funnel(log, question)) == []
    assert all(row["entered"] == sum(row[name] for name in grown.COUNTS) for row in rows)


@settings(max_examples=15)
@given(log=logs(), question=asked(), cut=st.integers(0, 30))
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(log, question, cut):
    known = micros(START + timedelta(days=cut))
    past = replace(question, plain=replace(question.plain, as_of=known))
    now = replace(question, plain=replace(question.plain, as_of=None))
    assert rows_of(log, past) == rows_of(log.cut(known), now)


@settings(max_examples=15)
@given(log=logs(), question=asked(), column=st.sampled_from(["entered", *grown.COUNTS]))
def test_behind_a_count_stand_as_many_passes(log, question, column):
    opened = open_cell(History.open(None, log), told(question), "UTC", lambda: 0, "lead", column)
    assert len(opened.rows) == sum(row[column] for row in rows_of(log, question) if row["stage"] == "lead")


@settings(max_examples=15)
@given(log=logs(), question=asked())
def test_each_day_is_compared_with_the_day_before(log, question):
    question = replace(question, plain=replace(question.plain, grain="day", since=None, until=None))
    plain = rows_of(log, question)
    beside = rows_of(log, question, compare="previous")
    names = [name for name in plain[0] if f"{name}_compared" in beside[0]] if plain else []
    by = [*question.plain.by, "stage"]
    before = {(row["period"], *(row[name] for name in by)): row for row in plain}
    for row in beside:
        day = (date.fromisoformat(row["period"]) - timedelta(days=1)).isoformat()
        expected = before.get((day, *(row[name] for name in by)))
        if expected is not None:
            assert [row[f"{name}_compared"] for name in names] == [expected[name] for name in names]
    assert {(row["period"], *(row[name] for name in by)) for row in beside} >= set(before)

"""The replay of the forecast equals the plain-Python reference, asked at the beginning of each period that is over, and what came of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import midnight, wire
from projections.asked import Asked
from projections.history import History
from projections.views import open_number
from tests.projections import pipeline_reference as reference
from tests.projections.test_funnel_reference import ASKED
from tests.projections.test_pipeline_reference import RATES, TINY, asked, logs, questions

WEEKS = [date(2026, 3, 23) + timedelta(weeks=count) for count in range(4)]  # all over at the asked instant
FEW = settings(max_examples=max(4, settings.default.max_examples // 12))


def told(question):
    """The options of a replay of these weeks."""
    begins, ends = midnight(WEEKS[0], question.zone), midnight(WEEKS[-1] + timedelta(weeks=1), question.zone)
    return {
        "period": "week",
        "since": wire(begins),
        "until": wire(ends),
        "now": wire(ASKED),
        "as_of": None if question.as_of is None else wire(question.as_of),
        "zone": question.zone.key,
        "filter": {} if question.owner is None else {"owner": [question.owner]},
        "currency": "EUR",
    }


def of_week(question, monday):
    """The question about a week, and its days."""
    begins, ends = midnight(monday, question.zone), midnight(monday + timedelta(weeks=1), question.zone)
    plain = replace(question, since=begins, until=ends, by=(), expected=None, rates=RATES)
    return plain, (monday, monday + timedelta(days=6))


@FEW
@given(log=logs(), question=questions())
def test_the_replay_equals_the_reference(log, question):
    rows = asked(log, told(question), "forecast replay")
    assert [row["period"] for row in rows] == [f"{monday:%G-W%V}" for monday in WEEKS]
    for row, monday in zip(rows, WEEKS, strict=True):
        week, days = of_week(question, monday)
        then = week.since - 1
        known = then if week.as_of is None else min(then, week.as_of)
        nothing = {"won": 0.0, "low": 0.0, "likely": 0.0, "high": 0.0}
        began = reference.forecast(log, replace(week, as_of=known), then, days).get((), nothing)
        came = reference.forecast(log, week, ASKED, days).get((), nothing)["won"]
        found = {name: row[name] for name in ("low", "forecast", "high", "actual")}
        assert found == pytest.approx(
            {"low": began["low"], "forecast": began["likely"], "high": began["high"], "actual": came}, abs=0.01
        )
        if row["forecast"] is None or not row["actual"]:
            assert (row["accuracy"], row["bias"]) == (None, None)
        else:
            assert row["accuracy"] == pytest.approx(1 - abs(row["actual"] - row["forecast"]) / row["actual"])
            assert row["bias"] == pytest.approx((row["forecast"] - row["actual"]) / row["actual"])
        assert row["within"] == (row["low"] <= row["actual"] <= row["high"])


@FEW
@given(log=logs(), question=questions(), column=st.sampled_from(["forecast", "actual"]))
def test_behind_a_replay_stand_the_deals_that_come_to_it(log, question, column):
    of = told(question)
    behind = open_number("forecast replay", History.open(None, log), Asked.of(of), "UTC", lambda: 0, column).rows
    for row in asked(log, of, "forecast replay"):
        mine = [one for one in behind if one["period"] == row["period"]]
        if row[column] is not None:
            assert sum(one["likely"] or 0 for one in mine) == pytest.approx(row[column], abs=TINY + 0.01 * len(mine))

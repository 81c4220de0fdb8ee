"""The movement of the pipeline equals its plain-Python reference on generated histories, and adds up to the minor unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import Instant, micros, midnight, wire
from projections.asked import Asked
from projections.history import History
from projections.views import ask, open_number
from tests.projections import pipeline_reference as reference
from tests.projections.fake_log import FakeLog
from tests.projections.reference import DAY_US
from tests.projections.test_funnel_reference import ASKED, LEADS, START, ZONES, instant

TYPES = (
    ["OpportunityOpened"] * 5 + ["OpportunityUpdated"] * 8 + ["DealWon"] * 3 + ["DealLost"] * 2 + ["LeadAssigned"] * 4
    + ["DealReversed", "LeadCaptured", "LeadDetailsChanged", "LeadRecycled", "LeadsMerged", "MergeReverted"]
    + ["OfferMade", "OfferRevised", "NegotiationOpened"]
)  # fmt: skip
TINY = 0.001  # sums are exact inside; what is printed is a float
RATES = {"EUR": "1", "JPY": "0.0062"}
FEW = settings(max_examples=8)  # each asks several times
MARCH, APRIL = (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))


def fact(dice: Random, type_: str) -> dict[str, Any]:
    """The data of an event of that type."""
    data: dict[str, Any] = {}
    match type_:
        case "OpportunityOpened" | "OpportunityUpdated" | "DealWon":
            data["opportunity"] = dice.choice(["O1", "O2"])
            if dice.random() < 0.7:
                data |= {
                    "amount": dice.choice([0, 1, 100, 333, 10**9]),
                    "currency": dice.choice(["EUR", "EUR", "JPY"]),
                }
            if type_ != "DealWon" and dice.random() < 0.6:
                data["expected_close"] = dice.choice(["2026-03-30", "2026-03-31", "2026-04-01", "2026-04-30"])
            if type_ == "OpportunityUpdated" and dice.random() < 0.4:
                data["next_step_due"] = dice.choice(["2026-03-25", "2026-03-26T09:00:00+00:00", "2026-04-15"])
        case "DealLost" | "OfferMade" | "OfferRevised" | "NegotiationOpened":
            data["opportunity"] = dice.choice(["O1", "O2"])
        case "DealReversed":
            data = {"opportunity": dice.choice(["O1", "O2"]), "reason": "error"}
            data |= {"amount": dice.choice([1, 50]), "currency": "EUR"} if dice.random() < 0.4 else {}
        case "LeadAssigned":
            data = {"owner": dice.choice("ab")}
        case "LeadCaptured" | "LeadDetailsChanged":
            data = {name: dice.choice("ab") for name in ("owner", "region") if dice.random() < 0.4}
        case "LeadRecycled":
            data = {"reason": "time"}
        case _:
            data = {"merged": dice.choice(LEADS)}
    return data


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    """Deals opened, changed, closed and reversed in about the order of time; late; of runs that are taken back."""
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    rate: dict[str, Any] = {"from": "JPY", "to": "EUR", "rate": RATES["JPY"]}
    log.add("", "ExchangeRateSet", Instant.exact(micros(START)), **rate)
    times = sorted((instant(dice) for _ in range(draw(st.integers(0, 40)))), key=lambda time: time.start)
    for time in times:
        type_ = dice.choice(TYPES)
        log.add(
            dice.choice(LEADS[:2]), type_, time, time.start + dice.choice([0, 0, 0, 3, 10]) * DAY_US,
            sequence=dice.choice([None, None, 1, 2]), run=dice.choice([None, None, "r1"]), **fact(dice, type_),
        )  # fmt: skip
    for _ in range(dice.randint(0, 3)):
        told: dict[str, Any] = {
            "rep": dice.choice("ab"),
            "period": dice.choice(["2026-03", "2026-04"]),
            "amount": 5_000,
        }
        log.add("", "ForecastSubmitted", instant(dice), **told, currency=dice.choice(["EUR", "JPY"]))
    if dice.random() < 0.3:
        log.add("", "RunRetracted", Instant.exact(ASKED))
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log


@st.composite
def questions(draw: st.DrawFn) -> reference.Asked:
    days = st.integers(-1, 8).map(lambda day: micros(START + timedelta(days=day, hours=5)))
    since, until = sorted([draw(days), draw(days)])
    return reference.Asked(
        zone=draw(st.sampled_from(ZONES)),
        since=since,
        until=until,
        as_of=draw(st.sampled_from([None, None, micros(START + timedelta(days=5))])),
        by=draw(st.sampled_from([(), (), ("owner",), ("region",), ("owner", "region")])),
        owner=draw(st.sampled_from([None, None, "a"])),
        expected=draw(st.sampled_from([None, None, MARCH, APRIL])),
        rates=RATES,
    )


def options(question: reference.Asked) -> dict[str, Any]:
    filters = {} if question.owner is None else {"owner": [question.owner]}
    if question.expected is not None:
        filters["expected_close"] = [question.expected[0].strftime("%Y-%m")]
    return {
        "by": question.by,
        "filter": filters,
        "since": wire(question.since),
        "until": wire(question.until),
        "as_of": None if question.as_of is None else wire(question.as_of),
        "now": wire(ASKED),
        "zone": question.zone.key,
        "currency": "EUR",
    }


def asked(log: FakeLog, told: Mapping[str, Any], view: str = "movement") -> list[dict[str, Any]]:
    return [dict(row) for row in ask(view, History.open(None, log), Asked.of(told), "UTC", lambda: 0).rows]


@settings(max_examples=25)
@given(log=logs(), question=questions())
def test_the_pipeline_equals_the_reference(log, question):
    told = {name: value for name, value in options(question).items() if name != "since"}
    found = {
        (tuple(row[name] for name in question.by), row["stage"]): row
        for row in asked(log, told, "pipeline")
        if row["count"]
    }
    expected = reference.pipeline(log, question)
    assert set(found) == set(expected)
    for place, row in expected.items():
        assert {name: found[place][name] for name in row} == pytest.approx(row), place


@settings(max_examples=25)
@given(log=logs(), question=questions(), now=st.integers(0, 25), period=st.sampled_from([MARCH, APRIL]))
def test_the_forecast_equals_the_reference(log, question, now, period):
    at = micros(START + timedelta(days=now, hours=7))
    begins, ends = (midnight(day, question.zone) for day in (period[0], period[1] + timedelta(days=1)))
    question = replace(question, since=begins, until=ends)
    label = period[0].strftime("%Y-%m")
    told = options(question) | {"now": wire(at), "period": label, "since": None, "until": None}
    rows = {tuple(row[name] for name in question.by): row for row in asked(log, told, "forecast")}
    expected = reference.forecast(log, question, at, period)
    assert {key for key, row in rows.items() if row["won"] or row["deals"]} <= set(expected)
    for key, row in expected.items():
        assert {name: rows[key][name] for name in row} == pytest.approx(row, abs=0.006), key
    if question.by in ((), ("owner",)):
        submitted = reference.submitted(log, question, at, label)
        assert {key: row["submitted"] for key, row in rows.items() if row["submitted"] is not None} == pytest.approx(
            submitted
        )


@FEW
@given(log=logs(), question=questions(), column=st.sampled_from(["won", "open", "likely", "submitted"]))
def test_behind_a_forecast_stand_its_deals(log, question, column):
    told = options(question) | {"period": "month", "since": None, "until": None}
    rows = asked(log, told, "forecast")
    behind = open_number("forecast", History.open(None, log), Asked.of(told), "UTC", lambda: 0, column).rows
    for row in rows:
        if row[column] is None or (column == "submitted" and question.by not in ((), ("owner",))):
            continue
        mine = [one for one in behind if one["period"] == row["period"]]
        if column == "submitted":
            mine = [one for one in mine if not question.by or one["rep"] == row["owner"]]
        else:
            mine = [one for one in mine if all(one[name] == row[name] for name in question.by)]
        amounts = [one["likely" if column == "likely" else "amount"] or 0 for one in mine]
        assert sum(amounts) == pytest.approx(row[column], abs=0.006 * (1 + len(mine)))
        assert column != "open" or len(mine) == row["deals"]


def cells(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> dict[Any, tuple[int, Any]]:
    return {
        (tuple(row[name] for name in by), row["bucket"]): (row["count"], row["amount"]) for row in rows if row["count"]
    }


@settings(max_examples=40)
@given(log=logs(), question=questions())
def test_the_view_equals_the_reference(log, question):
    found = cells(asked(log, options(question)), question.by)
    expected = reference.movement(log, question)
    assert found == {place: (count, float(amount)) for place, (count, amount) in expected.items()}


IN, OUT = ("start", "new", "raised", "moved_in"), ("lowered", "moved_out", "lost", "won")


@FEW
@given(log=logs(), question=questions())
def test_it_adds_up_and_one_interval_ends_where_the_next_starts(log, question):
    told = options(question)
    groups: dict[Any, dict[str, tuple[int, Any]]] = {}
    for (key, bucket), cell in cells(asked(log, told), question.by).items():
        groups.setdefault(key, {})[bucket] = cell
    following = cells(asked(log, {**told, "since": told["until"], "until": wire(ASKED)}), question.by)
    for key, group in groups.items():
        money = {name: Fraction(str(amount)) for name, (_, amount) in group.items()}
        counts = {name: count for name, (count, _) in group.items()}
        signed = [(name, 1) for name in IN] + [(name, -1) for name in (*OUT, "end")]
        assert float(abs(sum(sign * money.get(name, 0) for name, sign in signed))) < TINY
        assert sum(sign * counts.get(name, 0) for name, sign in signed if name not in ("raised", "lowered")) == 0
        assert following.get((key, "start")) == group.get("end")


@FEW
@given(log=logs(), question=questions(), bucket=st.sampled_from(["start", "new", "raised", "moved_out", "won", "end"]))
def test_behind_a_bucket_stand_its_moves(log, question, bucket):
    opened = open_number("movement", History.open(None, log), Asked.of(options(question)), "UTC", lambda: 0, bucket)
    there = [row for row in asked(log, options(question)) if row["bucket"] == bucket]
    assert len(opened.rows) == sum(row["count"] for row in there)
    assert (
        abs(
            float(sum(Fraction(str(row["amount"])) for row in [*opened.rows]))
            - float(sum(Fraction(str(row["amount"])) for row in there))
        )
        < TINY
    )


@FEW
@given(log=logs(), question=questions())
def test_the_pipeline_is_what_the_movement_ends_with_and_each_deal_can_be_opened(log, question):
    told = {name: value for name, value in options(question).items() if name != "since"}
    stages = asked(log, told, "pipeline")
    ends = [row for row in asked(log, options(question)) if row["bucket"] == "end"]
    assert sum(row["count"] for row in stages) == sum(row["count"] for row in ends)
    assert (
        abs(
            float(sum(Fraction(str(row["amount"])) for row in stages))
            - float(sum(Fraction(str(row["amount"])) for row in ends))
        )
        < TINY
    )
    opened = open_number("pipeline", History.open(None, log), Asked.of(told), "UTC", lambda: 0, "all")
    assert len(opened.rows) == sum(row["count"] for row in stages)
    for stage in ("opportunity", "offer"):
        for column in ("count", "unpriced", "pushed", "close_overdue", "next_step_overdue"):
            behind = open_number(
                "pipeline", History.open(None, log), Asked.of(told), "UTC", lambda: 0, f"{stage},{column}"
            )
            assert len(behind.rows) == sum(row[column] for row in stages if row["stage"] == stage)

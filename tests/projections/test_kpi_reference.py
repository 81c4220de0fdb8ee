"""KPIs equal their plain-Python reference on generated histories, and a past report equals a log that was cut."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import Instant, Precision, micros, wire
from projections.asked import Asked
from projections.history import History
from projections.views import ask
from tests.projections import kpi_reference as reference
from tests.projections.fake_log import FakeLog
from tests.projections.reference import DAY_US

BERLIN, CHICAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")
START = datetime(2026, 2, 20, tzinfo=UTC)
ASKED = micros(datetime(2026, 4, 2, 12, tzinfo=UTC))  # April runs; the clocks changed on 29 March
AFTER_ALL = ASKED + 60 * DAY_US
MANY, FEW = (
    max(5, settings.default.max_examples // 8),
    max(2, settings.default.max_examples // 30),
)  # a question takes half a second
LEADS = ["L1", "L2", "L3"]
TYPES = (
    "LeadCaptured LeadCaptured MarketingQualified LeadAssigned LeadHandedOff HandoffAccepted HandoffRejected SalesQualified "
    "OpportunityOpened OpportunityOpened OpportunityUpdated OfferMade OfferRevised OfferAccepted DealWon DealWon DealWon DealLost "
    "DealReversed SubscriptionRenewed SubscriptionExpanded CustomerChurned LeadRecycled LeadDisqualified LeadDetailsChanged "
    "InteractionLogged InteractionLogged FeedbackGiven ReferralMade LeadsMerged MergeReverted"
).split()


def instant(dice: Random) -> Instant:
    """Few instants, so that many are equal; a plain date in some zone; now and then "some time"."""
    day = START.date() + timedelta(days=dice.randint(0, 45))
    match dice.randint(0, 19):
        case 0:
            return Instant.of_day(date(2026, 3, 1), BERLIN, Precision.NONE)
        case 1 | 2 | 3 | 4:
            return Instant.of_day(day, dice.choice([BERLIN, BERLIN, CHICAGO]))
        case _:
            return Instant.exact(
                micros(datetime(day.year, day.month, day.day, dice.choice([0, 9, 22, 23]), tzinfo=UTC))
            )


def money(dice: Random) -> dict[str, Any]:
    priced = {"amount": dice.choice([10_000, 25_050, 99]), "currency": dice.choice(["EUR", "EUR", "EUR", "USD"])}
    return priced if dice.random() < 0.7 else {}


def fact(dice: Random, type_: str) -> dict[str, Any]:  # noqa: C901  # a case for each type
    """The data of an event of that type."""
    deal = {"opportunity": dice.choice(["O1", "O2"])}
    recurring = {"recurring": {"amount": dice.choice(["10", "120", "7.50"]), "every": dice.choice(["month", "year"])}}
    named = {"subscription": dice.choice(["S1", "S2"])} if dice.random() < 0.4 else {}
    match type_:
        case "LeadCaptured" | "LeadDetailsChanged":
            return {name: dice.choice("ab") for name in ("channel", "segment", "owner") if dice.random() < 0.5}
        case "LeadAssigned":
            return {"owner": dice.choice("ab")}
        case "LeadHandedOff":
            return {"handoff": dice.choice(["H1", "H2"]), "to_owner": dice.choice("ab")}
        case "HandoffAccepted" | "HandoffRejected":
            return {"handoff": dice.choice(["H1", "H2"])}
        case "OpportunityOpened" | "OpportunityUpdated" | "DealReversed":
            return deal | money(dice)
        case "DealWon":
            return (
                deal
                | money(dice)
                | (({"amount": 5_000, "currency": "EUR"} | recurring | named) if dice.random() < 0.5 else {})
            )
        case "DealLost":
            return deal
        case "OfferMade" | "OfferRevised":
            return deal | {"offer": dice.choice(["F1", "F2"])}
        case "OfferAccepted":
            return {"offer": dice.choice(["F1", "F2"])}
        case "SubscriptionRenewed" | "SubscriptionExpanded":
            return recurring | named
        case "CustomerChurned":
            return named
        case "LeadRecycled" | "LeadDisqualified":
            return {"reason": "time"}
        case "InteractionLogged":
            return {
                "kind": dice.choice(["call", "email"]),
                "direction": dice.choice(["outbound", "outbound", "inbound"]),
            }
        case "FeedbackGiven":
            return {"kind": dice.choice(["nps", "csat"]), "score": dice.randint(0, 10)}
        case "ReferralMade":
            return {"referred": dice.choice(LEADS)}
        case "LeadsMerged" | "MergeReverted":
            return {"merged": dice.choice(LEADS)}
        case _:
            return {}


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    for time in sorted((instant(dice) for _ in range(draw(st.integers(0, 40)))), key=lambda time: time.start):
        type_ = dice.choice(TYPES)
        log.add(
            dice.choice(LEADS), type_, time, time.start + dice.choice([0, 0, 0, 3, 10]) * DAY_US,
            sequence=dice.choice([None, None, 1, 2]), run=dice.choice([None, None, "r1"]), **fact(dice, type_),
        )  # fmt: skip
    for _ in range(dice.randint(0, 2)):
        spent: dict[str, Any] = {
            "kind": dice.choice(["marketing", "sales"]),
            "channel": dice.choice("ab"),
            "amount": 7_000,
        }
        log.add("", "SpendRecorded", instant(dice), **spent, currency="EUR")
    if dice.random() < 0.5:
        rate: dict[str, Any] = {"from": "USD", "to": "EUR", "rate": "0.9"}
        log.add("", "ExchangeRateSet", "2026-03-05T12:00:00Z", **rate)
    if dice.random() < 0.2:
        log.add("", "RunRetracted", Instant.exact(ASKED))
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log


questions = st.builds(
    reference.Question,
    zone=st.sampled_from([BERLIN, CHICAGO]),
    asked=st.just(ASKED),
    grain=st.sampled_from([None, "week", "month", "month"]),
    by=st.sampled_from([(), (), ("channel",), ("owner",), ("segment", "owner"), ("reason",)]),
    filter=st.sampled_from([{}, {}, {"channel": ("a", None)}, {"owner": ("b",)}]),
    basis=st.sampled_from(["cohort", "period"]),
)


def asked(log: FakeLog, question: reference.Question) -> list[dict[str, Any]]:
    options = {
        "by": question.by, "period": question.grain, "now": wire(question.asked), "zone": question.zone.key, "filter": question.filter,
        "basis": question.basis, "currency": "EUR", "kpi": reference.KPIS,
        "as_of": None if question.as_of is None else wire(question.as_of),
    }  # fmt: skip
    result = ask("kpi", History.open(None, log), Asked.of(options), "UTC", lambda: 0)
    return [dict(row) for row in result.rows]


def differences(log: FakeLog, question: reference.Question, rows: list[dict[str, Any]]) -> list[Any]:
    measured = reference.Measured(*reference.stories(log, question), question)
    found = []
    for row in rows:
        by = [*question.by, *(name for name in BY.get(row["kpi"], ()) if name not in question.by)]
        expected = reference.value(row["kpi"], measured, row["period"], by, [row[name] for name in by])
        same = row["value"] == expected if expected is None or row["value"] is None else close(row["value"], expected)
        if not same:
            found.append((row, None if expected is None else float(expected)))
    return found


BY = {"stage_conversion": ("stage",), "effort_by_segment": ("segment", "kind")}


def close(one: float, other: Any) -> bool:
    return math.isclose(one, float(other), rel_tol=1e-9, abs_tol=1e-9)


@given(log=logs(), question=questions)
@settings(max_examples=MANY)
def test_the_view_equals_the_reference(log, question):
    rows = asked(log, question)
    assert differences(log, question, rows) == []


@given(log=logs(), question=questions, cut=st.integers(0, 45))
@settings(max_examples=FEW)
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(log, question, cut):
    known = micros(START + timedelta(days=cut))
    assert asked(log, replace(question, as_of=known)) == asked(log.cut(known), question)


@given(log=logs(), zone=st.sampled_from([BERLIN, CHICAGO]))
@settings(max_examples=FEW)
def test_the_movement_of_mrr_adds_up_to_the_cent(log, zone):
    rows = asked(log, reference.Question(zone, AFTER_ALL, "week"))
    told = {(row["kpi"], row["period"]): row["value"] for row in rows}
    weeks = sorted({period for kpi, period in told if kpi == "mrr"})
    start = 0
    for week in weeks:
        moved = sum(told[f"mrr_{part}", week] for part in ("new", "expansion", "reactivation"))
        moved -= told["mrr_contraction", week] + told["mrr_churn", week]
        assert close(start + moved, told["mrr", week])
        start = told["mrr", week]

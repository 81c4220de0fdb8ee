"""The funnel equals its plain-Python reference on generated histories, and a past report equals a log that was cut."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from events.instants import Instant, Precision, micros, wire
from projections.asked import Asked
from projections.history import History
from projections.views import ask, open_cell
from tests.projections import reference
from tests.projections.fake_log import FakeLog

START = datetime(2026, 3, 23, tzinfo=UTC)  # the week in which Berlin's clocks change
ASKED = micros(datetime(2026, 4, 20, 12, tzinfo=UTC))
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/Chicago", "UTC")]
LEADS = ["L1", "L2", "L3"]
STAGE_EVENTS = list(reference.WATERFALL.values())
OTHERS = [
    "LeadDetailsChanged", "LeadDetailsChanged", "LeadAssigned", "LeadHandedOff", "LeadRecycled", "LeadDisqualified",
    "DealLost", "DealLost", "LeadsMerged", "MergeReverted", "InteractionLogged",
]  # fmt: skip
TOLD = ("channel", "region", "owner", "tier")


def instant(dice: Random) -> Instant:
    """Few instants, so that many are equal; a plain date in some zone; now and then "some time"."""
    day = START.date() + timedelta(days=dice.randint(0, 6))
    match dice.randint(0, 19):
        case 0:
            return Instant.of_day(date(2026, 3, 28), ZONES[0], Precision.NONE)
        case 1 | 2 | 3 | 4:
            return Instant.of_day(day, dice.choice(ZONES))
        case _:
            return Instant.exact(micros(datetime(day.year, day.month, day.day, dice.choice([0, 5, 9, 23]), tzinfo=UTC)))


def fact(dice: Random, type_: str) -> dict[str, Any]:
    """The data of an event of that type."""
    word = partial(dice.choice, "ab")
    match type_:
        case "LeadCaptured":
            return {name: word() for name in TOLD if dice.random() < 0.5}
        case "LeadDetailsChanged":
            return {name: dice.choice(["a", "b", None]) for name in TOLD if dice.random() < 0.5}
        case "LeadAssigned":
            return {"owner": word()}
        case "HandoffAccepted":
            return {"owner": word()} if dice.random() < 0.3 else {}
        case "LeadHandedOff":
            return {"handoff": "H", "to_owner": word(), "tier": word()}
        case "MarketingQualified":
            return {"tier": word()} if dice.random() < 0.3 else {}
        case "LeadRecycled" | "LeadDisqualified":
            return {"reason": dice.choice(["price", "time"])}
        case "OpportunityOpened" | "OfferMade" | "DealWon" | "DealLost":
            return {"opportunity": dice.choice(["O1", "O2"])} if dice.random() < 0.9 else {}
        case "LeadsMerged" | "MergeReverted":
            return {"merged": dice.choice(LEADS)}
        case _:
            return {}


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    """Mostly stages in about their order; late, doubled, contradictory, of runs that are taken back."""
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    noise = draw(st.sampled_from([0.1, 0.3, 0.5]))
    steps = draw(st.integers(0, 50))
    times = sorted((instant(dice) for _ in range(steps)), key=lambda time: time.start)
    for place, time in enumerate(times):
        stage = STAGE_EVENTS[min(place * 9 // steps, 6)]
        type_ = (
            dice.choice(OTHERS)
            if dice.random() < noise
            else stage
            if dice.random() < 0.7
            else dice.choice(STAGE_EVENTS)
        )
        log.add(
            dice.choice(LEADS), type_, time, time.start + dice.choice([0, 0, 0, 3, 10]) * reference.DAY_US,
            source=dice.choice(["crm", "web"]),
            sequence=dice.choice([None, None, 1, 2]),
            run=dice.choice([None, None, "r1"]),
            **fact(dice, type_),
        )  # fmt: skip
    if dice.random() < 0.3:
        log.add("", dice.choice(["RunRetracted", "RunRetracted", "RunRestored"]), Instant.exact(ASKED))
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log


@st.composite
def questions(draw: st.DrawFn) -> reference.Question:
    days = st.integers(-1, 12).map(lambda day: micros(START + timedelta(days=day, hours=5)))
    rarely = st.integers(0, 4).flatmap(lambda dice: days if dice == 0 else st.none())
    return reference.Question(
        zone=draw(st.sampled_from(ZONES)),
        asked=ASKED,
        by=tuple(
            draw(
                st.lists(
                    st.sampled_from(["channel", "region", "owner", "tier", "system", "journey", "reason"]),
                    max_size=3,
                    unique=True,
                )
            )
        ),
        grain=draw(st.sampled_from([None, None, "day", "week", "month"])),
        since=draw(rarely),
        until=draw(rarely),
        as_of=draw(rarely),
        filter=draw(st.sampled_from([{}, {}, {"channel": ("a", None)}, {"owner": ("b",)}])),
        at=draw(st.sampled_from([None, None, "first", "last", "stage"])),
        count=draw(st.sampled_from(["any", "strict", "furthest"])),
        basis=draw(st.sampled_from(["cohort", "period"])),
    )


def options(question: reference.Question) -> dict[str, Any]:
    return {
        "by": question.by,
        "period": question.grain,
        "since": None if question.since is None else wire(question.since),
        "until": None if question.until is None else wire(question.until),
        "as_of": None if question.as_of is None else wire(question.as_of),
        "now": wire(question.asked),
        "zone": question.zone.key,
        "filter": question.filter,
        "at": question.at,
        "count": question.count,
        "basis": question.basis,
    }


def asked(log: FakeLog, question: reference.Question) -> list[dict[str, Any]]:
    result = ask("funnel", History.open(None, log), Asked.of(options(question)), "UTC", lambda: 0)
    return [dict(row) for row in result.rows]


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and expected is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected)


def differences(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[Any]:
    if [list(row) for row in found] != [list(row) for row in expected]:
        return [("rows or columns", found, expected)]
    return [
        (row["stage"], name, row[name], wanted[name])
        for row, wanted in zip(found, expected, strict=True)
        for name in row
        if not same(row[name], wanted[name])
    ]


@given(log=logs(), question=questions())
def test_the_view_equals_the_reference(log, question):
    rows = asked(log, question)
    assert differences(rows, reference.funnel(log, question)) == []
    assert all(row["entered"] == sum(row[name] for name in ("passed", "in_stage", "lost", "recycled")) for row in rows)


@given(log=logs(), question=questions(), cut=st.integers(0, 30))
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(log, question, cut):
    known = micros(START + timedelta(days=cut))
    past = replace(question, as_of=known)
    now = replace(question, as_of=None)
    assert asked(log, past) == asked(log.cut(known), now)


@given(
    log=logs(),
    question=questions(),
    stage=st.sampled_from(["lead", "opportunity"]),
    column=st.sampled_from(["entered", "passed", "in_stage", "lost", "recycled"]),
)
def test_behind_a_count_stand_as_many_journeys(log, question, stage, column):
    opened = open_cell(History.open(None, log), Asked.of(options(question)), "UTC", lambda: 0, stage, column)
    assert len(opened.rows) == sum(row[column] for row in asked(log, question) if row["stage"] == stage)

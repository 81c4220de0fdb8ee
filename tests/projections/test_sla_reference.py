"""Verdicts equal their plain-Python reference on generated histories."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import Instant, micros, wire
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.views import ask
from tests.projections import sla_reference as reference
from tests.projections.fake_log import FakeLog

START = datetime(
    2026, 3, 26, tzinfo=UTC
)  # the days around the change of Berlin's clocks, and a week before Lord Howe's
ZONE = ZoneInfo("Europe/Berlin")
HOUR_US = 3_600_000_000
Told = tuple[Instant, str, str, dict[str, Any]]  # when, of which lead, type, data
LEADS, HANDOFFS = ["L1", "L2", "L3"], ["H1", "H2", "H3"]
OFFICE = {day: ["09:00-12:00", "13:00-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDARS: list[dict[str, Any]] = [
    {"zone": "Europe/Berlin", "hours": OFFICE},
    {"zone": "Europe/Berlin", "hours": OFFICE | {"sun": ["01:30-03:30"]}, "closed": ["2026-03-27 12:00-24:00"]},
    {"zone": "America/New_York", "hours": {"thu": ["22:00-06:00"], "sat": ["08:07-20:53"]}, "holidays": "US"},
    {"zone": "Australia/Lord_Howe", "hours": {day: ["00:00-24:00"] for day in ("fri", "sat", "sun", "mon")}},
    {
        "zone": "Asia/Kathmandu",
        "hours": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    },
]
MARKETING = {"qualified_leads": {"count": 2, "per": "week"}, "minimum_score": 50, "accepted_share": 0.5}
SPANS = ["1h", "90min", "4h", "8h", "16h", "2h wall", "24h wall"]
OF_A_HANDOFF = [
    "HandoffAccepted", "HandoffRejected", "HandoffWithdrawn", "HandoffExpired",
    "HandoffPaused", "HandoffPaused", "HandoffPaused", "HandoffResumed", "HandoffResumed",
]  # fmt: skip
OF_A_LEAD = ["InteractionLogged"] * 6 + [
    "LeadAssigned", "LeadAssigned", "LeadScored", "LeadDetailsChanged", "LeadCaptured", "MarketingQualified", "LeadsMerged", "MergeReverted",
]  # fmt: skip


def agreement(dice: Random) -> dict[str, Any]:
    tiers = []
    for condition in dice.sample([name for name in reference.CONDITIONS if name], dice.randint(0, 2)) + [None] * (
        dice.random() < 0.8
    ):
        tier: dict[str, Any] = {"id": condition or "all", "response": dice.choice(SPANS)}
        if condition:
            tier["when"] = condition
        if dice.random() < 0.6:
            tier["decision"] = dice.choice(SPANS)
        if dice.random() < 0.6:
            tier["follow_up"] = {"count": dice.randint(2, 3), "within": dice.choice(SPANS)}
        if dice.random() < 0.3:
            tier["calendar"] = dice.choice(CALENDARS)
        tiers.append(tier)
    sales: dict[str, Any] = {"tier": tiers or [{"id": "all", "response": dice.choice(SPANS)}]}
    if dice.random() < 0.5:
        sales["responds_by"] = ["call", "email"]
    day = START.date() + timedelta(days=dice.choice([-30, -30, -30, -30, 1, 2]))
    told = {"name": "made", "effective_from": str(day), "calendar": dice.choice(CALENDARS), "sales": sales}
    return told | ({"marketing": MARKETING} if dice.random() < 0.7 else {})


def instant(dice: Random) -> Instant:
    """Many on the hour, so that many are equal or at an opening; a plain date now and then."""
    day = START + timedelta(days=dice.randint(0, 7))
    if dice.random() < 0.04:
        return Instant.of_day(day.date(), dice.choice([ZONE, ZoneInfo("UTC")]))
    minutes = 60 * dice.randint(0, 23) + dice.choice([0, 0, 30, dice.randint(0, 59)])
    return Instant.exact(micros(day + timedelta(minutes=minutes)))


def fact(dice: Random, type_: str) -> dict[str, Any]:
    """The data of an event of that type; of the fields that may be left out, some."""
    owner = dice.choice(["anna", "ben", "cem"])
    shares, told = _facts(dice, type_, owner)
    return told | {name: value for name, (share, value) in shares.items() if dice.random() < share}


def _facts(dice: Random, type_: str, owner: str) -> tuple[dict[str, tuple[float, Any]], dict[str, Any]]:
    """What it may say, with how likely it is, and what it always says."""
    handoff = {"handoff": dice.choice(HANDOFFS)}
    tier = dice.choice(["hot", "cold"])
    match type_:
        case "LeadHandedOff":
            giver = dice.choice([("to_owner", owner), ("from_owner", owner)])
            return {
                "to_team": (0.7, dice.choice(["sales", "other"])),
                "tier": (0.2, tier),
                giver[0]: (0.7, giver[1]),
            }, handoff
        case "HandoffAccepted":
            return {"owner": (0.6, owner)}, handoff
        case "HandoffRejected":
            return {}, handoff | {"reason": "student"}
        case "InteractionLogged":
            kind, direction = (
                dice.choice(["call", "call", "email", "meeting", "note"]),
                dice.choice(["outbound"] * 3 + ["inbound"]),
            )
            return {"automatic": (0.2, dice.choice([True, False]))}, {"kind": kind, "direction": direction}
        case "LeadAssigned":
            return {}, {"owner": owner}
        case "LeadScored":
            return {}, {"score": dice.choice([20, 79, 80, 95])}
        case "MarketingQualified":
            return {"score": (0.5, dice.choice([20, 90])), "tier": (0.5, tier)}, {}
        case "LeadDetailsChanged":
            return {
                "region": (0.5, dice.choice(["a", "b", None])),
                "tier": (0.4, dice.choice([tier, None])),
                "owner": (0.3, dice.choice([owner, None])),
            }, {}
        case "LeadCaptured":
            return {"region": (0.5, dice.choice("ab")), "owner": (0.4, owner)}, {}
        case "LeadsMerged" | "MergeReverted":
            return {}, {"merged": dice.choice(LEADS)}
        case _:
            return {}, handoff


def handoffs(dice: Random, count: int) -> list[Told]:
    """Few, each with its lead."""
    return [(instant(dice), dice.choice(LEADS), "LeadHandedOff", fact(dice, "LeadHandedOff")) for _ in range(count)]


def later(dice: Random, handed: Told) -> Told:
    """Something that happens to a handoff or to its lead, mostly after it."""
    type_ = dice.choice(OF_A_HANDOFF if dice.random() < 0.6 else OF_A_LEAD)
    told = fact(dice, type_)
    if dice.random() < 0.1:
        return instant(dice), dice.choice(LEADS), type_, told
    if "handoff" in told:
        told["handoff"] = handed[3]["handoff"]
    after = (
        micros(START)
        + (handed[0].start - micros(START)) // HOUR_US * HOUR_US
        + dice.choice([0, 0, 1, 2, 5, 15, 24, 48, 72]) * HOUR_US
    )
    time = (
        Instant.exact(after + dice.choice([0, 0, dice.randint(0, HOUR_US)])) if dice.random() < 0.95 else instant(dice)
    )
    return time, handed[1], type_, told


def record(dice: Random, log: FakeLog, told: Iterable[Told], actors: Sequence[str | None]) -> None:
    """What is told comes into the log, some of it late, numbered or of the run r1; now and then the agreement is changed."""
    for time, lead, type_, data in told:
        if dice.random() < 0.04:
            log.add("", "SlaAgreed", time, agreement=agreement(dice))
        log.add(
            lead, type_, time, time.start + dice.choice([0, 0, 0, 3]) * 24 * HOUR_US,
            sequence=dice.choice([None, None, 1, 2]),
            run=dice.choice([None, None, None, "r1"]),
            **data,
        )  # fmt: skip
        log.rows[-1]["actor"] = dice.choice(actors)


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    """Handoffs and what becomes of them; in any order of arrival, late, doubled, contradictory, of runs that are taken back."""
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    log.add("", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=agreement(dice))
    told = handoffs(dice, draw(st.integers(1, 5)) + 1)
    told += [later(dice, dice.choice(told)) for _ in range(draw(st.integers(0, 30)) + 10)]
    if draw(st.booleans()):
        told.sort(key=lambda one: one[0].start)
    record(dice, log, told, [None, "anna", "ben"])
    if dice.random() < 0.2:
        log.add(
            "",
            dice.choice(["RunRetracted", "RunRetracted", "RunRestored"]),
            Instant.exact(micros(START + timedelta(days=9))),
        )
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log


instants = st.integers(0, 24 * 9).map(lambda hours: micros(START + timedelta(hours=24 * 10 - hours)))


def asked(view: str, log: FakeLog, now: int, **options: Any) -> list[dict[str, Any]]:
    told = Asked.of({"now": wire(now), "zone": ZONE.key, **options})
    return [dict(row) for row in ask(view, History.open(None, log), told, "UTC", lambda: 0).rows]


def unlike(found: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], *key: str) -> list[Any]:
    """What differs, by the rows' key."""
    one, other = ({tuple(row[name] for name in key): dict(row) for row in rows} for rows in (found, expected))
    assert len(one) == len(found)
    return [
        (of, one.get(of), other.get(of)) for of in one.keys() | other.keys() if not same(one.get(of), other.get(of))
    ]


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    return all(
        math.isclose(one[name], other[name], abs_tol=1e-6)
        if isinstance(one[name], float) and other[name] is not None
        else one[name] == other[name]
        for name in one
    )


@settings(max_examples=40)
@given(log=logs(), now=instants)
def test_verdicts_equal_the_reference(log, now):
    found = asked("sla verdicts", log, now)
    assert unlike(found, reference.verdicts(log, now, ZONE), "lead", "handoff", "promise") == []


@settings(max_examples=25)
@given(log=logs(), now=instants)
def test_the_time_of_the_owners_equals_the_reference_and_adds_up_to_the_verdict(log, now):
    found = asked("sla owners", log, now)
    assert unlike(found, reference.owners(log, now), "lead", "handoff", "promise", "owner") == []
    for row in asked("sla verdicts", log, now):
        of = [share for share in found if all(share[name] == row[name] for name in ("lead", "handoff", "promise"))]
        if row["business_s"] is not None:
            assert math.isclose(sum(share["business_s"] for share in of), row["business_s"], abs_tol=1e-6)
            assert math.isclose(sum(share["wall_s"] for share in of), row["wall_s"], abs_tol=1e-6)


@settings(max_examples=20)
@given(log=logs(), now=instants, by=st.sampled_from([(), ("tier",), ("team", "owner"), ("responder",), ("reason",)]))
def test_the_summary_counts_the_verdicts(log, now, by):
    rows = asked("sla", log, now, by=by)
    expected = reference.summary(reference.verdicts(log, now, ZONE), by)
    assert unlike([row for row in rows if row["promised"]], expected, "promise", *by) == []


@settings(max_examples=15)
@given(log=logs(), now=instants)
def test_the_proof_adds_up_to_the_verdict(log, now):
    for handoff in HANDOFFS:
        try:
            proof = asked("sla explain", log, now, handoff=handoff)
        except QuestionError:
            continue
        for row in asked("sla verdicts", log, now, handoff=handoff):
            of = [part for part in proof if all(part[name] == row[name] for name in ("lead", "handoff", "promise"))]
            if row["business_s"] is None:
                assert of == []
                continue
            *parts, total = of
            assert (total["business_s"], total["wall_s"]) == (row["business_s"], row["wall_s"])
            assert math.isclose(sum(part["business_s"] for part in parts), row["business_s"], abs_tol=1e-6)
            if row["verdict"] == "breached":
                late = sum(part["business_s"] for part in parts if part["after_due"])
                assert math.isclose(late, row["late_s"], abs_tol=1e-6)
            assert all(one["ends_at"] == other["begins_at"] for one, other in pairwise(parts))

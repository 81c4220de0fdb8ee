"""Where the time went equals its plain-Python reference on generated histories, and the parts add up exactly."""

from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import Instant, micros
from projections.asked import Asked
from projections.history import History
from projections.views import ask
from tests.projections import test_sla_reference as handed
from tests.projections import wait_reference as reference
from tests.projections.fake_log import FakeLog
from tests.projections.reference import Question
from tests.projections.sla_reference import local
from tests.projections.test_funnel_reference import options
from tests.projections.test_sla_reference import HOUR_US, START, ZONE, Told, agreement, instants, record, unlike

IN_ORDER = ["LeadCaptured", "MarketingQualified", "LeadHandedOff", "LeadAssigned", "InteractionLogged"]
AMONG_THEM = [
    *IN_ORDER, "LeadAssigned", "InteractionLogged", "InteractionLogged", "HandoffAccepted", "LeadDetailsChanged", "LeadScored",
    "LeadDisqualified", "LeadRecycled", "LeadRecycled", "SalesQualified", "OpportunityOpened", "LeadsMerged", "MergeReverted",
]  # fmt: skip
ACTORS = [None, "anna", "ben", "system:mailer", "leadlog:rules"]


def fact(dice: Random, type_: str) -> dict[str, Any]:
    """The data of an event of that type; an owner may be a system, a handoff of an archive may have no id."""
    match type_:
        case "LeadDisqualified" | "LeadRecycled":
            return {"reason": "time"}
        case "SalesQualified":
            return {}
        case "OpportunityOpened":
            return {"opportunity": "O1"}
        case _:
            told = handed.fact(dice, type_)
    systems = {name: "system:router" for name in ("owner", "to_owner") if told.get(name) and dice.random() < 0.2}
    if dice.random() < 0.1:
        told.pop("handoff", None)
    return told | systems


def way(dice: Random, lead: str) -> list[Told]:
    """What leads to a first response, most of it, mostly in order; at the end sometimes the journey's, and another way."""
    at, told = micros(START) + dice.randint(0, 24) * 4 * HOUR_US, []
    ends = [type_ for type_ in ("LeadDisqualified", "LeadRecycled") if dice.random() < 0.3]
    for type_ in [
        *(one for one in IN_ORDER if dice.random() < 0.85),
        *ends,
        *(["LeadHandedOff", "InteractionLogged"] if ends else []),
    ]:
        at += dice.choice([-1, 0, 0, 0.25, 1, 2, 5, 24]) * HOUR_US  # type: ignore[assignment]  # whole µs all the same
        told.append((_at(dice, int(at)), lead, type_, fact(dice, type_)))
    return told


def _at(dice: Random, at: int) -> Instant:
    return Instant.exact(at) if dice.random() < 0.95 else Instant.of_day(local(at, ZONE).date(), ZONE)


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    """Ways and what comes between; in any order of arrival, late, doubled, contradictory, of runs that are taken back."""
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    if dice.random() < 0.8:
        log.add("", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=agreement(dice))
    told = [one for lead in handed.LEADS for one in way(dice, lead)]
    for _ in range(draw(st.integers(0, 15))):
        type_ = dice.choice(AMONG_THEM)
        told.append((handed.instant(dice), dice.choice(handed.LEADS), type_, fact(dice, type_)))
    told += [dice.choice(told) for _ in range(dice.choice([0, 0, 3]) if told else 0)]
    dice.shuffle(told)
    if draw(st.booleans()):
        told.sort(key=lambda one: one[0].start)
    record(dice, log, told, ACTORS)
    if dice.random() < 0.2:
        log.add("", dice.choice(["RunRetracted", "RunRestored"]), Instant.exact(micros(START) + 9 * 24 * HOUR_US))
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log


@st.composite
def questions(draw: st.DrawFn) -> Question:
    rarely = st.one_of(st.none(), st.none(), instants)
    return Question(
        zone=ZONE,
        asked=draw(instants),
        by=draw(st.sampled_from([(), (), ("owner",), ("journey",), ("region", "tier")])),
        grain=draw(st.sampled_from([None, None, "day", "week"])),
        since=draw(rarely),
        until=draw(rarely),
    )


def found(view: str, log: FakeLog, question: Question) -> list[dict[str, Any]]:
    taken = ("since", "until", "as_of", "now", "zone", "filter", *(("by", "period") if view == "wait" else ()))
    told = {name: value for name, value in options(question).items() if name in taken}
    return [dict(row) for row in ask(view, History.open(None, log), Asked.of(told), "UTC", lambda: 0).rows]


def ways(log: FakeLog, question: Question) -> list[reference.Way]:
    return reference.ways(log, question.asked, question.as_of)


@settings(max_examples=40)
@given(log=logs(), question=questions())
def test_the_pieces_equal_the_reference(log, question):
    expected = reference.rows_of_pieces(ways(log, question), question)
    key = ("lead", "journey", "step", "begins_at", "ends_at")
    assert unlike(found("wait journeys", log, question), expected, *key) == []


@settings(max_examples=25)
@given(log=logs(), question=questions())
def test_the_sums_equal_the_reference(log, question):
    expected = reference.summed(ways(log, question), question)
    key = (*(("period",) if question.grain else ()), *question.by, "charged")
    assert unlike(found("wait", log, question), expected, *key) == []


@settings(max_examples=15)
@given(log=logs(), question=questions())
def test_the_pieces_of_a_way_join_without_a_gap_and_are_all_of_it(log, question):
    every = [one for one in ways(log, question) if not one.dated]
    for one in every:
        pieces = list(one.pieces())
        assert all(piece.ends == following.begins for piece, following in pairwise(pieces))
        whole = reference.Piece("", "", None, pieces[0].begins, pieces[-1].ends)
        assert sum(piece.ends - piece.begins for piece in pieces) == whole.ends - whole.begins
        if one.clock:
            assert sum(one.business_us(piece) or 0 for piece in pieces) == one.business_us(whole)
    plain = replace(question, by=(), grain=None, since=None, until=None)
    pieces_found = [row for row in found("wait journeys", log, plain) if row["status"] == "answered"]
    for of in ("wall_s", "business_s"):
        assert _micros(found("wait", log, plain), of) == _micros(pieces_found, of)


def _micros(rows: list[dict[str, Any]], of: str) -> int:
    return sum(round((row[of] or 0) * 1_000_000) for row in rows)


@settings(max_examples=10)
@given(log=logs(), question=questions())
def test_nothing_automatic_is_charged_to_a_person(log, question):
    answered = {(one.journey.story, one.journey.number): one.response for one in ways(log, question)}
    for row in found("wait journeys", log, question):
        response = answered[row["lead"], row["journey"]]
        if row["charged"] == "person":
            assert row["who"] is not None
            assert not reference.is_system(row["who"])
            assert response is None or not reference.is_system(response["actor"])

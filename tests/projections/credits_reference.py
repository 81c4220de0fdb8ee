"""`attribution`, `experiments` and `cohorts` in plain Python: slow and obvious."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from tests.projections.fake_log import FakeLog
from tests.projections.journey_reference import every_journey, is_touch
from tests.projections.reference import Journey, Question, order

HALF_LIFE = 7 * 86_400_000_000


def stories(log: FakeLog, as_of: int | None) -> dict[int, list[Journey]]:
    found: dict[int, list[Journey]] = defaultdict(list)
    for journey in every_journey(log, as_of):
        found[journey.story].append(journey)
    return found


def closings(journeys: list[Journey]) -> Iterator[tuple[str, dict[str, Any], Journey, int | None]]:
    """What wins and takes back, in order: effect, event, journey, minor units."""
    events = [(event, journey) for journey in journeys for event in journey.events]
    amounts: dict[str, int] = {}
    left: dict[str, int | None] = {}  # of the deals that stand as won
    for event, journey in sorted(events, key=lambda pair: order(pair[0])):
        deal = event["data"].get("opportunity") or f"#{event['position']}"
        if event["type"] in {"OpportunityOpened", "OpportunityUpdated", "DealWon"} and "amount" in event["data"]:
            amounts[deal] = event["data"]["amount"]
        if event["type"] == "DealWon" and deal not in left:
            left[deal] = amounts.get(deal)
            yield "won", event, journey, amounts.get(deal)
        elif event["type"] == "DealLost" and deal in left:
            yield "taken_back", event, journey, left.pop(deal)
        elif event["type"] == "DealReversed" and deal in left:
            standing, taken = left.pop(deal), event["data"].get("amount")
            yield "reversed", event, journey, standing if taken is None else taken
            if taken is not None and (standing is None or taken < standing):
                left[deal] = None if standing is None else standing - taken


def weights(
    model: str, touches: list[dict[str, Any]], win: dict[str, Any], opened: dict[str, Any] | None
) -> list[Fraction]:
    last = len(touches) - 1
    before = [n for n, touch in enumerate(touches) if opened and touch["occurred"] <= opened["occurred_until"]]
    roles = [
        [n == 0, n == last, *([before != [] and n == before[-1]] if model == "w" else [])].count(True)
        for n in range(last + 1)
    ]
    plain = roles.count(0)
    match model:
        case "first" | "last":
            return [Fraction(n == (0 if model == "first" else last)) for n in range(last + 1)]
        case "linear":
            return [Fraction(1)] * (last + 1)
        case "time_decay":
            ages = [max(win["occurred"] - touch["occurred"], 0) for touch in touches]
            return [Fraction(max(1, math.floor(math.pow(2, 40 - age / HALF_LIFE)))) for age in ages]
        case _:
            share, rest = (Fraction(40), Fraction(20)) if model == "u" else (Fraction(30), Fraction(10))
            return [share * held if held else rest / plain for held in roles]


def split(amount: int, shares: list[Fraction]) -> list[int]:
    exact = [amount * share / sum(shares) for share in shares]
    whole = [math.floor(part) for part in exact]
    for place in sorted(range(len(shares)), key=lambda n: (whole[n] - exact[n], n))[: amount - sum(whole)]:
        whole[place] += 1
    return whole


def credits_by_kind(log: FakeLog, question: Question, model: str, per: str) -> dict[Any, tuple[int, float, int]]:
    """(period, kind) → touches, deals in shares of credit, minor units."""
    found: dict[Any, tuple[int, float, int]] = defaultdict(lambda: (0, 0.0, 0))
    for journeys in stories(log, question.as_of).values():
        for effect, win, journey, amount in closings(journeys):
            if effect != "won" or not question.holds(win):
                continue
            wide = journeys if per == "lead" else [journey]
            touches = [
                event for one in wide for event in one.events
                if is_touch(event) and event["precision"] != 2 and win["precision"] != 2 and event["occurred"] <= win["occurred_until"]
            ]  # fmt: skip
            opened = next(
                (event for one in journeys for event in one.events
                 if event["type"] == "OpportunityOpened" and event["data"].get("opportunity")
                 and event["data"]["opportunity"] == win["data"].get("opportunity")), None
            )  # fmt: skip
            opened = None if opened and opened["precision"] == 2 else opened
            shares = weights(model, touches, win, opened) if touches else [Fraction(1)]
            for n, (share, minor) in enumerate(zip(shares, split(amount or 0, shares), strict=True)):
                place = question.period_of(win), touches[n]["data"]["kind"] if touches else None
                count, deals, money = found[place]
                found[place] = count + bool(touches), deals + float(share / sum(shares)), money + minor
    return dict(found)


def counted(log: FakeLog, question: Question, excluded: frozenset[str]) -> Iterator[list[Journey]]:
    """The journeys of each lead, but for those that have an event of a type that takes them out."""
    for journeys in stories(log, question.as_of).values():
        if not any(event["type"] in excluded for journey in journeys for event in journey.events):
            yield journeys


def trials(log: FakeLog, question: Question, excluded: frozenset[str] = frozenset()) -> dict[Any, tuple[int, int, int]]:
    """(experiment, variant) → leads, converted, left out of those that saw it first."""
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for journeys in counted(log, question, excluded):
        seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for journey in journeys:
            for event in journey.events:
                if event["type"] == "InteractionLogged" and event["data"].get("experiment"):
                    seen[event["data"]["experiment"]].append(event)
        wins = [event for journey in journeys for event in journey.events if event["type"] == "DealWon"]
        for experiment, events in seen.items():
            if not question.holds(events[0]):
                continue
            row = found[experiment, events[0]["data"]["variant"]]
            if len({event["data"]["variant"] for event in events}) > 1:
                row[2] += 1
                continue
            row[0] += 1
            row[1] += any(win["occurred_until"] >= events[0]["occurred"] for win in wins)
    return {place: (row[0], row[1], row[2]) for place, row in found.items()}


def cohorts(
    log: FakeLog, question: Question, excluded: frozenset[str] = frozenset()
) -> dict[Any, tuple[int, int, int]]:
    """(week, weeks after) → leads, reached by then, minor units by then."""
    members: dict[int, list[Mapping[str, Any]]] = defaultdict(list)

    def week(event: Mapping[str, Any]) -> int | None:
        day = question.day_of(event)
        return None if day is None else (day.toordinal() - 1) // 7

    for journeys in counted(log, question, excluded):
        captures = [event for journey in journeys for event in journey.events if event["type"] == "LeadCaptured"]
        if not captures or not question.holds(captures[0]) or (own := week(captures[0])) is None:
            continue
        wins = [
            event
            for journey in journeys
            for event in journey.events
            if event["type"] == "DealWon" and event["precision"] != 2
        ]
        reached = [when for event in wins if (when := week(event)) is not None]
        money = [
            (max(0, when - own), minor * (1 if effect == "won" else -1))
            for effect, event, _, minor in closings(journeys)
            if minor is not None and (when := week(event)) is not None
        ]
        members[own].append({"reached": max(0, min(reached) - own) if reached else None, "money": money})
    asked = (question.local_day(question.asked).toordinal() - 1) // 7
    return {
        (own, after): (
            len(leads),
            sum(lead["reached"] is not None and lead["reached"] <= after for lead in leads),
            sum(minor for lead in leads for when, minor in lead["money"] if when <= after),
        )
        for own, leads in members.items()
        for after in range(asked - own + 1)
    }

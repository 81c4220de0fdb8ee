"""The pipeline, its movement and its forecast in plain Python, written after RULES.md alone: what the views must agree with, slow and obvious."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog
from tests.projections.reference import EPOCH, RESPONSIBLE, Journey, journeys, order, quantile, tells

OF_DEALS = "OpportunityOpened OpportunityUpdated NegotiationOpened OfferMade OfferRevised DealWon DealLost DealReversed".split()
STAGES = ("opportunity", "offer", "negotiation")
MINOR = {"EUR": 100, "JPY": 1}
Key = tuple[str | None, ...]


@dataclass
class Asked:
    """since, until, as_of: µs. rates: into EUR. expected: first and last day of the expected closing. owner: filtered by."""

    zone: ZoneInfo
    since: int
    until: int
    as_of: int | None
    by: tuple[str, ...]
    owner: str | None
    expected: tuple[date, date] | None
    rates: Mapping[str, str]

    def local(self, micros: int) -> date:
        return (EPOCH + timedelta(microseconds=micros)).astimezone(self.zone).date()

    def value(self, amount: int | None, currency: str | None) -> Fraction:
        if not amount or currency is None:
            return Fraction(0)
        return Fraction(amount, MINOR[currency]) * Fraction(self.rates[currency])


@dataclass
class Deal:
    """What is known of a deal at a moment."""

    amount: int | None = None
    currency: str | None = None
    expected: str | None = None
    is_open: bool = True
    sold: bool = False
    left: int | None = None  # of what was sold
    taken: tuple[int | None, str | None] | None = None  # at this moment
    closes: str | None = None  # at this moment
    won: bool = False  # at this moment
    journey: int = 1
    stage: int = 0
    pushes: int = 0
    next_step: str | None = None
    decided: str | None = None  # won, if it ever was
    began: Mapping[str, Any] = field(default_factory=dict)  # its opening, else where it is first mentioned

    def hear(self, event: Mapping[str, Any], journey: int) -> None:
        data, type_ = event["data"], event["type"]
        self.journey, self.taken, self.closes, self.won = max(self.journey, journey), None, None, False
        if data.get("expected_close") and self.expected and data["expected_close"] > self.expected:
            self.pushes += 1
        self.next_step = data.get("next_step_due") or self.next_step
        self.stage = max(self.stage, {"OfferMade": 1, "OfferRevised": 1, "NegotiationOpened": 2}.get(type_, 0))
        if type_ in {"OpportunityOpened", "OpportunityUpdated", "DealWon"} and data.get("amount") is not None:
            self.amount, self.currency = data["amount"], data["currency"]
        self.expected = data.get("expected_close") or self.expected
        match type_:
            case "DealWon" if not self.sold:
                self.sold, self.left, self.won = True, self.amount, True
                self.close("won")
            case "DealLost" if self.sold:
                self.taken, self.sold = (self.left, self.currency), False
            case "DealLost":
                self.close("lost")
            case "DealReversed" if self.sold:
                part = data.get("amount")
                self.taken = (self.left if part is None else part, data.get("currency") or self.currency)
                self.sold = part is not None and (self.left is None or part < self.left)
                self.left = self.left - part if part is not None and self.left is not None else None
            case _:
                pass

    def close(self, how: str) -> None:
        self.decided = "won" if "won" in (how, self.decided) else how
        self.closes = how if self.is_open else None
        self.is_open = False


@dataclass
class Movement:
    """Bucket → how many and how much, for each combination of dimensions."""

    asked: Asked
    cells: dict[tuple[Key, str], list[Fraction]] = field(default_factory=lambda: defaultdict(list))
    standing: list[tuple[Key, Deal]] = field(default_factory=list)  # at the end
    sales: list[tuple[Key, Fraction, bool]] = field(
        default_factory=list
    )  # with what was taken back; whether without an amount
    decided: list[tuple[set[int], str]] = field(
        default_factory=list
    )  # the stages in which a deal stood, and what became of it

    def walk(self, passes: list[Journey], events: list[tuple[int, Mapping[str, Any]]], changes: list[int]) -> None:
        opened = (event for _, event in events if event["type"] == "OpportunityOpened")
        deal, seen, before = Deal(began=next(opened, events[0][1])), 0, None
        stood: set[int] = set()
        decided: str | None = None
        moments = list(self.moments(events, changes))
        for place, (at, told) in enumerate(moments):
            if told is None:
                seen = max(seen, at)
                deal.taken = deal.closes = None
                deal.won = False
            else:
                seen = max(seen, told[1]["occurred_until"])
                deal.hear(told[1], told[0])
            here, key = self.scope(passes, deal, seen)
            value = self.asked.value(deal.amount, deal.currency)
            now = (key, value) if here and (deal.is_open or deal.closes) else None
            if self.asked.since <= at < self.asked.until:
                self.moves(place == 0, before, now, deal, here, key)
            before = now if deal.is_open else None
            if at < self.asked.until:
                stood |= {deal.stage} if deal.is_open else set()
                decided = deal.decided
            ends = moments[place + 1][0] if place + 1 < len(moments) else None
            for bucket, limit in (("start", self.asked.since), ("end", self.asked.until)):
                if before and at < limit and (ends is None or ends >= limit):
                    self.cells[before[0], bucket].append(before[1])
                    self.standing += [(before[0], replace(deal))] if bucket == "end" else []
        if decided:
            self.decided.append((stood, decided))

    def moments(self, events: list[tuple[int, Mapping[str, Any]]], changes: list[int]) -> Iterator[Any]:
        placed = 0
        found: list[Any] = []
        for place, (journey, event) in enumerate(events):
            at = event["occurred"]
            if event["day"] is not None:
                day = date(1970, 1, 1) + timedelta(days=event["day"])
                at = (datetime(day.year, day.month, day.day, tzinfo=self.asked.zone) - EPOCH) // timedelta(
                    microseconds=1
                )
            placed = max(placed, at)
            found.append(((placed, 0, place), (journey, event)))
        found += [((at, 1, 0), None) for at in changes if at >= found[0][0][0]]
        return ((at, told) for (at, _, _), told in sorted(found, key=lambda one: one[0]))

    def scope(self, passes: list[Journey], deal: Deal, seen: int) -> tuple[bool, Key]:
        """Who is responsible is told in whatever journey, all else in the deal's."""
        event = {"occurred_until": seen}

        def value(name: str) -> str | None:
            return passes[-1 if name in RESPONSIBLE else deal.journey - 1].value(name, None, event)

        here = self.asked.owner is None or value("owner") == self.asked.owner
        if self.asked.expected:
            first, last = self.asked.expected
            here = here and deal.expected is not None and first <= date.fromisoformat(deal.expected) <= last
        return here, tuple(map(value, self.asked.by))

    def moves(self, first: bool, before: Any, now: Any, deal: Deal, here: bool, key: tuple[str | None, ...]) -> None:
        if before and (not now or now[0] != before[0]):
            self.cells[before[0], "moved_out"].append(before[1])
        if now and first:
            self.cells[now[0], "new"].append(now[1])
        elif now and (not before or now[0] != before[0]):
            self.cells[now[0], "moved_in"].append(now[1])
        elif now and now[1] != before[1]:
            self.cells[now[0], "raised" if now[1] > before[1] else "lowered"].append(abs(now[1] - before[1]))
        if deal.closes and here:
            self.cells[key, deal.closes].append(now[1])
        if deal.won and here:
            self.sales.append((key, self.asked.value(deal.amount, deal.currency), deal.amount is None))
        if deal.taken and here:
            self.cells[key, "reversed"].append(self.asked.value(*deal.taken))
            self.sales.append((key, -self.asked.value(*deal.taken), False))


def movement(log: FakeLog, asked: Asked) -> dict[tuple[Key, str], tuple[int, Fraction]]:
    """Of each combination of dimensions and bucket: count, and amount in EUR."""
    found = walked(log, asked)
    return {place: (len(values), sum(values, Fraction(0))) for place, values in found.cells.items()}


def pipeline(log: FakeLog, asked: Asked) -> dict[tuple[Key, str], dict[str, Any]]:
    """Of each combination of dimensions and stage in which a deal is open at the end: the row."""
    cells: dict[tuple[Key, str], list[Deal]] = defaultdict(list)
    for key, deal in walked(log, asked).standing:
        cells[key, STAGES[deal.stage]].append(deal)
    today = asked.local(asked.until - 1)
    rows = {}
    for place, deals in cells.items():
        ages = [age(deal.began, asked) for deal in deals]
        rows[place] = {
            "count": len(deals),
            "amount": float(sum((asked.value(deal.amount, deal.currency) for deal in deals), Fraction(0))),
            "unpriced": sum(deal.amount is None for deal in deals),
            "age_p50_s": quantile(ages, 0.5),
            "age_max_s": quantile(ages, 1),
            "pushed": sum(deal.pushes > 0 for deal in deals),
            "pushes": sum(deal.pushes for deal in deals),
            "close_overdue": sum(deal.expected is not None and deal.expected < today.isoformat() for deal in deals),
            "next_step_overdue": sum(overdue(deal.next_step, asked) for deal in deals),
        }
    return rows


def age(began: Mapping[str, Any], asked: Asked) -> float | None:
    if began["precision"] == 2:
        return None
    if began["day"] is None:
        return max(0.0, float(asked.until - 1 - began["occurred"])) / 1e6
    opened = date(1970, 1, 1) + timedelta(days=began["day"])
    return max(0.0, (asked.local(asked.until - 1) - opened).days * 86_400.0)


def overdue(due: str | None, asked: Asked) -> bool:
    """A plain date is over with its day."""
    if due is None:
        return False
    if len(due) == len("2026-01-01"):
        return due < asked.local(asked.until - 1).isoformat()
    return (datetime.fromisoformat(due) - EPOCH) // timedelta(microseconds=1) < asked.until - 1


def forecast(log: FakeLog, asked: Asked, now: int, days: tuple[date, date]) -> dict[Key, dict[str, Any]]:
    """Of each combination of dimensions: what is expected of the period of these days, whose limits are `since` and `until`."""
    sales = walked(log, replace(asked, until=min(asked.until, now + 1))).sales
    then = walked(log, replace(asked, until=now + 1))
    waiting = [
        (key, deal) for key, deal in then.standing
        if asked.until > now and deal.expected and days[0] <= date.fromisoformat(deal.expected) <= days[1]
    ]  # fmt: skip
    rows = {}
    for key in {key for key, *_ in sales} | {key for key, _ in waiting}:
        won = sum((amount for of, amount, _ in sales if of == key), Fraction(0))
        deals = [deal for of, deal in waiting if of == key]
        worth = [(deal.stage, asked.value(deal.amount, deal.currency)) for deal in deals]
        shares = {stage: converted(then, stage) for stage, _ in worth}
        unknown = any(shares[stage][1] is None for stage, value in worth if value)
        rows[key] = {
            "won": float(won),
            "open": float(sum(value for _, value in worth)),
            "deals": len(deals),
            "unpriced": sum(out for of, _, out in sales if of == key) + sum(deal.amount is None for deal in deals),
            "low": float(won) + sum(float(value) * shares[stage][0] for stage, value in worth),
            "likely": None
            if unknown
            else float(won) + sum(float(value) * (shares[stage][1] or 0) for stage, value in worth),
            "high": float(won) + sum(float(value) * shares[stage][2] for stage, value in worth),
        }
    return rows


def converted(then: "Movement", stage: int) -> tuple[float, float | None, float]:
    """Of the decided deals that stood in a stage those that were won, between its limits at 95 % (Wilson)."""
    outcomes = [how == "won" for stood, how in then.decided if stage in stood]
    if not outcomes:
        return 0.0, None, 1.0
    many, share, z = len(outcomes), sum(outcomes) / len(outcomes), NormalDist().inv_cdf(0.975)
    middle = share + z * z / (2 * many)
    wide = z * math.sqrt(share * (1 - share) / many + z * z / (4 * many * many))
    return (middle - wide) / (1 + z * z / many), share, (middle + wide) / (1 + z * z / many)


def submitted(log: FakeLog, asked: Asked, now: int, label: str) -> dict[Key, float]:
    """What was submitted last for a period, in all or by representative."""
    last: dict[str, Mapping[str, Any]] = {}
    for row in sorted(log.rows, key=lambda row: (row["occurred"], row["position"])):
        data = json.loads(row["data"])
        if row["type"] != "ForecastSubmitted" or data["period"] != label or row["occurred"] > now:
            continue
        if asked.owner in (None, data["rep"]) and (asked.as_of is None or row["recorded"] <= asked.as_of):
            last[data["rep"]] = data
    sums: dict[Key, float] = defaultdict(float)
    for rep, data in last.items():
        sums[(rep,) if asked.by else ()] += float(asked.value(data["amount"], data["currency"]))
    return dict(sums)


def walked(log: FakeLog, asked: Asked) -> Movement:
    """All deals, walked through."""
    stories: dict[int, list[Journey]] = defaultdict(list)
    for journey in journeys(log, asked.as_of, all_of_them=True):
        stories[journey.story].append(journey)
    found = Movement(asked)
    for passes in stories.values():
        deals: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        numbered = sorted(
            ((one.number, event) for one in passes for event in one.events), key=lambda one: order(one[1])
        )
        for number, event in numbered:
            if event["type"] in OF_DEALS:
                deals[event["data"].get("opportunity") or f"#{event['position']}"].append((number, event))
        turning = {name for name in (*asked.by, *(("owner",) if asked.owner else ())) if name == "owner"}
        changes = sorted(
            {event["occurred"] for _, event in numbered for name in turning if tells(event, name) is not None}
        )
        for events in deals.values():
            found.walk(passes, events, changes)
    return found

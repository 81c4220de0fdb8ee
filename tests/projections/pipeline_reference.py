"""The movement of the pipeline in plain Python, written after RULES.md alone: what the view must agree with, slow and obvious."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog
from tests.projections.reference import EPOCH, Journey, journeys, order, tells

OF_DEALS = {"OpportunityOpened", "OpportunityUpdated", "OfferMade", "DealWon", "DealLost", "DealReversed"}
MINOR = {"EUR": 100, "JPY": 1}


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
    journey: int = 1

    def hear(self, event: Mapping[str, Any], journey: int) -> None:
        data, type_ = event["data"], event["type"]
        self.journey, self.taken, self.closes = max(self.journey, journey), None, None
        if type_ in {"OpportunityOpened", "OpportunityUpdated", "DealWon"} and data.get("amount") is not None:
            self.amount, self.currency = data["amount"], data["currency"]
        self.expected = data.get("expected_close") or self.expected
        match type_:
            case "DealWon" if not self.sold:
                self.sold, self.left = True, self.amount
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
        self.closes = how if self.is_open else None
        self.is_open = False


@dataclass
class Movement:
    """Bucket → how many and how much, for each combination of dimensions."""

    asked: Asked
    cells: dict[tuple[tuple[str | None, ...], str], list[Fraction]] = field(default_factory=lambda: defaultdict(list))

    def walk(self, passes: list[Journey], events: list[tuple[int, Mapping[str, Any]]], changes: list[int]) -> None:
        deal, seen, before = Deal(), 0, None
        moments = list(self.moments(events, changes))
        for place, (at, told) in enumerate(moments):
            if told is None:
                seen = max(seen, at)
                deal.taken = deal.closes = None
            else:
                seen = max(seen, told[1]["occurred_until"])
                deal.hear(told[1], told[0])
            here, key = self.scope(passes[deal.journey - 1], deal, seen)
            value = self.asked.value(deal.amount, deal.currency)
            now = (key, value) if here and (deal.is_open or deal.closes) else None
            if self.asked.since <= at < self.asked.until:
                self.moves(place == 0, before, now, deal, here, key)
            before = now if deal.is_open else None
            ends = moments[place + 1][0] if place + 1 < len(moments) else None
            for bucket, limit in (("start", self.asked.since), ("end", self.asked.until)):
                if before and at < limit and (ends is None or ends >= limit):
                    self.cells[before[0], bucket].append(before[1])

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

    def scope(self, journey: Journey, deal: Deal, seen: int) -> tuple[bool, tuple[str | None, ...]]:
        event = {"occurred_until": seen}
        here = self.asked.owner is None or journey.value("owner", None, event) == self.asked.owner
        if self.asked.expected:
            first, last = self.asked.expected
            here = here and deal.expected is not None and first <= date.fromisoformat(deal.expected) <= last
        return here, tuple(journey.value(name, None, event) for name in self.asked.by)

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
        if deal.taken and here:
            self.cells[key, "reversed"].append(self.asked.value(*deal.taken))


def movement(log: FakeLog, asked: Asked) -> dict[tuple[tuple[str | None, ...], str], tuple[int, Fraction]]:
    """Of each combination of dimensions and bucket: count, and amount in EUR."""
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
    return {place: (len(values), sum(values, Fraction(0))) for place, values in found.cells.items()}

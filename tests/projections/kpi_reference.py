"""The KPIs in plain Python, written after RULES.md alone: what the view must agree with, slow and obvious."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog
from tests.projections.reference import DAY_US, EPOCH, RESPONSIBLE, Journey, order, quantile, split, survivors, written

WATERFALL = (
    "LeadCaptured",
    "MarketingQualified",
    "HandoffAccepted",
    "SalesQualified",
    "OpportunityOpened",
    "OfferMade",
    "DealWon",
)
STAGES = ("lead", "mql", "sal", "sql", "opportunity", "offer", "won")
OPEN = (
    "OpportunityOpened",
    "OpportunityUpdated",
    "NegotiationOpened",
    "OfferMade",
    "OfferRevised",
    "DealWon",
    "DealLost",
    "DealReversed",
)
CLOSING = ("DealWon", "DealLost", "DealReversed")
DIGITS = {"EUR": 100, "USD": 100, "JPY": 1}


@dataclass(frozen=True)
class Question:
    """What is asked. period: a grain, or None for all of time. Instants are µs."""

    zone: ZoneInfo
    asked: int
    grain: str | None = None
    by: tuple[str, ...] = ()
    filter: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    basis: str = "cohort"
    currency: str = "EUR"
    as_of: int | None = None

    def placed(self, event: Mapping[str, Any]) -> int | None:
        """The instant that decides on the period."""
        if event["precision"] == 2:
            return event["occurred"] if self.grain is None else None
        if event["day"] is None:
            return int(event["occurred"])
        return self.midnight(date(1970, 1, 1) + timedelta(days=event["day"]))

    def midnight(self, day: date) -> int:
        return int((datetime(day.year, day.month, day.day, tzinfo=self.zone) - EPOCH) / timedelta(microseconds=1))

    def local(self, micros: int) -> datetime:
        return (EPOCH + timedelta(microseconds=micros)).astimezone(self.zone)

    def window(self, label: str | None) -> "Window":
        if label is None:
            return Window(-(2**60), 2**60, self.asked + 1)
        first, end = days_of(label)
        begins, ends = self.midnight(first), self.midnight(end)
        return Window(begins, ends, max(begins, min(ends, self.asked + 1)))

    def before(self, label: str | None) -> "Window":
        if label is None:
            return Window(0, 0, 0)
        first, end = days_of(label)
        last = first - timedelta(days=1)
        start = {"day": last, "week": first - timedelta(days=7), "month": last.replace(day=1)}[self.grain or ""]
        begins, limit = self.midnight(start), self.midnight(first)
        if self.asked + 1 < self.midnight(end):  # running
            into = self.local(max(self.asked + 1, self.midnight(first))).replace(tzinfo=None) - datetime.combine(
                first, datetime.min.time()
            )
            wall = (datetime.combine(start, datetime.min.time()) + into).replace(tzinfo=self.zone)
            limit = min(limit, int((wall - EPOCH) / timedelta(microseconds=1)))
        return Window(begins, limit, limit)


@dataclass(frozen=True)
class Window:
    begins: int
    ends: int
    at: int


def days_of(label: str) -> tuple[date, date]:
    if "W" in label:
        monday = date.fromisocalendar(int(label[:4]), int(label[6:]), 1)
        return monday, monday + timedelta(days=7)
    if len(label) == 7:
        first = date(int(label[:4]), int(label[5:]), 1)
        return first, (first + timedelta(days=31)).replace(day=1)
    day = date.fromisoformat(label)
    return day, day + timedelta(days=1)


@dataclass(frozen=True)
class Thing:
    """Something counted. seen: the instant up to which responsibility is told, in whatever journey. span: µs. own: what it tells itself."""

    story: int
    journey: Journey
    seen: int
    placed: int | None = None
    name: str = ""
    amount: Fraction | None = None
    currency: str | None = None
    span: int | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    last: Journey | None = None

    def value(self, dimension: str) -> str | None:
        if dimension in self.own:
            return self.own[dimension]
        if dimension == "lead":
            return str(self.story)
        if dimension == "reason":
            return self.reason
        journey = self.last if self.last is not None and dimension in RESPONSIBLE else self.journey
        return journey.value(dimension, None, {"occurred_until": self.seen})


class Deal:
    """An opportunity, walked through."""

    def __init__(self) -> None:
        self.amount: int | None = None
        self.currency: str | None = None
        self.standing, self.closed, self.lost = False, False, False
        self.left: int | None = None
        self.win: tuple[dict[str, Any], Journey] | None = None


class Story:
    """A lead's story, walked through once."""

    def __init__(self, number: int, events: list[dict[str, Any]], question: Question) -> None:
        self.number, self.events, self.question = number, events, question
        self.journeys = split(number, events)
        self.things: dict[str, list[Thing]] = defaultdict(list)
        self.deals: dict[str, Deal] = {}
        self.stands: dict[tuple[str, str], list[tuple[int, Any, Journey]]] = defaultdict(list)
        self.subscriptions: dict[str, Fraction | None] = {}
        self.begun_by: dict[str, set[str]] = defaultdict(set)
        self.spoken: str | None = None
        self.paid_in: str | None = None
        self.standing = 0
        self.customer = self.ever = False
        for journey in self.journeys:
            for event in journey.events:
                self.deal(event, journey)
        self.conversions()
        self.others()

    def thing(self, measure: str, event: Mapping[str, Any], journey: Journey, **told: Any) -> None:
        told = {"seen": event["occurred_until"], "last": self.journeys[-1]} | told
        self.things[measure].append(Thing(self.number, journey, placed=self.question.placed(event), **told))

    def stand(self, kind: str, name: str, event: Mapping[str, Any], state: Any, journey: Journey) -> None:
        placed, before = self.question.placed(event), self.stands[kind, name]
        if placed is not None:
            before.append((max(placed, before[-1][0]) if before else placed, state, journey))

    def deal(self, event: dict[str, Any], journey: Journey) -> None:
        type_, data = event["type"], event["data"]
        effect = None
        name = ""
        if type_ in OPEN:
            name = data.get("opportunity") or f"#{event['position']}"
            deal = self.deals.setdefault(name, Deal())
            if (type_.startswith("Opportunity") or type_ == "DealWon") and data.get("amount") is not None:
                deal.amount, deal.currency = data["amount"], data["currency"]
            if type_ in CLOSING:
                effect = self.close(event, journey, name, deal)
                deal.closed = True
            state = None if deal.closed else (deal.amount, deal.currency)
            self.stand("deal", name, event, state, journey)
        self.subscribe(event, journey, name, effect)

    def close(self, event: dict[str, Any], journey: Journey, name: str, deal: Deal) -> str | None:
        data = event["data"]
        if event["type"] == "DealWon":
            if deal.standing:
                return None
            deal.standing, deal.left, deal.win, deal.lost = True, deal.amount, (event, journey), False
            money = {
                "amount": major(deal.amount, deal.currency),
                "currency": deal.currency,
                "reason": data.get("reason"),
            }
            self.thing("won", event, journey, name=name, **money)
            self.standing += 1
            return "won"
        if event["type"] == "DealLost":
            was, deal.standing = deal.standing, False
            if was:
                self.reverse(event, name, deal, deal.left, deal.currency)
            if not deal.lost:
                self.thing("lost", event, journey, name=name, reason=data.get("reason"))
            deal.lost, deal.left = True, None
            return "over" if was else None
        if not deal.standing:
            return None
        taken = data.get("amount") if data.get("amount") is not None else deal.left
        self.reverse(event, name, deal, taken, data.get("currency") or deal.currency)
        if data.get("amount") is not None and (deal.left is None or data["amount"] < deal.left):
            deal.left = None if deal.left is None else deal.left - data["amount"]
            return None
        deal.standing, deal.left = False, None
        self.standing -= 1
        return "over"

    def reverse(self, event: dict[str, Any], name: str, deal: Deal, taken: int | None, currency: str | None) -> None:
        assert deal.win is not None
        win, journey = deal.win
        told = {"amount": major(taken, currency), "currency": currency, "reason": event["data"].get("reason")}
        self.thing("reversed", event, journey, seen=win["occurred_until"], name=name, **told)
        if event["type"] == "DealLost":
            self.standing -= 1

    def subscribe(self, event: dict[str, Any], journey: Journey, deal: str, effect: str | None) -> None:
        type_, data = event["type"], event["data"]
        recurring, named = data.get("recurring"), data.get("subscription")
        because = None
        if type_ == "DealWon" and recurring:
            self.spoken, self.paid_in = named or deal, data.get("currency") or self.deals[deal].currency or self.paid_in
            if effect == "won":
                self.price(self.spoken, recurring, event, journey)
                self.begun_by[deal].add(self.spoken)
        elif type_ in ("SubscriptionRenewed", "SubscriptionExpanded"):
            self.spoken = named or self.spoken
            self.price(self.spoken or "", recurring, event, journey)
        elif type_ == "CustomerChurned":
            for name in list(self.subscriptions):
                if named in (None, name):
                    self.end(name, event, journey)
            running = any(price is not None for price in self.subscriptions.values())
            because = "churned" if named is None or not running else None
        if effect == "won":
            because = "won"
        if effect == "over":
            for name in self.begun_by[deal]:
                self.end(name, event, journey)
            because = "reversed" if self.standing <= 0 else None
        if because is not None and (because == "won") != self.customer:
            self.customer = because == "won"
            if self.customer and not self.ever:
                self.ever = True
                self.thing("new_customers", event, journey)
            self.stand("customer", "", event, because, journey)

    def price(self, name: str, recurring: Mapping[str, Any], event: dict[str, Any], journey: Journey) -> None:
        monthly = Fraction(str(recurring["amount"])) / (12 if recurring["every"] == "year" else 1)
        self.subscriptions[name] = monthly
        self.stand("subscription", name, event, monthly, journey)

    def end(self, name: str, event: dict[str, Any], journey: Journey) -> None:
        self.subscriptions[name] = None
        self.stand("subscription", name, event, None, journey)

    def conversions(self) -> None:  # noqa: C901  # a case for each type
        first: dict[tuple[int, str], dict[str, Any]] = {}
        for journey in self.journeys:
            for event in journey.events:
                first.setdefault((journey.number, event["type"]), event)
        captures = [(event, self.journeys[n - 1]) for (n, type_), event in first.items() if type_ == "LeadCaptured"][:1]
        won = {thing.journey.number for thing in self.things["won"]}
        openings = self.openings()
        for capture in captures:
            self.thing("leads", *capture)
            if openings:
                self.thing("leads_converted", *capture)
            if won:
                self.thing("leads_won", *capture)
        if openings:
            self.thing("conversions", *min(openings.values(), key=lambda one: (one[0]["occurred"], one[0]["position"])))
        self.things["first_wins"] = self.things["won"][:1]
        for (number, type_), event in first.items():
            journey = self.journeys[number - 1]
            recycled = (number, "LeadRecycled") in first
            if type_ == "MarketingQualified":
                self.thing("qualified", event, journey)
                if number in won:
                    self.thing("qualified_won", event, journey)
            if type_ == "SalesQualified":
                self.thing("sales_qualified", event, journey)
            if type_ == "LeadHandedOff":
                self.thing("handed_off", event, journey)
                if recycled:
                    self.thing("handed_off_recycled", event, journey)
                    back = first[number, "LeadRecycled"]
                    self.thing("recycled", back, journey, reason=back["data"].get("reason"))
        marketed = {number for number, type_ in first if type_ == "MarketingQualified"}
        self.things["wins_of_qualified"] = [
            replace(thing, name=str(thing.journey.number))
            for thing in self.things["won"]
            if thing.journey.number in marketed
        ]
        for name, (event, journey) in openings.items():
            self.thing("opportunities", event, journey, name=name)
            if any(thing.name == name for thing in self.things["won"]):
                self.thing("opportunities_won", event, journey, name=name)
        self.stages(first)
        self.cycles(openings)

    def openings(self) -> dict[str, tuple[dict[str, Any], Journey]]:
        found: dict[str, tuple[dict[str, Any], Journey]] = {}
        for journey in self.journeys:
            for event in journey.events:
                if event["type"] in OPEN:
                    name = event["data"].get("opportunity") or f"#{event['position']}"
                    opened = event["type"] == "OpportunityOpened"
                    if name not in found or (opened and found[name][0]["type"] != "OpportunityOpened"):
                        found[name] = (event, journey)
        return found

    def stages(self, first: Mapping[tuple[int, str], dict[str, Any]]) -> None:
        entered: dict[tuple[int, int], dict[str, Any]] = {}
        for (number, type_), event in first.items():
            if type_ in WATERFALL and not (type_ == "LeadCaptured" and number > 1):
                entered[number, WATERFALL.index(type_)] = event
            if type_ == "LeadRecycled":
                entered[number + 1, 0] = event
        for (number, place), event in entered.items():
            journey = self.journeys[number - 1]
            if place < len(STAGES) - 1:
                self.thing("stages_entered", event, journey, own={"stage": STAGES[place]})
                if (number, place + 1) in entered:
                    self.thing("stages_passed", event, journey, own={"stage": STAGES[place]})
            if place:
                self.thing("stages_reached_next", event, journey, own={"stage": STAGES[place - 1]})

    def cycles(self, openings: Mapping[str, tuple[dict[str, Any], Journey]]) -> None:
        touches = [event for event in self.events if event["type"] == "InteractionLogged" and event["precision"] < 2]
        touch = min(touches, key=lambda event: event["occurred"], default=None)
        for thing in self.things["won"]:
            win = next(
                event for event in thing.journey.events
                if event["type"] == "DealWon" and event["occurred_until"] == thing.seen
                and (event["data"].get("opportunity") or f"#{event['position']}") == thing.name
            )  # fmt: skip
            number = thing.journey.number
            start = (
                self.journeys[number - 2].events[-1]
                if number > 1
                else next(e for e in self.events if e["type"] in BEGINS)
            )
            if number == 1 and touch is not None and touch["occurred"] < start["occurred"]:
                start = touch
            for measure, begin in (("cycles", start), ("opportunity_cycles", openings[thing.name][0])):
                if begin["precision"] < 2 and win["precision"] < 2 and (span := self.span(begin, win)) >= 0:
                    self.things[measure].append(
                        Thing(self.number, thing.journey, thing.seen, thing.placed, span=span, last=self.journeys[-1])
                    )

    def span(self, start: Mapping[str, Any], end: Mapping[str, Any]) -> int:
        if start["day"] is None and end["day"] is None:
            return int(end["occurred"] - start["occurred"])
        first, last = (
            self.question.local(event["occurred"]).date()
            if event["day"] is None
            else date(1970, 1, 1) + timedelta(days=event["day"])
            for event in (start, end)
        )
        return (last - first).days * DAY_US

    def others(self) -> None:  # noqa: C901  # a case for each type
        offers: dict[tuple[str, str], tuple[dict[str, Any], Journey]] = {}
        handoffs: dict[str, tuple[dict[str, Any], Journey]] = {}
        answers: dict[str, str] = {}
        for journey in self.journeys:
            for event in journey.events:
                type_, data = event["type"], event["data"]
                if type_ in ("OfferMade", "OfferAccepted"):
                    offers.setdefault((data["offer"], type_), (event, journey))
                if type_ == "LeadHandedOff":
                    handoffs.setdefault(data["handoff"], (event, journey))
                if type_.startswith("Handoff") and type_[7:] in ("Accepted", "Rejected", "Withdrawn", "Expired"):
                    answers.setdefault(data["handoff"], type_)
                if type_ == "InteractionLogged" and data["direction"] == "outbound" and not data.get("automatic"):
                    self.thing("activities", event, journey, own={"kind": data["kind"]})
                if type_ == "ReferralMade":
                    self.thing("referrals", event, journey)
                if type_ == "FeedbackGiven":
                    self.thing(data["kind"], event, journey, amount=Fraction(data["score"]))
        for (name, type_), one in offers.items():
            measure = "offers_made" if type_ == "OfferMade" else "acceptances"
            self.thing(measure, *one)
            if measure == "offers_made" and (name, "OfferAccepted") in offers:
                self.thing("offers_accepted", *one)
        for name, one in handoffs.items():
            if answers.get(name) in ("HandoffAccepted", "HandoffRejected", "HandoffExpired"):
                self.thing("handoffs_answered", *one)
                if answers[name] == "HandoffAccepted":
                    self.thing("handoffs_accepted", *one)

    def standing_at(self, kind: str, instant: int) -> dict[str, tuple[Any, Journey]]:
        """What stood last before an instant, by its name."""
        found = {}
        for (of, name), rows in self.stands.items():
            before = [row for row in rows if row[0] < instant]
            if of == kind and before:
                found[name] = before[-1][1:]
        return found


BEGINS = (*WATERFALL, "LeadAssigned", "LeadHandedOff", "BantAssessed", "LeadDisqualified", "LeadRecycled")


def major(amount: int | None, currency: str | None) -> Fraction | None:
    return None if amount is None else Fraction(amount, DIGITS[currency or "EUR"])


def stories(log: FakeLog, question: Question) -> tuple[list[Story], list[dict[str, Any]]]:
    """The stories, and what concerns the business, of what was known."""
    as_of = question.as_of
    known = [row | {"data": json.loads(row["data"])} for row in log.rows if as_of is None or row["recorded"] <= as_of]
    gone: dict[str, bool] = {}
    for row in known:
        if row["type"] in {"RunRetracted", "RunRestored"}:
            gone[row["data"]["run"]] = row["type"] == "RunRetracted"
    known = [row for row in known if not gone.get(row["run"])]
    of_leads = [row for row in known if row["lead"]]
    survivor = survivors(log, of_leads)
    events = defaultdict(list)
    for row in sorted(of_leads, key=order):
        events[survivor.get(row["lead"], row["lead"])].append(row)
    return [Story(number, told, question) for number, told in events.items()], [row for row in known if not row["lead"]]


class Measured:
    """What a question counts in one cell."""

    def __init__(self, told: Sequence[Story], business: Sequence[Mapping[str, Any]], question: Question) -> None:
        self.stories, self.business, self.question = told, business, question

    def chosen(self, things: Iterable[Thing], by: Sequence[str], key: Sequence[str | None]) -> list[Thing]:
        """Those of a cell."""
        return [
            thing for thing in things
            if tuple(thing.value(name) for name in by) == tuple(key)
            and all(thing.value(name) in wanted for name, wanted in self.question.filter.items())
        ]  # fmt: skip

    def happened(self, measure: str, window: Window) -> list[Thing]:
        return [
            thing for story in self.stories for thing in story.things[measure]
            if thing.placed is not None and window.begins <= thing.placed < window.ends
        ]  # fmt: skip

    def open_deals(self, instant: int) -> list[Thing]:
        return [
            Thing(story.number, journey, instant - 1, amount=major(*state), currency=state[1], last=story.journeys[-1])
            for story in self.stories for state, journey in story.standing_at("deal", instant).values() if state is not None
        ]  # fmt: skip

    def customers(self, instant: int, seen: int) -> dict[int, tuple[str, Thing]]:
        return {
            story.number: (because, Thing(story.number, journey, seen - 1, last=story.journeys[-1]))
            for story in self.stories for because, journey in story.standing_at("customer", instant).values()
        }  # fmt: skip

    def mrr(self, window: Window) -> dict[str, list[Thing]]:
        """Each customer at both ends."""
        found: dict[str, list[Thing]] = defaultdict(list)
        for story in self.stories:
            ends = [story.standing_at("subscription", instant).values() for instant in (window.begins, window.at)]
            start, end = (sum((price or 0 for price, _ in one), Fraction(0)) for one in ends)
            journeys = [journey for one in ends for _, journey in one]
            if not journeys:
                continue
            journey = max(journeys, key=lambda one: one.number)
            first = min((row[0] for row in story.stands["customer", ""]), default=None)
            ever = first is not None and first < window.begins
            was = any(because == "won" for because, _ in story.standing_at("customer", window.begins).values())
            told = {"at_start": start, "at_end": end}
            if start and not end:
                told["churn"] = start
            elif start > end:
                told["contraction"] = start - end
            elif end > start:
                told["expansion" if start or was else "reactivation" if ever else "new"] = end - start
            for name, amount in told.items():
                if amount:
                    found[name].append(
                        Thing(
                            story.number,
                            journey,
                            window.at - 1,
                            amount=Fraction(amount),
                            currency=story.paid_in,
                            last=story.journeys[-1],
                        )
                    )
        return found

    def money(self, things: Iterable[Thing], fallback: int) -> Fraction | None:
        """Their amounts in the report's currency; None where a rate is missing."""
        total = Fraction(0)
        for thing in things:
            if thing.amount is None:
                continue
            rate = self.rate(thing.currency, thing.placed if thing.placed is not None else fallback)
            if rate is None:
                return None
            total += thing.amount * rate
        return total

    def rate(self, currency: str | None, instant: int) -> Fraction | None:
        if currency in (None, self.question.currency):
            return Fraction(1)
        day = self.question.local(instant).date()
        rates = [
            (on, order(row), Fraction(row["data"]["rate"])) for row in self.business
            if row["type"] == "ExchangeRateSet" and (row["data"]["from"], row["data"]["to"]) == (currency, self.question.currency)
            and (on := self.question.local(row["occurred"]).date()) <= day
        ]  # fmt: skip
        return max(rates)[2] if rates else None


Ratio = tuple[Fraction | None, Fraction | None]


def value(  # noqa: C901  # one KPI after the other
    id_: str, measured: Measured, label: str | None, by: Sequence[str], key: Sequence[str | None]
) -> Fraction | None:
    """The value of a KPI in a period for a combination of dimensions; None where it has none."""
    question = measured.question
    window = question.window(label)
    by_period = question.basis == "period"

    def count(measure: str, over: Window = window) -> Fraction:
        things = measured.chosen(measured.happened(measure, over), by, key)
        once = measure in ("won", "lost", "wins_of_qualified")
        return Fraction(len({(thing.story, thing.name) for thing in things}) if once else len(things))

    def money(measure: str, over: Window = window) -> Fraction | None:
        return measured.money(measured.chosen(measured.happened(measure, over), by, key), 0)

    def revenue(over: Window = window) -> Fraction | None:
        won, taken = money("won", over), money("reversed", over)
        return None if won is None or taken is None else won - taken

    def priced() -> Fraction:
        things = measured.chosen(measured.happened("won", window), by, key)
        return Fraction(len({(thing.story, thing.name) for thing in things if thing.amount is not None}))

    def spans(measure: str) -> list[Fraction]:
        found = measured.chosen(measured.happened(measure, window), by, key)
        return [Fraction(thing.span, DAY_US) for thing in found if thing.span is not None]

    def mean(values: Sequence[Fraction]) -> Fraction | None:
        return sum(values, Fraction(0)) / len(values) if values else None

    def customers(which: str) -> Fraction:
        start = measured.customers(window.begins, window.begins)
        end = measured.customers(window.at, window.at)
        there = {number for number, (because, _) in start.items() if because == "won"}
        match which:
            case "start":
                found = [start[number][1] for number in there]
            case "end":
                found = [thing for because, thing in end.values() if because == "won"]
            case "lost":
                found = [thing for number, (because, thing) in end.items() if because == "churned" and number in there]
            case _:
                found = [thing for number, (because, thing) in end.items() if because == "won" and number not in there]
        return Fraction(len(measured.chosen(found, by, key)))

    def mrr(part: str) -> Fraction | None:
        return measured.money(measured.chosen(measured.mrr(window)[part], by, key), window.at - 1)

    def rate(cohort: tuple[str, str], period: tuple[str, str] | None = None) -> Fraction | None:
        return divided(*map(count, period if by_period and period else cohort))

    deal_size = divided(revenue(), priced())
    cycle = mean(spans("cycles"))
    kpis: dict[str, Callable[[], Fraction | float | None]] = {
        "total_revenue": revenue,
        "gross_revenue": lambda: money("won"),
        "reversed_revenue": lambda: money("reversed"),
        "revenue_growth": lambda: growth(revenue(), revenue(question.before(label))),
        "average_deal_size": lambda: deal_size,
        "mrr": lambda: mrr("at_end"),
        "arr": lambda: times(mrr("at_end"), Fraction(12)),
        **{f"mrr_{of}": lambda of=of: mrr(of) for of in ("new", "expansion", "contraction", "churn", "reactivation")},  # type: ignore[misc]
        "gross_revenue_retention": lambda: divided(
            combined(mrr("at_start"), (-1, mrr("contraction")), (-1, mrr("churn"))), mrr("at_start")
        ),
        "net_revenue_retention": lambda: divided(
            combined(mrr("at_start"), (-1, mrr("contraction")), (-1, mrr("churn")), (1, mrr("expansion"))),
            mrr("at_start"),
        ),
        "arpa": lambda: divided(mrr("at_end"), customers("end")),
        "leads": lambda: count("leads"),
        "qualified_leads": lambda: count("qualified"),
        "sales_qualified_leads": lambda: count("sales_qualified"),
        "lead_conversion_rate": lambda: rate(("leads_converted", "leads"), ("conversions", "leads")),
        "lead_to_customer_rate": lambda: rate(("leads_won", "leads"), ("first_wins", "leads")),
        "opportunity_conversion_rate": lambda: rate(("opportunities_won", "opportunities"), ("won", "opportunities")),
        "win_rate": lambda: divided(count("won"), count("won") + count("lost")),
        "offer_acceptance_rate": lambda: rate(("offers_accepted", "offers_made"), ("acceptances", "offers_made")),
        "stage_conversion": lambda: rate(
            ("stages_passed", "stages_entered"), ("stages_reached_next", "stages_entered")
        ),
        "sales_cycle_length": lambda: cycle,
        "sales_cycle_length_p50": lambda: quantile(list(map(float, spans("cycles"))), 0.5),
        "sales_cycle_length_p90": lambda: quantile(list(map(float, spans("cycles"))), 0.9),
        "opportunity_cycle_length": lambda: mean(spans("opportunity_cycles")),
        "deals_in_pipeline": lambda: Fraction(len(measured.chosen(measured.open_deals(window.at), by, key))),
        "average_open_deal": lambda: average_open(
            measured, measured.chosen(measured.open_deals(window.at), by, key), window.at
        ),
        "pipeline_velocity": lambda: divided(
            times(deal_size, count("wins_of_qualified" if by_period else "qualified_won"))
            if count("qualified")
            else None,
            cycle,
        ),
        "churn_rate": lambda: divided(customers("lost"), customers("start")),
        "net_churn_rate": lambda: divided(customers("lost") - customers("gained"), customers("start")),
        "retention_rate": lambda: combined(Fraction(1), (-1, divided(customers("lost"), customers("start")))),
        "nps": lambda: nps(measured.chosen(measured.happened("nps", window), by, key)),
        "csat": lambda: mean(
            [thing.amount or Fraction(0) for thing in measured.chosen(measured.happened("csat", window), by, key)]
        ),
        "recycle_rate": lambda: rate(("handed_off_recycled", "handed_off"), ("recycled", "handed_off")),
        "handoff_acceptance_rate": lambda: rate(("handoffs_accepted", "handoffs_answered")),
        "effort_by_segment": lambda: count("activities"),
    }
    found = kpis[id_]()
    return found if found is None or isinstance(found, Fraction) else Fraction(found)


KPIS = (
    "total_revenue gross_revenue reversed_revenue revenue_growth average_deal_size mrr arr mrr_new mrr_expansion mrr_contraction mrr_churn "
    "mrr_reactivation gross_revenue_retention net_revenue_retention arpa leads qualified_leads sales_qualified_leads "
    "lead_conversion_rate lead_to_customer_rate opportunity_conversion_rate win_rate offer_acceptance_rate stage_conversion "
    "sales_cycle_length sales_cycle_length_p50 sales_cycle_length_p90 opportunity_cycle_length deals_in_pipeline average_open_deal "
    "pipeline_velocity churn_rate net_churn_rate retention_rate nps csat recycle_rate handoff_acceptance_rate effort_by_segment"
).split()


def divided(over: Fraction | None, under: Fraction | None) -> Fraction | None:
    return None if over is None or not under else over / under


def times(one: Fraction | None, other: Fraction) -> Fraction | None:
    return None if one is None else one * other


def growth(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    return None if now is None or not before else (now - before) / before


def combined(first: Fraction | None, *others: tuple[int, Fraction | None]) -> Fraction | None:
    total = first
    for sign, one in others:
        total = None if total is None or one is None else total + sign * one
    return total


def average_open(measured: Measured, things: Sequence[Thing], at: int) -> Fraction | None:
    told = [thing for thing in things if thing.amount is not None]
    return divided(measured.money(told, at - 1), Fraction(len(told)))


def nps(things: Sequence[Thing]) -> Fraction | None:
    scores = [thing.amount for thing in things if thing.amount is not None]
    return divided(
        Fraction(100 * (sum(one >= 9 for one in scores) - sum(one <= 6 for one in scores))), Fraction(len(scores))
    )


__all__ = ["KPIS", "Measured", "Question", "stories", "value", "written"]

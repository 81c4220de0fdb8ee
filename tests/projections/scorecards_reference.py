"""Scorecards in plain Python, where they are more than KPIs side by side: what the views must agree with, slow and obvious."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from tests.projections import kpi_reference as kpi
from tests.projections.fake_log import FakeLog
from tests.projections.reference import Journey, journeys, order


def stories(log: FakeLog, as_of: int | None) -> list[Journey]:
    """The last journey of each story: it knows those before it."""
    return list({journey.story: journey for journey in journeys(log, as_of, all_of_them=True)}.values())


def owned(log: FakeLog, as_of: int | None) -> Counter[str | None]:
    """Leads that are going on, by their owner at last. No period is asked for, so all that is known has happened."""
    found: Counter[str | None] = Counter()
    for last in stories(log, as_of):
        begun = [one for one in last.earlier if one.number > 1 or any(event["type"] in BEGINS for event in one.events)]
        if begun and not any(event["type"] == "LeadDisqualified" for event in begun[-1].events):
            found[last.value("owner", None, {"occurred_until": 2**62})] += 1
    return found


def handoffs(log: FakeLog, as_of: int | None) -> tuple[Counter[str | None], Counter[str | None]]:
    """Handoffs by who received them, and those of them that were accepted."""
    received, accepted = Counter[str | None](), Counter[str | None]()
    for last in stories(log, as_of):
        for handoff, given in _first(last, ("LeadHandedOff",)).items():
            answer = _first(last, ENDS).get(handoff)
            taker = answer["data"].get("owner") if answer and answer["type"] == "HandoffAccepted" else None
            receiver = given["data"].get("to_owner") or taker or last.value("owner", None, given)
            received[receiver] += 1
            accepted[receiver] += answer is not None and answer["type"] == "HandoffAccepted"
    return received, +accepted


def contacts(log: FakeLog, as_of: int | None) -> Counter[tuple[str, str]]:
    """Interactions by kind and by who made them."""
    return Counter(
        (
            event["data"]["kind"],
            "automatic" if event["data"].get("automatic") else event["data"]["direction"],
        )
        for last in stories(log, as_of)
        for event in _events(last)
        if event["type"] == "InteractionLogged"
    )


def card(
    measured: kpi.Measured, label: str | None, by: Sequence[str], key: Sequence[str | None]
) -> dict[str, Fraction | None]:
    """The columns of `channels`, `segments` and `segments customers` that their rows say of leads, in one cell."""
    question = measured.question
    window = question.window(label)

    def things(measure: str) -> list[kpi.Thing]:
        return measured.chosen(measured.happened(measure, window), by, key)

    def value(id_: str) -> Fraction | None:
        return kpi.value(id_, measured, label, by, key)

    waiting = [deal for deal in measured.chosen(measured.open_deals(window.at), by, key) if deal.amount is not None]
    there = [one for because, one in measured.customers(window.at, window.at).values() if because == "won"]
    worth = measured.money(waiting, window.at - 1)
    return {
        **{name: Fraction(len(things(name))) for name in ("leads", "qualified", "opportunities")},
        "won": Fraction(len({(deal.story, deal.name) for deal in things("won")})),
        "conversion": value("lead_to_customer_rate"),
        "revenue": value("total_revenue"),
        "customers": Fraction(len(measured.chosen(there, by, key))),
        "pipeline": worth,
        "potential": worth,
        "interactions": Fraction(len(things("activities"))),
        **{f"{of}s": Fraction(sum(one.own["kind"] == of for one in things("activities"))) for of in ("call", "email")},
    }


def spent(measured: kpi.Measured, label: str | None, channel: str | None) -> dict[str, Fraction | None]:
    """What was spent on a channel, and what that says of it; nothing where nothing is recorded."""
    question = measured.question
    window = question.window(label)
    rows = [
        row for row in measured.business
        if row["type"] == "SpendRecorded" and row["data"]["channel"] == channel
        and (placed := question.placed(row)) is not None and window.begins <= placed < window.ends
        and all(channel in wanted for name, wanted in question.filter.items() if name == "channel")
    ]  # fmt: skip
    marketing = [row for row in rows if row["data"]["kind"] == "marketing"]
    new = measured.chosen(measured.happened("new_customers", window), ["channel"], [channel])
    told = {name: sum((Fraction(row["data"]["amount"], 100) for row in of), Fraction(0)) if of else None
            for name, of in (("spend", rows), ("marketing_spend", marketing))}  # fmt: skip
    revenue = kpi.value("total_revenue", measured, label, ["channel"], [channel])
    return {
        **told,
        "cac": kpi.divided(told["spend"], Fraction(len(new))),
        "roas": kpi.divided(revenue, told["marketing_spend"]),
    }


def classes(worth: Sequence[Fraction]) -> list[str | None]:
    """A: those who bring the first 80 % of all, the largest first; B: the next 15 %; C: the rest; nothing: those who bring nothing."""
    found: list[str | None] = []
    for place, value in enumerate(worth):
        before = sum(worth[:place], Fraction(0)) / (sum(worth, Fraction(0)) or 1)
        found.append(
            None if value <= 0 else "A" if before < Fraction(4, 5) else "B" if before < Fraction(19, 20) else "C"
        )
    return found


BEGINS = (
    "LeadCaptured MarketingQualified LeadAssigned LeadHandedOff HandoffAccepted BantAssessed SalesQualified OpportunityOpened OfferMade"
    " DealWon LeadDisqualified LeadRecycled"
).split()
ENDS = ("HandoffAccepted", "HandoffRejected", "HandoffWithdrawn", "HandoffExpired")


def _events(last: Journey) -> Iterator[dict[str, Any]]:
    for journey in last.earlier:
        yield from journey.events


def _first(last: Journey, types: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in sorted(_events(last), key=order):
        if event["type"] in types and event["data"].get("handoff"):
            found.setdefault(event["data"]["handoff"], event)
    return found

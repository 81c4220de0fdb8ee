"""Scorecards in plain Python, where they are more than KPIs side by side: what the views must agree with, slow and obvious."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

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

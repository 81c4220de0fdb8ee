"""The stream: the lives of all leads in the order in which their events arrived."""

from collections.abc import Iterator
from datetime import timedelta
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random
from typing import Any, TextIO

import msgspec

from engine.simulate import company
from engine.simulate.business import business
from engine.simulate.delivery import cloudevent, deliveries
from engine.simulate.dirt import Spoiler
from engine.simulate.lead import live
from engine.simulate.people import somebody
from engine.simulate.story import HOUR, Story, Told
from engine.simulate.twin import twin
from engine.simulate.working_time import END, local_second, wire, working, works

CALM = {1: 0.8, 8: 0.55, 12: 0.6}  # months with fewer leads
STAFFED = {"crm", "telephone"}  # written by somebody at work, not by a form at night
BY_REFERRAL = 0.15  # chance that a lead was sent by a customer, if one is at hand


def history(leads: int, seed: int, *, dirt: bool = False) -> Iterator[dict[str, Any]]:
    """A history of so many leads as CloudEvents, in the order in which they were learned of.

    seed: the same one gives the same events. dirt: whether broken and contradicting ones are among them.
    Legal in the order of `time`, apart from dirt; `knowntime` never goes back. The sources (SOURCES) are archives.
    """
    rng = Random(seed)
    turn = count()
    spoiler = Spoiler(rng)
    waiting: list[tuple[int, int, dict[str, Any]]] = []

    def send(told: Told) -> None:
        event = cloudevent(told)
        for arrival in deliveries(rng, told.at):
            heappush(waiting, (arrival, next(turn), event))

    for told in business(rng, leads):
        send(told)
    customers: list[Story] = []
    for number, begin in enumerate(beginnings(rng, leads), 1):
        yield from _arrived(waiting, before=begin)
        life = [told for told in lived(rng, number, begin, customers) if told.at < END]
        for told in life:
            send(told)
        for arrival, event in spoiler.dirt(life) if dirt else ():
            heappush(waiting, (arrival, next(turn), event))
    yield from _arrived(waiting, before=None)


def write(stream: TextIO, leads: int, seed: int, *, dirt: bool = False) -> None:
    """Writes a history as NDJSON."""
    encode = msgspec.json.Encoder().encode
    stream.writelines(encode(event).decode() + "\n" for event in history(leads, seed, dirt=dirt))


def beginnings(rng: Random, leads: int) -> list[int]:
    """The seconds since 1970 at which leads come, in order: more on working days, fewer in August."""
    days = [company.FIRST_DAY + timedelta(days=n) for n in range((company.LAST_DAY - company.FIRST_DAY).days + 1)]
    weights = list(accumulate(CALM.get(day.month, 1.0) * (1.0 if works(day) else 0.2) for day in days))
    drawn = rng.choices(days, cum_weights=weights, k=leads)
    return sorted(local_second(day) + int(rng.triangular(5 * HOUR, 23 * HOUR, 11 * HOUR)) for day in drawn)


def lived(rng: Random, number: int, begin: int, customers: list[Story]) -> Iterator[Told]:
    """All that happens because of one lead. customers: those who may have sent it; it is added if it becomes one."""
    campaign = company.BY_MONTH[_month(begin)].draw(rng)
    sender = rng.choice(customers) if customers and rng.random() < BY_REFERRAL else None
    if sender is not None and sender.won_at is not None and sender.won_at < begin:
        campaign = company.REFERRAL
    else:
        sender = None
    source = rng.choice(campaign.by)
    story = Story(rng, number, source, working(begin, rng.randrange(HOUR)) if source in STAFFED else begin)
    if sender is not None:
        referred = {"referred": {"source": source, "id": story.subject}}
        yield Told(begin, sender.source, sender.subject, f"{story.subject}-referral", "ReferralMade", None, referred)
    person, product, captured_at = somebody(rng), company.PRODUCTS.draw(rng), story.now
    if live(story, person, campaign, product):
        customers.append(story)
    yield from story.events
    yield from twin(story, captured_at, person, campaign, product)


def _arrived(waiting: list[tuple[int, int, dict[str, Any]]], before: int | None) -> Iterator[dict[str, Any]]:
    while waiting and (before is None or waiting[0][0] < before):
        arrival, _, event = heappop(waiting)
        yield event | {"knowntime": wire(arrival)}


def _month(second: int) -> int:
    return int(wire(second)[5:7])

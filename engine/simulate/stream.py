"""The stream: the lives of all leads in the order in which their events arrived."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from engine.simulate import company
from engine.simulate.business import business
from engine.simulate.delivery import Sent, delivered, sent
from engine.simulate.dirt import Spoiler
from engine.simulate.lead import live
from engine.simulate.leads import NOBODY, SOURCES, Leads, lead_named
from engine.simulate.origin import drawn
from engine.simulate.telling import Array, joined, taken
from engine.simulate.twin import twins
from engine.simulate.waiting import Waiting
from engine.simulate.working_time import BEGIN, HOUR, local_second, working, works

CALM = {1: 0.8, 8: 0.55, 12: 0.6}  # months with fewer leads
STAFFED = tuple(
    SOURCES.index(source) for source in ("crm", "telephone")
)  # written by somebody at work, not by a form at night
BY_REFERRAL = 0.15  # chance that a lead was sent by a customer, if one is at hand
BLOCK = 4096  # leads told together at most
BLOCKS = 4  # at least: the customers of one send leads of the next
SEEDS = 1 << 64


class Portion(NamedTuple):
    """What arrived in some weeks. text: lines of NDJSON. leads: how many of the history's had come by then."""

    events: int
    text: memoryview
    leads: int


def portions(leads: int, seed: int, *, dirt: bool = False) -> Iterator[Portion]:
    """A history of so many leads, a portion at a time, in the order in which it was learned of.

    seed: the same one gives the same bytes. dirt: whether broken and contradicting events are among them.
    Legal in the order of `time`, apart from dirt; `knowntime` never goes back. The sources (SOURCES) are archives.
    """
    rng = np.random.default_rng(seed % SEEDS)
    spoiler = Spoiler(rng) if dirt else None
    begins = beginnings(rng, leads)
    blocks = np.array_split(begins, max(1, min(leads, max(BLOCKS, -(-leads // BLOCK)))))
    waiting = Waiting(np.array([BEGIN, *(block[0] for block in blocks[1:])]))
    waiting.add(business(rng, leads))
    customers = Customers()
    come = 0
    for period, block in enumerate(blocks):
        if block.size:
            events = block_of(rng, come, block, customers)
            waiting.add(delivered(rng, events.at, events.text))
            if spoiler is not None:
                waiting.add(spoiler.dirt(events))
        come += block.size
        arrived = waiting.arrived(period)
        if arrived.at.size:
            yield Portion(arrived.at.size, _bytes(arrived.line), come)


def history(leads: int, seed: int, *, dirt: bool = False) -> Iterator[dict[str, Any]]:
    """The same, event by event: CloudEvents in structured form."""
    decode = msgspec.json.Decoder().decode_lines
    for portion in portions(leads, seed, dirt=dirt):
        yield from decode(portion.text)


def beginnings(rng: np.random.Generator, leads: int) -> Array:
    """The seconds since 1970 at which leads come, in order: more on working days, fewer in August."""
    days = [company.FIRST_DAY + timedelta(days=n) for n in range((company.LAST_DAY - company.FIRST_DAY).days + 1)]
    busy = company.Weighted(*((day, CALM.get(day.month, 1.0) * (1.0 if works(day) else 0.2)) for day in days))
    midnights = np.array([local_second(day) for day in days])[busy.draw(rng, leads)]
    return np.sort(midnights + rng.triangular(5 * HOUR, 11 * HOUR, 23 * HOUR, leads).astype(np.int64))


class Customers:
    """Those who may send others."""

    def __init__(self) -> None:
        self.number, self.source, self.won_at = (np.zeros(0, np.int64) for _ in range(3))

    def add(self, leads: Leads) -> None:
        """Those of the leads who became customers, and still are."""
        who = np.flatnonzero(leads.won_at != NOBODY)
        for kept, name in ((leads.number, "number"), (leads.source, "source"), (leads.won_at, "won_at")):
            setattr(self, name, np.concatenate((getattr(self, name), kept[who])))

    def senders(self, rng: np.random.Generator, begins: Array) -> Array:
        """Who sent each of the leads that come then; NOBODY sent most."""
        if not self.number.size:
            return np.full(begins.size, NOBODY)
        sender = rng.integers(0, self.number.size, begins.size)
        return np.where((rng.random(begins.size) < BY_REFERRAL) & (self.won_at[sender] < begins), sender, NOBODY)


def block_of(rng: np.random.Generator, come: int, begins: Array, customers: Customers) -> Sent:
    """All that happens because of the leads that come then. come: how many came before them."""
    sender = customers.senders(rng, begins)
    origin, source = drawn(rng, begins, sender != NOBODY)
    later = rng.integers(0, HOUR, begins.size)
    captured_at = np.where(np.isin(source, STAFFED), working(begins, later), begins)
    leads = Leads(rng, come + 1 + np.arange(begins.size), source, captured_at)
    live(leads, origin)
    customers.add(leads)
    others = twins(leads, origin, captured_at)
    who = np.flatnonzero(sender != NOBODY)
    senders = Leads(rng, customers.number[sender[who]], customers.source[sender[who]], begins[who])
    senders.ids = joined(taken(leads.subject, who), "-referral")
    senders.tell("ReferralMade", senders.everyone(), referred=lead_named(leads, who))
    return sent((leads, others, senders))


def _bytes(lines: pa.Array) -> memoryview:
    """Texts that follow one another in memory, as one."""
    first, last = (
        int(place) for place in np.frombuffer(lines.buffers()[1], np.int32)[[lines.offset, lines.offset + len(lines)]]
    )
    return memoryview(lines.buffers()[2]).cast("B")[first:last]

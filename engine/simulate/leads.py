"""Telling: what happened to many leads, side by side. Each has a clock of its own, and its events come one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulate.company import ACTORS, PREFIXES
from engine.simulate.telling import Array, Json, Mask, Value, Words, joined, numerals, taken, written
from engine.simulate.working_time import DAY, HOUR, working

NOBODY = -1
TIERS = ("standard", "hot")
SOURCES = tuple(PREFIXES)  # of leads


class Told(NamedTuple):
    """Events of one type that happened, not yet sent. who: the places of their leads. at: seconds since 1970.

    number: the how-manieth of its lead each of them is. actor: places in ACTORS. data: what stands between its braces.
    """

    type: str
    who: Array
    at: Array
    number: Array
    actor: Array
    data: pa.Array


class Leads:
    """Leads whose lives are told together. `who` is always the places of some of them.

    number: counts the leads of the history. source: places in SOURCES. now: the seconds since 1970 up to which each is told;
    no two events of a lead happen in the same second, so their order is never in doubt.
    """

    def __init__(self, rng: np.random.Generator, number: Array, source: Array, now: Array) -> None:
        self.rng, self.number, self.source, self.now = rng, number, source, now.copy()
        prefixes = pa.array([f"{PREFIXES[source]}-" for source in SOURCES])
        # six digits at least, so that names sort as leads came
        self.subject = joined(taken(prefixes, source), _padded(number))
        self.ids = self.subject
        self.score, self.told, self._ids = (np.zeros(len(number), np.int64) for _ in range(3))
        self.price, self.service = (
            np.zeros(len(number), np.int64) for _ in range(2)
        )  # EUR; of a service contract, a year
        self.handoff, self.opportunity, self.offer = (np.zeros(len(number), np.int64) for _ in range(3))
        self.owner, self.giver, self.taker, self.seller, self.manager = (np.full(len(number), NOBODY) for _ in range(5))
        self.won_at = np.full(len(number), NOBODY)
        self.hot = np.zeros(len(number), np.bool_)
        self.events: list[Told] = []

    def everyone(self) -> Array:
        """All their places."""
        return np.arange(len(self.number))

    def tell(self, type_: str, who: Array, actor: str | Array | None = None, **fields: Value) -> None:
        """An event happens to each of them now."""
        self.add(type_, who, self.now[who], self.told[who] + 1, actor, **fields)
        self.told[who] += 1
        self.now[who] += 1

    def add(
        self, type_: str, who: Array, at: Array, number: Array, actor: str | Array | None = None, **fields: Value
    ) -> None:
        """An event happens to each of them at its own time; who may name a lead more than once."""
        if who.size:
            actors = (
                actor if isinstance(actor, np.ndarray) else np.full(who.size, ACTORS.index(actor) if actor else NOBODY)
            )
            self.events.append(Told(type_, who, at, number, actors, written(fields, who.size)))

    def new(self, kind: Array, who: Array) -> None:
        """An id for a handoff, an opportunity or an offer; kind: where it is kept."""
        self._ids[who] += 1
        kind[who] = self._ids[who]

    def named(self, letter: str, kind: Array, who: Array) -> pa.Array:
        """Those ids, as they stand on the wire."""
        return joined(f"{letter}-", numerals(self.number[who]), "-", numerals(kind[who]))

    def tier(self, who: Array) -> Words:
        """How fast they want to be answered."""
        return Words(self.hot[who].astype(np.int64), TIERS)

    def chance(self, who: Array, share: float) -> Mask:
        """Whether something comes about that does so in that share of the cases."""
        return self.rng.random(who.size) < share

    def some(self, who: Array, share: float) -> Array:
        """Those to whom it happens."""
        return who[self.chance(who, share)]

    def maybe(self, who: Array, share: float, text: str) -> Words:
        """A text that is told in that share of the cases."""
        return Words(np.where(self.chance(who, share), 0, NOBODY), [text])

    def one_of(self, who: Array, people: Sequence[str]) -> Array:
        """Somebody for each of them, as a place in ACTORS."""
        return ACTORS.index(people[0]) + self.between(who, 0, len(people))

    def between(self, who: Array, least: int, most: int) -> Array:
        """Whole numbers from least up to most, which is left out."""
        return self.rng.integers(least, most, who.size)

    def days_pass(self, who: Array, least: float, most: float) -> None:
        """Time goes by, nights and week-ends too."""
        self.now[who] += (self.rng.uniform(least, most, who.size) * DAY).astype(np.int64)

    def work_passes(self, who: Array, hours: float | Array) -> None:
        """Somebody gets round to it: about so many working hours, mostly fewer, sometimes many more."""
        later = 60 + self.rng.exponential(1.0, who.size) * hours * HOUR
        self.now[who] = working(self.now[who], later.astype(np.int64))


def person(places: Array) -> Words:
    """People as a field holds them."""
    return Words(places, ACTORS)


def parted(who: Array, where: Mask) -> tuple[Array, Array]:
    """Those of whom it is true, and the others."""
    return who[where], who[~where]


def money(euros: Array) -> dict[str, Value]:
    """An amount as it stands on the wire."""
    return {"amount": joined(numerals(euros), ".00"), "currency": "EUR"}


def yearly(euros: Array) -> pa.Array:
    """What is paid every year."""
    return joined('{"amount":"', numerals(euros), '.00","every":"year"}')


def lead_named(leads: Leads, who: Array) -> Json:
    """Leads, as a field of others names them."""
    source = taken(pa.array(SOURCES), leads.source[who])
    return Json(joined('{"source":"', source, '","id":"', taken(leads.subject, who), '"}'))


def _padded(numbers: Array) -> pa.Array:
    return pc.utf8_lpad(numerals(numbers), 6, "0")

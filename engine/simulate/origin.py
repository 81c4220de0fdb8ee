"""How leads come: by which campaign, through which system, sent by which customer, for which product."""

import numpy as np

from engine.simulate.company import BY_MONTH, PRODUCTS, REFERRAL, WAYS
from engine.simulate.leads import SOURCES
from engine.simulate.people import People
from engine.simulate.telling import Array, Value, Words
from engine.simulate.working_time import local

_NAMES = [way.name or "" for way in WAYS]
_NAMELESS = np.array([way.name is None for way in WAYS])
_FIRST_SCORE = np.array(
    [{"inbound": 22, "outbound": 8}[way.origin] + (12 if way.medium in {"fair", "referral"} else 0) for way in WAYS]
)
_BY = np.array([[SOURCES.index(way.by[0]), SOURCES.index(way.by[-1])] for way in WAYS])


class Origin:
    """Where so many leads come from, and who they are.

    way: places in WAYS. product: places among PRODUCTS.
    """

    def __init__(self, way: Array, product: Array, people: People) -> None:
        self.way, self.product, self.people = way, product, people

    def only(self, who: Array) -> "Origin":
        """That of some of them."""
        return Origin(self.way[who], self.product[who], self.people.only(who))

    def fields(self) -> dict[str, Value]:
        """As the capture tells it."""
        return {
            "lead_source": Words(self.way, [way.lead_source for way in WAYS]),
            "channel": Words(self.way, [way.channel for way in WAYS]),
            "origin": Words(self.way, [way.origin for way in WAYS]),
            "medium": Words(self.way, [way.medium for way in WAYS]),
            "campaign": self.campaign(),
        }

    def campaign(self, who: Array | None = None) -> Words:
        """The campaign's name, where it is one."""
        way = self.way if who is None else self.way[who]
        return Words(way, _NAMES).only(~_NAMELESS[way])

    def product_name(self, who: Array | None = None) -> Words:
        """What they ask for."""
        product = self.product if who is None else self.product[who]
        return Words(product, [product.name for product in PRODUCTS.choices])

    def first_score(self) -> Array:
        """What a model gives them for the way they came."""
        return _FIRST_SCORE[self.way]


def drawn(rng: np.random.Generator, begins: Array, referred: Array) -> tuple[Origin, Array]:
    """The origin of leads that come then; and the systems that register them, as places in SOURCES."""
    months = local(begins).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    way = np.empty(begins.size, np.int64)
    for month, ways in BY_MONTH.items():
        during = months == month
        way[during] = np.array(ways.choices)[ways.draw(rng, int(during.sum()))]
    way[referred] = WAYS.index(REFERRAL)
    source = _BY[way, rng.integers(0, 2, begins.size)]
    return Origin(way, PRODUCTS.draw(rng, begins.size), People.drawn(rng, begins.size)), source

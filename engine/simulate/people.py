"""People and companies that nobody can mistake for real ones: syllables, example.org, numbers kept free for fiction."""

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulate.telling import Array, joined, taken

SYLLABLES = "ba bel do fen gar hil ju kan lo mer nau or pel quin ros sam tor ul ven wim xan yor zet".split()
FORMS = ("GmbH", "GmbH & Co. KG", "AG", "KG", "SE")
TRADES = ("Metall", "Technik", "Blech", "Systeme", "Werke", "Komponenten")
FREE_NUMBERS = ("+49 30 23125", "+49 69 90009", "+49 40 66969", "+49 89 99998")  # set aside for films and examples


class People(NamedTuple):
    """Who asks, and for which company."""

    name: pa.Array
    email: pa.Array
    phone: pa.Array
    company: pa.Array

    @classmethod
    def drawn(cls, rng: np.random.Generator, count: int) -> "People":
        """So many people made of syllables."""
        first, firm, last = (_drawn(rng, _words(syllables), count) for syllables in (2, 2, 3))
        return cls(
            name=joined(pc.utf8_title(first), " ", pc.utf8_title(last)),
            email=joined(first, ".", last, "@", firm, ".example.org"),
            phone=_drawn(rng, _phones(), count),
            company=joined(pc.utf8_title(firm), " ", _drawn(rng, _suffixes(), count)),
        )

    def only(self, who: Array) -> "People":
        """Some of them."""
        return People(*(texts.take(pa.array(who)) for texts in self))


def _drawn(rng: np.random.Generator, texts: pa.Array, count: int) -> pa.Array:
    return taken(texts, rng.integers(0, len(texts), count))


@cache
def _words(syllables: int) -> pa.Array:
    return pa.array(["".join(word) for word in product(SYLLABLES, repeat=syllables)])


@cache
def _suffixes() -> pa.Array:
    return pa.array([f"{trade} {form}" for trade, form in product(TRADES, FORMS)])


@cache
def _phones() -> pa.Array:
    return pa.array([f"{begin}{number:03}" for begin, number in product(FREE_NUMBERS, range(1000))])

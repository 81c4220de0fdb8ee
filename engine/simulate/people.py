"""People and companies that nobody can mistake for real ones: syllables, example.org, numbers kept free for fiction."""

from random import Random
from typing import NamedTuple

SYLLABLES = "ba bel do fen gar hil ju kan lo mer nau or pel quin ros sam tor ul ven wim xan yor zet".split()
FORMS = ("GmbH", "GmbH & Co. KG", "AG", "KG", "SE")
TRADES = ("Metall", "Technik", "Blech", "Systeme", "Werke", "Komponenten")
FREE_NUMBERS = ("+49 30 23125", "+49 69 90009", "+49 40 66969", "+49 89 99998")  # set aside for films and examples


class Person(NamedTuple):
    """Who asks, and for which company."""

    name: str
    email: str
    phone: str
    company: str


def somebody(rng: Random) -> Person:
    """A person made of syllables."""
    first, last, firm = _word(rng, 2), _word(rng, 3), _word(rng, 2)
    return Person(
        name=f"{first.title()} {last.title()}",
        email=f"{first}.{last}@{firm}.example.org",
        phone=f"{rng.choice(FREE_NUMBERS)}{rng.randrange(1000):03}",
        company=f"{firm.title()} {rng.choice(TRADES)} {rng.choice(FORMS)}",
    )


def _word(rng: Random, syllables: int) -> str:
    return "".join(rng.choices(SYLLABLES, k=syllables))

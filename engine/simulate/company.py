"""The company: what it sells, to whom, by which ways it is found, and who works there. Edit to get another one."""

from collections.abc import Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from engine.simulate.telling import Array, Words

T = TypeVar("T")
FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 12, 31)
ZONE = "Europe/Berlin"


class Weighted(Generic[T]):
    """Something that is drawn by weight."""

    def __init__(self, *choices: tuple[T, float]) -> None:
        self.choices = [choice for choice, _ in choices]
        self._shares = np.cumsum([weight for _, weight in choices]) / sum(weight for _, weight in choices)

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """The places of so many choices."""
        return np.searchsorted(self._shares, rng.random(count), side="right")

    def words(self, rng: np.random.Generator, count: int) -> Words:
        """So many choices, as a field holds them."""
        return Words(self.draw(rng, count), [str(choice) for choice in self.choices])


class Product(NamedTuple):
    """What is sold. prices: least and most in EUR; service: share of the price that a service contract costs a year."""

    name: str
    prices: tuple[int, int]
    service: float


class Campaign(NamedTuple):
    """A way by which leads come. months: when it runs; by: the systems that register its leads."""

    name: str | None
    lead_source: str
    channel: str
    medium: str
    origin: str
    weight: float
    by: Sequence[str]
    months: Sequence[int] = range(1, 13)
    spend: int = 0  # EUR a month that it runs


# Each system names its leads in its own way.
PREFIXES = {"hubspot": "hs", "web-form": "wf", "crm": "crm", "telephone": "tel"}
OFFICE = "erp"  # where quotas, targets, spend and members come from
SOURCES = (*PREFIXES, OFFICE)

CAMPAIGNS = (
    Campaign("Hannover Messe", "Messe", "event", "fair", "inbound", 40, ("crm",), (4, 5), 42_000),
    Campaign("Frühjahrsmesse", "Messe", "event", "fair", "inbound", 30, ("crm", "hubspot"), (3,), 18_000),
    Campaign(
        "Webinar Energieeffizienz", "Webinar", "webinar", "online", "inbound", 14, ("hubspot",), (2, 5, 9, 11), 3_500
    ),
    Campaign(
        "Pressen 4.0", "Suchmaschine", "paid search", "cpc", "inbound", 17, ("web-form", "hubspot"), range(1, 13), 6_800
    ),
    Campaign("Retrofit", "LinkedIn", "paid social", "cpc", "inbound", 11, ("hubspot",), range(1, 13), 4_900),
    Campaign(
        "Whitepaper Wartung", "Newsletter", "email", "newsletter", "inbound", 9, ("hubspot",), (1, 4, 7, 10), 1_200
    ),
    Campaign(None, "Website", "organic", "organic", "inbound", 22, ("web-form",)),
    Campaign(None, "Anruf", "telephone", "call", "inbound", 9, ("telephone",)),
    Campaign(
        "Bestandsanlagen", "Kaltakquise", "telephone", "call", "outbound", 8, ("telephone", "crm"), (1, 2, 6, 9, 10)
    ),
)
REFERRAL = Campaign(None, "Empfehlung", "referral", "referral", "inbound", 0, ("crm",))
WAYS = (*CAMPAIGNS, REFERRAL)
BY_MONTH = {
    month: Weighted(*((place, way.weight) for place, way in enumerate(WAYS) if month in way.months and way.weight))
    for month in range(1, 13)
}

PRODUCTS = Weighted(
    (Product("Servopresse SP-4", (95_000, 340_000), 0.04), 26),
    (Product("Exzenterpresse EP-2", (48_000, 160_000), 0.04), 30),
    (Product("Stanzautomat ST-7", (180_000, 620_000), 0.05), 14),
    (Product("Retrofit-Paket", (14_000, 58_000), 0.08), 20),
    (Product("Zustandsüberwachung", (6_000, 22_000), 0.3), 10),
)
REGIONS = Weighted(
    ("Bayern", 24), ("Baden-Württemberg", 23), ("Nordrhein-Westfalen", 21), ("Niedersachsen", 8), ("Hessen", 7),
    ("Sachsen", 6), ("Rheinland-Pfalz", 4), ("Thüringen", 3), ("Schleswig-Holstein", 2), ("Brandenburg", 2),
)  # fmt: skip
INDUSTRIES = Weighted(
    ("Automobilzulieferer", 28), ("Blechbearbeitung", 22), ("Elektrotechnik", 14), ("Hausgeräte", 10),
    ("Medizintechnik", 8), ("Luftfahrt", 6), ("Möbelbeschläge", 7), ("Energietechnik", 5),
)  # fmt: skip
SIZES = Weighted(("1-49", 22), ("50-249", 41), ("250-999", 26), ("1000+", 11))
PERSONAS = Weighted(
    ("Produktionsleitung", 34), ("Geschäftsführung", 18), ("Einkauf", 20), ("Instandhaltung", 17), ("Konstruktion", 11)
)

MARKETING = ("marketing:lena", "marketing:tim")
INSIDE_SALES = ("sdr:anna", "sdr:jonas", "sdr:mira")
FIELD_SALES = ("ae:felix", "ae:marta", "ae:oskar", "ae:paula")
SUCCESS = ("csm:ida", "csm:nils")
PEOPLE = (*MARKETING, *INSIDE_SALES, *FIELD_SALES, *SUCCESS)
SYSTEMS = (
    "system:scoring",
    "system:agreement",
    "system:routing",
    "system:mailing",
    "system:offers",
    "system:duplicates",
    "system:erp",
)
ACTORS = (*PEOPLE, *SYSTEMS)
TEAMS = {
    "marketing": ("marketing", MARKETING),
    "inside sales": ("SDR", INSIDE_SALES),
    "field sales": ("AE", FIELD_SALES),
    "customer success": ("CSM", SUCCESS),
}

REJECTED = Weighted(
    ("kein Budget", 24),
    ("nicht erreichbar", 26),
    ("falscher Ansprechpartner", 18),
    ("zu früh", 20),
    ("kein Bedarf", 12),
)
DISQUALIFIED = Weighted(
    ("kein Bedarf", 34), ("Student oder Bewerber", 18), ("Wettbewerber", 8), ("zu klein", 22), ("nicht erreichbar", 18)
)
RECYCLED = Weighted(("Projekt verschoben", 40), ("Budget im nächsten Jahr", 35), ("später wieder melden", 25))
LOST = Weighted(("Preis", 34), ("Wettbewerb", 28), ("Projekt gestoppt", 20), ("Lieferzeit", 12), ("Technik", 6))
COMPETITORS = Weighted(("Alpenpress", 40), ("Nordstanz", 35), ("Umformwerk Beispiel", 25))
REVERSED = Weighted(("Rücktritt vom Vertrag", 60), ("Finanzierung geplatzt", 40))
CHURNED = Weighted(("Werk geschlossen", 30), ("Anbieterwechsel", 45), ("Eigenleistung", 25))

"""Telling: what happened to one lead, one thing after the other."""

from random import Random
from typing import Any, NamedTuple

from engine.simulate.company import PREFIXES
from engine.simulate.working_time import END, working

HOUR = 3600
DAY = 24 * HOUR


class Told(NamedTuple):
    """An event that happened, not yet sent. at: seconds since 1970."""

    at: int
    source: str
    subject: str
    id: str
    type: str
    actor: str | None
    data: dict[str, Any]


class Story:
    """A lead's events in order of time, no two at the same second: so the order is never in doubt.

    number: counts the leads of the history. now: the second since 1970 up to which it is told.
    """

    def __init__(self, rng: Random, number: int, source: str, now: int) -> None:
        self.rng = rng
        self.number = number
        self.source = source
        self.subject = f"{PREFIXES[source]}-{number:06}"
        self.now = now
        self.score = 0
        self.owner: str | None = None
        self.tier = "standard"
        self.price = 0  # EUR, of the accepted offer
        self.won_at: int | None = None
        self.events: list[Told] = []
        self.ids = 0

    def tell(self, type_: str, actor: str | None = None, **data: Any) -> None:
        """An event happens now; fields that are None are not told."""
        told = {name: value for name, value in data.items() if value is not None}
        id_ = f"{self.subject}-{len(self.events) + 1}"
        self.events.append(Told(self.now, self.source, self.subject, id_, type_, actor, told))
        self.now += 1

    def new_id(self, kind: str) -> str:
        """An id for a handoff (H), an opportunity (O) or an offer (A)."""
        self.ids += 1
        return f"{kind}-{self.number}-{self.ids}"

    def chance(self, share: float) -> bool:
        """Whether something comes about that does so in that share of the cases."""
        return self.rng.random() < share

    def over(self) -> bool:
        """Whether the history ends before now."""
        return self.now >= END

    def days_pass(self, least: float, most: float) -> None:
        """Time goes by, nights and week-ends too."""
        self.now += int(self.rng.uniform(least, most) * DAY)

    def work_passes(self, hours: float) -> None:
        """Somebody gets round to it: about so many working hours, mostly fewer, sometimes many more."""
        self.now = working(self.now, 60 + int(self.rng.expovariate(1 / (hours * HOUR))))

"""What goes wrong in real deliveries: events beside the good ones that quarantine is there for."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from engine.simulate.delivery import cloudevent
from engine.simulate.story import DAY, Told

SHARE = 0.05  # of the leads
LATER = 7 * DAY  # after the last delivery of the good event


class Dirt(NamedTuple):
    """A kind of mistake. made_of: the type of the good event it is made of; spoil: what is changed; later: seconds after it."""

    made_of: str
    spoil: Callable[[dict[str, Any]], dict[str, Any]]
    later: int = 0


def _data(**fields: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda event: event | {"data": event["data"] | fields}


def _envelope(**attributes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda event: event | attributes


KINDS = (
    Dirt("OpportunityOpened", _data(currency="EURO")),
    Dirt("OfferMade", _data(amount="1200.505")),
    Dirt("LeadScored", _data(score="80")),
    Dirt("LeadCaptured", _data(telefon="+49 30 23125000")),
    Dirt("LeadDisqualified", _data(reason="bitte an einkauf@example.org wenden")),
    Dirt("LeadHandedOff", lambda event: event | {"data": {"to_team": "inside sales"}}),
    Dirt("InteractionLogged", lambda event: event | {"time": event["time"][:19]}),
    Dirt("InteractionLogged", _envelope(type="LeadOpened")),
    Dirt("InteractionLogged", _envelope(correlationId="4711")),
    # What follows is well-formed, and contradicts the log.
    Dirt("OfferMade", _data(offer="A-0", opportunity="O-0")),
    Dirt("MarketingQualified", _envelope(subject="nobody")),
    Dirt("HandoffAccepted", lambda event: event | {"type": "HandoffRejected", "data": {"handoff": event["data"]["handoff"], "reason": "zu früh"}}, LATER),
    Dirt("LeadCaptured", _data(region="Saarland"), LATER),
)  # fmt: skip
SAME_ID = KINDS[-1]  # the id of the good event, other content


class Spoiler:
    """Makes mistakes, of every kind about as often."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.made: Counter[int] = Counter()

    def dirt(self, life: Sequence[Told]) -> Iterator[tuple[int, dict[str, Any]]]:
        """(arrival, event): nothing for most leads, else one mistake made of an event of that life."""
        types = {told.type for told in life}
        possible = [number for number, kind in enumerate(KINDS) if kind.made_of in types]
        if not possible or self.rng.random() >= SHARE:
            return
        number = min(possible, key=self.made.__getitem__)
        self.made[number] += 1
        kind = KINDS[number]
        good = self.rng.choice([told for told in life if told.type == kind.made_of])
        spoiled = kind.spoil(cloudevent(good))
        if kind is not SAME_ID:
            spoiled["id"] += "-x"
        yield good.at + 20 + kind.later, spoiled

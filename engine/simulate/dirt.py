"""What goes wrong in real deliveries: events beside the good ones that quarantine is there for."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from engine.simulate.delivery import Deliveries, Sent
from engine.simulate.telling import Array
from engine.simulate.working_time import DAY, wire

encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
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

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._made: Counter[int] = Counter()

    def dirt(self, events: Sent) -> Deliveries:
        """A mistake made of an event of some leads; none for most."""
        spoiled = list(self._spoiled(events))
        lines = [encode(event | {"knowntime": wire(at)}).decode() + "\n" for at, event in spoiled]
        return Deliveries(np.array([at for at, _ in spoiled], np.int64), pa.array(lines, pa.string()))

    def _spoiled(self, events: Sent) -> Iterator[tuple[int, dict[str, Any]]]:
        order = np.argsort(events.lead, kind="stable")
        for life in np.split(order, np.flatnonzero(np.diff(events.lead[order])) + 1):
            if self._rng.random() < SHARE:
                yield from self._of_life(events, life)

    def _of_life(self, events: Sent, life: Array) -> Iterator[tuple[int, dict[str, Any]]]:
        types = events.type.take(pa.array(life)).to_pylist()
        possible = [number for number, kind in enumerate(KINDS) if kind.made_of in types]
        if not possible:
            return
        number = min(possible, key=self._made.__getitem__)
        self._made[number] += 1
        kind = KINDS[number]
        good = self._rng.choice([place for place, type_ in zip(life, types, strict=True) if type_ == kind.made_of])
        spoiled = kind.spoil(decode(events.text[int(good)].as_py() + "}}"))
        if kind is not SAME_ID:
            spoiled["id"] += "-x"
        yield int(events.at[good]) + 20 + kind.later, spoiled

"""On the way: most events arrive at once, some late, some twice, and so some before what they follow from."""

from collections.abc import Iterator
from random import Random
from typing import Any

from engine.simulate.story import DAY, HOUR, Told
from engine.simulate.working_time import wire

TWICE = 0.02


def deliveries(rng: Random, at: int) -> Iterator[int]:
    """The seconds since 1970 at which an event of that instant arrives: once, or the same once more."""
    arrival = at + delay(rng)
    yield arrival
    if rng.random() < TWICE:
        yield arrival + rng.randrange(60, 3 * DAY)


def delay(rng: Random) -> int:
    """Seconds from the event to its arrival: webhooks come at once, exports at night, forgotten notes after days."""
    kind = rng.random()
    if kind < 0.9:
        return rng.randrange(1, 20)
    if kind < 0.96:
        return rng.randrange(60, HOUR)
    if kind < 0.99:
        return rng.randrange(2 * HOUR, 14 * HOUR)
    return rng.randrange(DAY, 6 * DAY)


def cloudevent(told: Told) -> dict[str, Any]:
    """The event as it is sent, all but `knowntime`."""
    actor = {"actor": told.actor} if told.actor else {}
    return {
        "specversion": "1.0",
        "id": told.id,
        "source": told.source,
        "type": told.type,
        "subject": told.subject,
        "time": wire(told.at),
        **actor,
        "data": told.data,
    }

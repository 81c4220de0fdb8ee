"""On the way: most events arrive at once, some late, some twice, and so some before what they follow from."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from engine.simulate.company import ACTORS
from engine.simulate.leads import NOBODY, SOURCES, Leads
from engine.simulate.telling import Array, joined, numerals, taken
from engine.simulate.working_time import DAY, END, HOUR, dates, local
from events.registry import TYPES

TWICE = 0.02
OFFSETS = ("+01:00", "+02:00")  # of Berlin
_KINDS = tuple(TYPES)
_LATE = np.array(
    [(1, 20), (60, HOUR), (2 * HOUR, 14 * HOUR), (DAY, 6 * DAY)]
)  # webhooks, queues, exports at night, forgotten notes
_SHARES = (0.9, 0.96, 0.99)


class Deliveries(NamedTuple):
    """Events as they are sent. at: the seconds since 1970 at which they arrive. line: each as a line of NDJSON."""

    at: Array
    line: pa.Array

    def only(self, places: Array) -> "Deliveries":
        """Some of them."""
        return Deliveries(self.at[places], self.line.take(pa.array(places)))

    def in_order(self) -> "Deliveries":
        """As they arrive; what arrives in the same second stays as it is."""
        return self.only(np.argsort(self.at, kind="stable"))


class Sent(NamedTuple):
    """Events of a block before they are on their way. lead: numbers leads within the block. type: their types' names."""

    lead: Array
    type: pa.Array
    at: Array
    text: pa.Array  # the line up to what it was learned of


def sent(leads: Sequence[Leads]) -> Sent:
    """All that was told of them before the history ends."""
    first = np.cumsum([0] + [some.number.size for some in leads])
    told = [(int(begin), events) for begin, some in zip(first, leads, strict=False) for events in some.events]
    lead = np.concatenate([begin + events.who for begin, events in told])
    kind = np.concatenate([np.full(events.who.size, _KINDS.index(events.type)) for _, events in told])
    at, number, actor = (
        np.concatenate([np.asarray(getattr(events, name)) for _, events in told]) for name in ("at", "number", "actor")
    )
    data = pa.concat_arrays([events.data for _, events in told])
    during = np.flatnonzero(at < END)
    lead, kind, at, number, actor = (column[during] for column in (lead, kind, at, number, actor))
    source = np.concatenate([some.source for some in leads])
    subject = pa.concat_arrays([some.subject for some in leads])
    ids = joined('{"specversion":"1.0","id":"', pa.concat_arrays([some.ids for some in leads]), "-")
    day, clock, offset = _local(at)
    text = joined(
        ids.take(pa.array(lead)),
        numerals(number),
        taken(_headings(), source[lead] * len(_KINDS) + kind),
        subject.take(pa.array(lead)),
        '","time":"',
        day,
        clock,
        taken(_tails(), offset * (len(ACTORS) + 1) + actor - NOBODY),
        data.take(pa.array(during)),
    )
    return Sent(lead, taken(pa.array(_KINDS), kind), at, text)


def delivered(rng: np.random.Generator, at: Array, text: pa.Array) -> Deliveries:
    """Events on their way: each once, some once more. at: when they happened."""
    arrival = at + _delay(rng, at.size)
    twice = np.flatnonzero(rng.random(at.size) < TWICE)
    again = arrival[twice] + rng.integers(60, 3 * DAY, twice.size)
    places = np.concatenate((np.arange(at.size), twice))
    return learned(np.concatenate((arrival, again)), text.take(pa.array(places)))


def learned(at: Array, text: pa.Array) -> Deliveries:
    """Deliveries whose lines say when they arrive. text: the lines up to there."""
    day, clock, offset = _local(at)
    return Deliveries(at, joined(text, '},"knowntime":"', day, clock, taken(pa.array(OFFSETS), offset), '"}\n'))


def _delay(rng: np.random.Generator, count: int) -> Array:
    """Seconds from the event to its arrival."""
    kind = np.searchsorted(_SHARES, rng.random(count), side="right")
    least, most = _LATE[kind].T
    return rng.integers(least, most, count)


def _local(seconds: Array) -> tuple[pa.Array, pa.Array, Array]:
    """Local day and time of day as texts, and the place of the offset."""
    shown = local(seconds)
    day = shown // DAY
    first = int(day.min()) if day.size else 0
    days = joined(dates(np.arange(first, int(day.max()) + 1 if day.size else 1)), "T")
    return taken(days, day - first), taken(_clock(), shown % DAY), (shown - seconds) // HOUR - 1


@cache
def _clock() -> pa.Array:
    """Every second of a day as a text."""
    return pa.array(np.arange(DAY, dtype=np.int32), pa.time32("s")).cast(pa.string())


@cache
def _headings() -> pa.Array:
    """What stands between id and subject, by source and type."""
    return pa.array([f'","source":"{source}","type":"{kind}","subject":"' for source in SOURCES for kind in _KINDS])


@cache
def _tails() -> pa.Array:
    """What stands between time and data, by offset and actor."""
    actors = ("", *(f',"actor":"{actor}"' for actor in ACTORS))
    return pa.array([f'{offset}"{actor},"data":{{' for offset in OFFSETS for actor in actors])

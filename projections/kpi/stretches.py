"""The stretches of time that a KPI is asked for: each with its label, its limits, and how long the part before it that it grows against is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import pyarrow as pa

from events.instants import EPOCH, EPOCH_DAY, midnight
from projections.asked import Asked, Limits
from projections.periods import GRAINS, WRITTEN_AS, Grain, days_of

MICROSECOND = timedelta(microseconds=1)
EVER = 2**60  # µs; beyond all that is believed
YEAR = Fraction(3652425, 10000)  # days
IN_A_YEAR = {"year": Fraction(1), "quarter": Fraction(4), "month": Fraction(12), "week": YEAR / 7, "day": YEAR}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time. begins ≤ t < ends: µs of UTC. at: where it stands when it is asked (a running one has not ended).

    earlier: the limits of what it grows against. per_year: how many of it make a year.
    """

    label: str | None
    begins: int
    ends: int
    at: int
    earlier: tuple[int, int]
    first_day: int
    last_day: int
    per_year: Fraction

    @property
    def partial(self) -> bool:
        """Whether it is still running."""
        return self.at < self.ends < EVER


def stretches(asked: Asked, limits: Limits, happened: tuple[int, int] | None) -> list[Stretch]:
    """Those that a question asks for, in order. happened: µs of the first and the last event, for a grain without limits."""
    if asked.grain is not None:
        return [_of(label, limits) for label in _labels(asked.grain, limits, happened)]
    if asked.period is not None and limits.since is not None and limits.until is not None:
        return [_of(asked.period, limits)]
    return [_between(limits)]


def table(found: Sequence[Stretch], *, earlier: bool = False) -> pa.Table:
    """The stretches as a table, numbered from 0; or what they grow against."""
    return pa.table(
        {
            "number": pa.array(range(len(found)), pa.int32()),
            "label": pa.array([one.label for one in found], pa.string()),
            "begins": pa.array([one.earlier[0] if earlier else one.begins for one in found], pa.int64()),
            "ends": pa.array([one.earlier[1] if earlier else one.ends for one in found], pa.int64()),
            "at": pa.array([one.at for one in found], pa.int64()),
            "first_day": pa.array([one.first_day for one in found], pa.int32()),
            "last_day": pa.array([one.last_day for one in found], pa.int32()),
        }
    )


def grain_of(label: str) -> Grain:
    """The grain of a period as it is written."""
    days = days_of(label)
    return next(grain for grain in reversed(GRAINS) if WRITTEN_AS[grain](days.first) == label)


def _labels(grain: Grain, limits: Limits, happened: tuple[int, int] | None) -> list[str]:
    first = limits.since if limits.since is not None else happened[0] if happened else None
    last = limits.until - 1 if limits.until is not None else happened[1] if happened else None
    first, last = (first if first is not None else last), (last if last is not None else first)
    if first is None or last is None:
        return []
    day, end = _local(first, limits).date(), _local(last, limits).date()
    labels: list[str] = []
    while day <= end:
        labels.append(WRITTEN_AS[grain](day))
        day = days_of(labels[-1]).end
    return labels


def _of(label: str, limits: Limits) -> Stretch:
    """A period that is written so, within `since` and `until`."""
    days, grain = days_of(label), grain_of(label)
    begins, ends = midnight(days.first, limits.zone), midnight(days.end, limits.zone)
    before = days_of(WRITTEN_AS[grain](days.first - timedelta(days=1)))
    at = max(min(ends, limits.asked + 1), begins)
    limit = midnight(before.end, limits.zone)
    return Stretch(
        label=label,
        begins=begins if limits.since is None else max(begins, limits.since),
        ends=ends if limits.until is None else min(ends, limits.until),
        at=at if limits.until is None else min(at, limits.until),
        earlier=(
            midnight(before.first, limits.zone),
            limit if at == ends else min(limit, _as_far(at, days.first, before.first, limits)),
        ),
        first_day=(days.first - EPOCH_DAY).days,
        last_day=(days.end - EPOCH_DAY).days - 1,
        per_year=IN_A_YEAR[grain],
    )


def _between(limits: Limits) -> Stretch:
    """From `since` to `until`, whatever of them is there; it grows against as much before it."""
    begins = -EVER if limits.since is None else limits.since
    ends = EVER if limits.until is None else limits.until
    at = max(min(ends, limits.asked + 1), begins)
    length = at - begins
    bounded = limits.since is not None
    days = Fraction(length, 86_400_000_000)
    return Stretch(
        label=None,
        begins=begins,
        ends=ends,
        at=at,
        earlier=(begins - length, begins) if bounded else (-EVER, -EVER),
        first_day=_day(begins, limits) if bounded else -(2**30),
        last_day=_day(ends - 1, limits) if limits.until is not None else 2**30,
        per_year=YEAR / days if bounded and days else Fraction(1),
    )


def _as_far(at: int, first: date, before: date, limits: Limits) -> int:
    """The instant that lies as far into the period before, on the wall clock."""
    into = _local(at, limits).replace(tzinfo=None) - datetime.combine(first, datetime.min.time())
    wall = datetime.combine(before, datetime.min.time()) + into
    return (wall.replace(tzinfo=limits.zone) - EPOCH) // MICROSECOND


def _day(micros: int, limits: Limits) -> int:
    return (_local(micros, limits).date() - EPOCH_DAY).days


def _local(micros: int, limits: Limits) -> datetime:
    return (EPOCH + micros * MICROSECOND).astimezone(limits.zone)

"""The stretches of time that a KPI is asked for, and those with which they are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import pyarrow as pa

from events.instants import EPOCH, EPOCH_DAY, midnight
from projections.asked import Asked, Limits
from projections.periods import GRAINS, JANUARY, Days, Grain, days_of, written_as

MICROSECOND = timedelta(microseconds=1)
EVER = 2**60  # µs; beyond all that is believed
YEAR = Fraction(3652425, 10000)  # days
IN_A_YEAR = {"year": Fraction(1), "quarter": Fraction(4), "month": Fraction(12), "week": YEAR / 7, "day": YEAR}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time. begins ≤ t < ends: µs of UTC. at: where it stands when it is asked (a running one has not ended).

    label, grain, days: of a period; None for the time between two instants. per_year: how many of it make a year.
    missing: why there is no such period.
    """

    label: str | None
    begins: int
    ends: int
    at: int
    first_day: int
    last_day: int
    per_year: Fraction
    grain: Grain | None = None
    days: Days | None = None
    missing: str | None = None

    @property
    def partial(self) -> bool:
        """Whether it is still running."""
        return self.at < self.ends < EVER

    @property
    def everything(self) -> bool:
        """Whether it has no limits: then what is only known to have happened some time lies in it too."""
        return self.begins == -EVER and self.ends == EVER


class Cutting:
    """Cuts time in the reporting zone."""

    def __init__(self, asked: Asked, limits: Limits) -> None:
        self._asked, self._limits, self._first_month = asked, limits, asked.fiscal_year_start

    def stretches(self, happened: tuple[int, int] | None) -> list[Stretch]:
        """Those that are asked for, in order. happened: µs of the first and the last event, for a grain without limits."""
        asked, limits = self._asked, self._limits
        if asked.grain is not None:
            return [self._of(label, asked.grain) for label in self._labels(asked.grain, happened)]
        if asked.period is not None and limits.since is not None and limits.until is not None:
            return [self._of(asked.period, grain_of(asked.period, self._first_month))]
        return [self._between(limits.since, limits.until)]

    def before(self, of: Stretch) -> Stretch:
        """The period before; of a running one the same elapsed part. As much before it, where it is no period."""
        if of.missing is not None:
            return of
        if of.grain is None or of.days is None:
            length = of.at - of.begins
            return _nothing("no period before") if of.begins == -EVER else self._between(of.begins - length, of.begins)
        return self._like(of, of.days, written_as(of.grain, of.days.first - timedelta(days=1), self._first_month))

    def year_ago(self, of: Stretch) -> Stretch:
        """The same period of the year before; of a running one the same elapsed part."""
        if of.grain is None or of.days is None:
            return (
                _nothing("no year before")
                if of.begins == -EVER
                else self._between(*map(self._a_year_before, (of.begins, of.at)))
            )
        label = _year_before(of.grain, of.days.first, self._first_month)
        return _nothing(f"there is no {of.label} a year before") if label is None else self._like(of, of.days, label)

    def ever(self) -> Stretch:
        """All of time."""
        return self._between(None, None)

    def day(self, micros: int) -> int:
        """The number of the local day on which an instant falls."""
        return (self._local(micros).date() - EPOCH_DAY).days

    def _labels(self, grain: Grain, happened: tuple[int, int] | None) -> list[str]:
        limits = self._limits
        first = limits.since if limits.since is not None else happened[0] if happened else None
        last = limits.until - 1 if limits.until is not None else happened[1] if happened else None
        first, last = (first if first is not None else last), (last if last is not None else first)
        if first is None or last is None:
            return []
        day, end = self._local(first).date(), self._local(last).date()
        labels: list[str] = []
        while day <= end:
            labels.append(written_as(grain, day, self._first_month))
            day = days_of(labels[-1], self._first_month).end
        return labels

    def _of(self, label: str, grain: Grain) -> Stretch:
        """A period that is written so, within `since` and `until`."""
        limits, days = self._limits, days_of(label, self._first_month)
        begins, ends = (midnight(day, limits.zone) for day in (days.first, days.end))
        begins = begins if limits.since is None else max(begins, limits.since)
        ends = max(begins, ends if limits.until is None else min(ends, limits.until))
        return Stretch(
            label=label,
            begins=begins,
            ends=ends,
            at=max(min(ends, limits.asked + 1), begins),
            first_day=(days.first - EPOCH_DAY).days,
            last_day=(days.end - EPOCH_DAY).days - 1,
            per_year=IN_A_YEAR[grain],
            grain=grain,
            days=days,
        )

    def _like(self, of: Stretch, days: Days, label: str) -> Stretch:
        """Another period of that grain: of a running one as much of it as has elapsed, on the wall clock."""
        assert of.grain is not None
        zone = self._limits.zone
        there = days_of(label, self._first_month)
        begins, limit = midnight(there.first, zone), midnight(there.end, zone)
        ends = limit if of.at >= midnight(days.end, zone) else min(limit, self._as_far(of.at, days.first, there.first))
        since = begins if of.begins == midnight(days.first, zone) else self._as_far(of.begins, days.first, there.first)
        return Stretch(
            label=label,
            begins=min(since, ends),
            ends=ends,
            at=ends,
            first_day=(there.first - EPOCH_DAY).days,
            last_day=(there.end - EPOCH_DAY).days - 1 if ends == limit else self.day(ends - 1),
            per_year=of.per_year,
            grain=of.grain,
            days=there,
        )

    def _between(self, since: int | None, until: int | None) -> Stretch:
        begins = -EVER if since is None else since
        ends = max(begins, EVER if until is None else until)
        at = max(min(ends, self._limits.asked + 1), begins)
        length = Fraction(at - begins, 86_400_000_000)
        return Stretch(
            label=None,
            begins=begins,
            ends=ends,
            at=at,
            first_day=-(2**30) if since is None else self.day(begins),
            last_day=2**30 if until is None else self.day(ends - 1),
            per_year=YEAR / length if since is not None and length else Fraction(1),
        )

    def _as_far(self, at: int, first: date, there: date) -> int:
        """The instant that lies as far into another period, on the wall clock."""
        into = self._local(at).replace(tzinfo=None) - datetime.combine(first, datetime.min.time())
        wall = datetime.combine(there, datetime.min.time()) + into
        return (wall.replace(tzinfo=self._limits.zone) - EPOCH) // MICROSECOND

    def _a_year_before(self, micros: int) -> int:
        local = self._local(micros)
        day = min(local.day, 28) if local.month == 2 else local.day  # 29 February
        return (local.replace(year=local.year - 1, day=day) - EPOCH) // MICROSECOND

    def _local(self, micros: int) -> datetime:
        return (EPOCH + micros * MICROSECOND).astimezone(self._limits.zone)


def table(found: Sequence[Stretch]) -> pa.Table:
    """The stretches as a table, numbered from 0."""
    return pa.table(
        {
            "number": pa.array(range(len(found)), pa.int32()),
            "label": pa.array([one.label for one in found], pa.string()),
            **{
                name: pa.array([getattr(one, name) for one in found], pa.int64())
                for name in ("begins", "ends", "at", "first_day", "last_day")
            },
        }
    )


def grain_of(label: str, first_month: int = JANUARY) -> Grain:
    """The grain of a period as it is written."""
    days = days_of(label, first_month)
    length = (days.end - days.first).days
    return next(grain for grain, longest in zip(GRAINS, (1, 7, 31, 92, 366), strict=True) if length <= longest)


def _year_before(grain: Grain, first: date, first_month: int) -> str | None:
    """None where that year has no such period: week 53, 29 February."""
    try:
        if grain == "week":
            year, week, _ = first.isocalendar()
            return written_as(grain, date.fromisocalendar(year - 1, week, 1))
        return written_as(grain, first.replace(year=first.year - 1), first_month)
    except ValueError:
        return None


def _nothing(why: str) -> Stretch:
    return Stretch(None, -EVER, -EVER, -EVER, -(2**30), -(2**30), Fraction(1), missing=why)

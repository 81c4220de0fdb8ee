"""Business calendars: when a team works, week by week and on days that differ, in the zone where it does."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator

from events.faults import Fault
from events.instants import midnight, zone_named
from projections.definitions.clock_hours import DAY, Hours, joined, without
from projections.definitions.definition import Part, canonical, hashed
from projections.definitions.holiday_dates import check_region, holidays_of
from projections.definitions.span import MINUTE
from projections.definitions.special_days import Days, closed_days, open_days, written
from projections.definitions.wall_clock import closing, opening
from projections.definitions.working_week import Week, several

ONE_DAY = timedelta(days=1)
Clock = Callable[[date, int, ZoneInfo], int]


def _zone(told: Any) -> ZoneInfo:
    if isinstance(told, ZoneInfo):
        return told
    try:
        return zone_named(told)
    except Fault as fault:
        raise ValueError(fault.detail) from None
    except TypeError:
        raise ValueError(f"{told!r} is no IANA time zone; write one like Europe/Berlin") from None


Zone = Annotated[ZoneInfo, BeforeValidator(_zone), PlainSerializer(lambda zone: zone.key)]
ClosedDays = Annotated[Days, BeforeValidator(lambda told: closed_days(several(told))), PlainSerializer(written)]
OpenDays = Annotated[Days, BeforeValidator(lambda told: open_days(several(told))), PlainSerializer(written)]


class BusinessCalendar(Part):
    """When a team works.

    hours: by weekday; a day left out is closed. `open` replaces the hours of its date and beats `closed`, which beats holidays,
    which beat the weekly hours. A range over midnight belongs to the date on which it opens.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    zone: Zone
    holidays: str | None = None
    closed: ClosedDays = Field(default_factory=dict)
    open: OpenDays = Field(default_factory=dict)
    hours: Week

    @field_validator("holidays")
    @classmethod
    def _a_region(cls, told: str | None) -> str | None:
        if told is not None:
            check_region(told)
        return told

    @cached_property
    def definition(self) -> str:
        """The hash of what the calendar means."""
        return hashed(canonical(self))

    def hours_on(self, day: date) -> list[Hours]:
        """The open hours that begin on that date, on the wall clock; those that are closed taken out."""
        if day in self.open:
            return list(self.open[day])
        if self.closed.get(day) == () or self.holiday(day) is not None:
            return []
        hours = self.hours.on(day.weekday())
        return without(hours, self._gaps(day)) if self.closed else list(hours)

    def holiday(self, day: date) -> str | None:
        """The holiday's name. Raises DefinitionError where the year's holidays are not known."""
        return holidays_of(self.holidays, day.year).get(day) if self.holidays else None

    def openings(self, first: date, last: date) -> list[tuple[int, int]]:
        """The open time of the dates first to last, and what runs into it over midnight: opens ≤ t < closes in µs of UTC.

        Disjoint and sorted, touching ones joined. Raises DefinitionError where a year's holidays are not known.
        """
        start = first - ONE_DAY
        days = [start + ONE_DAY * count for count in range((last - start).days + 1)]
        wall = joined(
            Hours(DAY * count + one.begins, DAY * count + one.ends)
            for count, day in enumerate(days)
            for one in self.hours_on(day)
        )
        midnights = [midnight(start + ONE_DAY * count, self.zone) for count in range(len(days) + 3)]

        def shown(minutes: int, where_clocks_change: Clock) -> int:
            """The instant at which the clock shows that time. On a day of 24 hours it was not changed."""
            day, minute = divmod(minutes, DAY)
            plain = midnights[day + 1] - midnights[day] == DAY * MINUTE
            return midnights[day] + minute * MINUTE if plain else where_clocks_change(start, minutes, self.zone)

        found: list[tuple[int, int]] = []
        for one in wall:
            opens, closes = shown(one.begins, opening), shown(one.ends, closing)
            if found and opens <= found[-1][1]:  # a repeated hour may bring two together
                found[-1] = (found[-1][0], max(found[-1][1], closes))
            elif opens < closes:
                found.append((opens, closes))
        begins = midnight(first, self.zone)
        return [one for one in found if one[1] > begins]

    def _gaps(self, day: date) -> list[Hours]:
        """The closed hours that can reach into what begins on that date, counted from its midnight."""
        after = [Hours(gap.begins + DAY, gap.ends + DAY) for gap in self.closed.get(day + ONE_DAY, ())]
        before = [Hours(gap.begins - DAY, gap.ends - DAY) for gap in self.closed.get(day - ONE_DAY, ())]
        return [*before, *self.closed.get(day, ()), *after]

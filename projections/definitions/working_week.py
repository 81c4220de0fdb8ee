"""The working week: open hours by weekday."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_serializer, model_validator

from projections.definitions.clock_hours import DAY, Hours, in_order
from projections.definitions.definition import Part, slip
from projections.definitions.span import MINUTE


def several(told: Any) -> Sequence[Any]:
    """A list, or the one thing that stands in its place."""
    return told if isinstance(told, list | tuple) else [told]


def _hours(told: Any) -> tuple[Hours, ...]:
    return in_order(one if isinstance(one, Hours) else Hours.of(one) for one in several(told))


DayHours = Annotated[tuple[Hours, ...], BeforeValidator(_hours)]


class Week(Part):
    """Open hours by weekday; a day left out is closed."""

    mon: DayHours = ()
    tue: DayHours = ()
    wed: DayHours = ()
    thu: DayHours = ()
    fri: DayHours = ()
    sat: DayHours = ()
    sun: DayHours = ()

    def on(self, weekday: int) -> tuple[Hours, ...]:
        """The hours of a weekday, Monday is 0."""
        hours: tuple[Hours, ...] = getattr(self, WEEKDAYS[weekday])
        return hours

    @property
    def length(self) -> int:
        """µs that are open in a week."""
        return sum(one.ends - one.begins for weekday in range(7) for one in self.on(weekday)) * MINUTE

    @model_serializer
    def _open_days(self) -> dict[str, list[str]]:
        days = {name: self.on(weekday) for weekday, name in enumerate(WEEKDAYS)}
        return {name: [*map(str, hours)] for name, hours in days.items() if hours}

    @model_validator(mode="after")
    def _open_and_without_overlap(self) -> Self:
        if not any(self.on(weekday) for weekday in range(7)):
            raise ValueError('no weekday has open hours: nothing would ever be due; write mon = ["09:00-17:00"]')
        for weekday, after in self._nights():
            into = [Hours(one.begins + DAY, one.ends + DAY) for one in self.on(after)]
            try:
                in_order((*self.on(weekday), *into))
            except ValueError as error:
                raise slip(f"runs into {WEEKDAYS[after]}: {error}", WEEKDAYS[weekday]) from None
        return self

    def _nights(self) -> Iterator[tuple[int, int]]:
        return ((weekday, (weekday + 1) % 7) for weekday in range(7))


WEEKDAYS = tuple(Week.model_fields)

"""Hours of a day as people write them: `09:00-12:00`, over midnight `22:00-06:00`, a whole day `00:00-24:00`."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Self

DAY = 1_440  # minutes
WRITTEN = re.compile(r"(\d\d):(\d\d) ?[-–] ?(\d\d):(\d\d)", re.ASCII)
SAID = "write 09:00-12:00, over midnight 22:00-06:00, a whole day 00:00-24:00"


class Hours(NamedTuple):
    """A range on the clock of one date. begins, ends: minutes since its midnight; past 1,440 on the day after."""

    begins: int
    ends: int

    @classmethod
    def of(cls, text: object) -> Self:
        """The range that a text tells. Raises ValueError with what would be right."""
        found = WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
        if not found:
            raise ValueError(f"{text!r} is no range of hours: {SAID}")
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        begins, ends = 60 * begin_hour + begin_minute, 60 * end_hour + end_minute
        if begin_hour > 23 or begin_minute > 59 or end_minute > 59 or ends > DAY:
            raise ValueError(f"{text!r}: there is no such time of day; hours go from 00:00 to 24:00")
        if begins == ends:
            raise ValueError(f"{text!r} is no time at all; a whole day is 00:00-24:00")
        return cls(begins, ends if ends > begins else ends + DAY)

    def __str__(self) -> str:
        """The one way in which this range is written."""
        begins = self.begins % DAY
        ends = self.ends if self.ends == DAY else self.ends % DAY
        return f"{begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02}"


def in_order(hours: Iterable[Hours]) -> tuple[Hours, ...]:
    """The ranges of one day in their order. Raises ValueError where two overlap."""
    ordered = tuple(sorted(hours))
    for one, other in pairwise(ordered):
        if other.begins < one.ends:
            raise ValueError(
                f"{one} and {other} overlap; make one range of them, or let the second begin at {_end(one)}"
            )
    return ordered


def joined(hours: Iterable[Hours]) -> list[Hours]:
    """The ranges in their order, those that touch or overlap as one."""
    together: list[Hours] = []
    for one in sorted(hours):
        if together and one.begins <= together[-1].ends:
            together[-1] = Hours(together[-1].begins, max(together[-1].ends, one.ends))
        else:
            together.append(one)
    return together


def without(hours: Sequence[Hours], closed: Iterable[Hours]) -> list[Hours]:
    """What is left of the ranges where others are taken out of them."""
    left = list(hours)
    for gap in closed:
        left = [
            Hours(begins, ends)
            for one in left
            for begins, ends in ((one.begins, min(one.ends, gap.begins)), (max(one.begins, gap.ends), one.ends))
            if begins < ends
        ]
    return left


def _end(hours: Hours) -> str:
    return str(hours)[-5:]

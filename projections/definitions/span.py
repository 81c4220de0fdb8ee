"""Spans of time as people agree on them: `1h`, `90min`, `1h 30min` of business time, `8h wall` of every hour."""

import re
from dataclasses import dataclass
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MINUTE = 60_000_000  # µs
HOUR = 60 * MINUTE
LONGEST = 10_000 * HOUR
WRITTEN = re.compile(r"(?:(\d{1,6}) ?h)? ?(?:(\d{1,6}) ?min)?( wall)?", re.ASCII)
SAID = "write 1h, 90min or 1h 30min of business time, or 8h wall where every hour counts"


@dataclass(frozen=True, slots=True)
class Span:
    """How long a promise has. micros: µs; wall: every hour counts, not only the calendar's."""

    micros: int
    wall: bool = False

    @classmethod
    def of(cls, text: object) -> Self:
        """The span that a text tells. Raises ValueError with what would be right."""
        found = WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
        if not found or (found[1] is None and found[2] is None):
            days = isinstance(text, str) and re.fullmatch(r"\d+ ?d(ays?)?( wall)?", text.strip())
            why = "; a working day has as many hours as its calendar says, so say hours" if days else ""
            raise ValueError(f"{text!r} is no span of time: {SAID}{why}")
        micros = int(found[1] or 0) * HOUR + int(found[2] or 0) * MINUTE
        if micros == 0:
            raise ValueError(f"{text!r} promises no time at all; say how long, or leave the promise out")
        if micros > LONGEST:
            raise ValueError(f"{text!r} is more than {LONGEST // HOUR:,} hours; promise less")
        return cls(micros, found[3] is not None)

    def __str__(self) -> str:
        """The one way in which this span is written."""
        hours, minutes = divmod(self.micros // MINUTE, 60)
        parts = [f"{hours}h"] * (hours > 0) + [f"{minutes}min"] * (minutes > 0) + ["wall"] * self.wall
        return " ".join(parts)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda told: told if isinstance(told, cls) else cls.of(told),
            serialization=core_schema.to_string_ser_schema(),
        )

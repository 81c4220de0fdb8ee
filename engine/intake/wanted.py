"""Which entries of quarantine are meant."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.intake.entry import State


@dataclass(frozen=True, slots=True)
class Wanted:
    """All conditions must hold; of several values of one, any. What is left out is not asked.

    entries: numbers. since, until: µs; seen last at or after, and before. stream: of a lead.
    """

    entries: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    words: tuple[str, ...] = ()
    sources: tuple[str | None, ...] = ()
    types: tuple[str | None, ...] = ()
    runs: tuple[str | None, ...] = ()
    since: int | None = None
    until: int | None = None
    stream: UUID | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is asked."""
        return self == Wanted()

    def condition(self) -> tuple[str, list[Any]]:
        """As SQL, each part with AND before it, and its values."""
        parts: list[str] = []
        values: list[Any] = []
        for column, wanted in (
            ("entry", self.entries),
            ("state", self.states),
            ("word", self.words),
            ("source", self.sources),
            ("type", self.types),
            ("run", self.runs),
        ):
            if wanted:
                known = [value for value in wanted if value is not None]
                unknown = f" OR {column} IS NULL" if None in wanted else ""
                parts.append(f" AND ({column} IN ({', '.join('?' * len(known))}){unknown})")
                values += known
        for compared, value in (
            ("last_seen >= ?", self.since),
            ("last_seen < ?", self.until),
            ("stream = ?", self.stream and self.stream.bytes),
        ):
            if value is not None:
                parts.append(f" AND {compared}")
                values.append(value)
        return "".join(parts), values


EVERYTHING = Wanted()

"""What a view answers: columns, rows, and the JSON document of CONTRACT.md, section 4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from events.instants import EPOCH, EPOCH_DAY
from projections.rows import Rows

Unit = Literal["count", "fraction", "s", "instant", "amount"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and unit; None for words and numbers without one."""

    name: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a view.

    definition: name and hash of what it was computed under. position: the log position that it covers; None where it reads no log.
    as_of: the instant up to which the log was known, as RFC 3339; None for now.
    rows: by column name, values ready for JSON; leads are dense numbers. notes: what a reader of the numbers must know.
    """

    view: str
    definition: str | None
    position: int | None
    as_of: str | None
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = field(default_factory=tuple)

    def document(self) -> dict[str, Any]:
        """The JSON document: view, definition, position, as_of, columns, rows (long ones as they are read); notes where there are any."""
        return {
            "view": self.view,
            "definition": self.definition,
            "position": self.position,
            "as_of": self.as_of,
            "columns": [{"name": column.name, "unit": column.unit} for column in self.columns],
            "rows": self.rows if isinstance(self.rows, Rows) else [dict(row) for row in self.rows],
        } | ({"notes": list(self.notes)} if self.notes else {})


def instant(micros: int | None, day: int | None, zone: ZoneInfo) -> str | None:
    """RFC 3339 with the offset of the reporting zone; a plain date as it is. micros: µs of UTC. day: days since 1970-01-01."""
    if micros is None:
        return None
    if day is not None:
        return str(EPOCH_DAY + timedelta(days=day))
    return (EPOCH + timedelta(microseconds=micros)).astimezone(zone).isoformat()

"""The row before: what the previous row of the same lead, case or order told, for mappings that look for a change.

Kept in a database of its own that moves to the disk when it grows, so that memory stays flat however many there are.
"""

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from engine.intake.templates import Row, Template

PREFIX = "previous."
CACHE = "PRAGMA cache_size = -20000"  # KiB; what is more lies in a file that is gone afterwards


class Previous:
    """The rows of one file, each beside the one before it of the same `within`.

    within: what belongs together. columns: those that are read of the row before. told: of a single row that is read again, what stood
    before it.
    """

    def __init__(self, within: Template, columns: Iterable[str], told: Mapping[str, str | None] | None = None) -> None:
        self._within, self._columns, self._told = within, sorted(columns), told
        self._before = sqlite3.connect("", isolation_level=None)
        self._before.execute(CACHE)
        self._before.execute("CREATE TABLE before (within TEXT PRIMARY KEY, told BLOB) WITHOUT ROWID")

    def beside(self, row: Row) -> dict[str, str | None]:
        """The row, with the columns of the one before it as `previous.…`; it is the next one's row before."""
        return {**row, **{PREFIX + name: value for name, value in self._of(row).items()}}

    def _of(self, row: Row) -> Mapping[str, str | None]:
        if self._told is not None:
            return self._told
        nothing: dict[str, str | None] = dict.fromkeys(self._columns)
        if (key := self._within.fill(row)) is None:
            return nothing
        found = self._before.execute("SELECT told FROM before WHERE within = ?", (key,)).fetchone()
        told = msgspec.json.encode([row[name] for name in self._columns])
        self._before.execute("INSERT OR REPLACE INTO before VALUES (?, ?)", (key, told))
        return dict(zip(self._columns, msgspec.json.decode(found[0]), strict=True)) if found else nothing


def before(row: Row) -> dict[str, str | None]:
    """What a row bears of the one before it: kept with a faulty event, so that it can be read again."""
    return {name.removeprefix(PREFIX): value for name, value in row.items() if name.startswith(PREFIX)}

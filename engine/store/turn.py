"""A writer's turn: the one that may append now, where the log stands, and what comes next in the chain."""

from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Cursor

from engine.privacy.keys import KeyFile, Mark
from engine.store.chain import link
from engine.store.errors import LogCut
from engine.store.rows import COLUMNS, RECORDED_AT, SOURCE, Columns, Head

INSERT = f"INSERT INTO event VALUES ({', '.join('?' * len(COLUMNS))})"
HEAD = "SELECT position, hash, recorded_at FROM event ORDER BY position DESC LIMIT 1"


class Turn:
    """What appends within one exclusive transaction.

    head: where the log stands, what this turn appended included. first: where it stood at the beginning.
    now: µs of this turn, never before the last recorded_at. behind: µs that the clock lies behind that; 0 where it is right.
    """

    def __init__(self, cursor: Cursor, clock: int) -> None:
        self.cursor = cursor
        self.first = self.head = head_of(cursor)
        self.now = max(clock, self.head.recorded_at)
        self.behind = self.now - clock
        self._learned = self.head.recorded_at

    def learned(self, known: int | None) -> int:
        """recorded_at of the next event, which never decreases. known: µs that the event brings; None for now."""
        self._learned = max(self._learned, self.now if known is None else known)
        return self._learned

    def append(self, entries: Iterable[Columns]) -> list[int]:
        """Chain and insert. entries: all columns between position and hash. Gives their positions."""
        position, previous = self.head.position, self.head.hash
        rows: list[Columns] = []
        for values in entries:
            position += 1
            row = (position, *values)
            previous = link(previous, row)
            rows.append((*row, previous))
        if not rows:
            return []
        self.cursor.executemany(INSERT, rows)
        self.cursor.executemany(
            "INSERT OR IGNORE INTO source VALUES (?)", [(name,) for name in {row[SOURCE] for row in rows}]
        )
        self.head = Head(position, previous, rows[-1][RECORDED_AT])
        return [row[0] for row in rows]

    def check(self, keys: KeyFile, path: Path) -> None:
        """Whether the log still holds what the key file remembers: a cut tail must not be grown over. Raises LogCut."""
        known, announced = keys.heads()
        here = Mark(self.head.position, self.head.hash)
        if here in (known, announced) or known.position == 0:
            return
        if here.position <= known.position or hash_of(self.cursor, known.position) != known.hash:
            raise LogCut(path=path, found=here.position, known=known.position)


def head_of(cursor: Cursor) -> Head:
    """Where the log stands."""
    found = cursor.execute(HEAD).fetchone()
    return Head(*found) if found else Head()


def hash_of(cursor: Cursor, position: int) -> bytes | None:
    """The hash at a position; None where there is no such event."""
    if position == 0:
        return Head().hash
    found = cursor.execute("SELECT hash FROM event WHERE position = ?", (position,)).fetchone()
    return found[0] if found else None

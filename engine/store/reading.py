"""Questions to the log within one transaction: all answers are of the same moment."""

from collections.abc import Collection, Iterator, Sequence
from sqlite3 import Cursor
from typing import Any
from uuid import UUID

from engine.portions import portions
from engine.store.mapper import Mapper
from engine.store.rows import SELECTED, Columns, Head, Name, Row
from engine.store.turn import hash_of, head_of
from events.envelope import Recorded

PORTION = 500  # values a statement; SQLite keeps the compiled statement


class Reading:
    """The log as it stands in this transaction."""

    def __init__(self, cursor: Cursor, mapper: Mapper) -> None:
        self._cursor, self._mapper = cursor, mapper

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """A statement on this transaction's connection, with a cursor of its own."""
        return self._cursor.connection.execute(sql, parameters)

    def stand(self) -> Head:
        """Where the log stands."""
        return head_of(self._cursor)

    def hash_at(self, position: int) -> bytes | None:
        """The hash at a position; None where there is no such event."""
        return hash_of(self._cursor, position)

    def known(self, event_ids: Collection[UUID]) -> dict[UUID, int]:
        """Those that are recorded already, with their positions."""
        found = self.positions([id_.bytes for id_ in event_ids])
        return {UUID(bytes=id_): position for id_, position in found.items()}

    def positions(self, event_ids: Collection[bytes]) -> dict[bytes, int]:
        """known() of ids as the log keeps them."""
        asked = sorted(event_ids)  # neighbours of the index one after the other
        return dict(self._in("SELECT event_id, position FROM event WHERE event_id IN ({})", asked))

    def lead_numbers(self, streams: Collection[UUID]) -> dict[UUID, int]:
        """The dense numbers of those leads that the log knows."""
        found = self._in("SELECT stream, number FROM lead WHERE stream IN ({})", [stream.bytes for stream in streams])
        return {UUID(bytes=stream): number for stream, number in found}

    def streams(self, leads: Collection[int]) -> dict[int, UUID]:
        """The streams of those numbers."""
        found = self._in("SELECT number, stream FROM lead WHERE number IN ({})", list(leads))
        return {number: UUID(bytes=stream) for number, stream in found}

    def names(self, leads: Collection[int]) -> dict[int, Name]:
        """Who these leads are, as far as their keys live."""
        names = {number: Name(None, None, stream) for number, stream in self.streams(leads).items()}
        first = f"SELECT {SELECTED} FROM event WHERE lead > 0 AND version = 1 AND lead IN ({{}})"
        rows = [Row.of(values) for values in self._in(first, list(names))]
        for row, opened in zip(rows, self._mapper.opened(rows), strict=True):
            names[row.lead] = Name(row.source, opened.get("subject"), row.stream)
        return names

    def rows_of(self, leads: Collection[int], types: Collection[str]) -> dict[int, list[Row]]:
        """The rows of those leads and types, by position."""
        found: dict[int, list[Row]] = {}
        for values in self.of_leads(leads, types, SELECTED):
            found.setdefault(values[2], []).append(Row.of(values))
        return found

    def of_leads(self, leads: Collection[int], types: Collection[str], columns: str) -> Iterator[Columns]:
        """Columns of the rows of those leads and types, by lead, then position."""
        quoted = ", ".join("?" * len(types))
        scarce = "" if "InteractionLogged" in types else " INDEXED BY event_but_interactions"
        but = "" if "InteractionLogged" in types else " AND type <> 'InteractionLogged'"
        return self._in(
            f"SELECT {columns} FROM event{scarce} WHERE lead > 0{but} AND lead IN ({{}}) AND type IN ({quoted})"
            " ORDER BY lead, version",
            sorted(leads),
            list(types),
        )

    def merges(self, after: int = 0) -> list[Row]:
        """All merges and their reversals since a position."""
        found = self._cursor.execute(
            f"SELECT {SELECTED} FROM event WHERE type IN ('LeadsMerged', 'MergeReverted') AND position > ? ORDER BY position",
            (after,),
        )
        return [Row.of(values) for values in found.fetchall()]

    def retractions(self, after: int = 0) -> list[Row]:
        """All retractions of runs and what took them back, since a position."""
        found = self._cursor.execute(
            f"SELECT {SELECTED} FROM event WHERE type IN ('RunRetracted', 'RunRestored') AND position > ? ORDER BY position",
            (after,),
        )
        return [Row.of(values) for values in found.fetchall()]

    def row(self, position: int) -> Row | None:
        """The row at a position."""
        found = self._cursor.execute(f"SELECT {SELECTED} FROM event WHERE position = ?", (position,)).fetchone()
        return Row.of(found) if found else None

    def recorded(self, position: int) -> Recorded:
        """The fact at a position. Raises KeyError."""
        return self.facts([position])[position]

    def facts(self, positions: Collection[int]) -> dict[int, Recorded]:
        """The facts at those positions that are taken."""
        found = self._in(f"SELECT {SELECTED} FROM event WHERE position IN ({{}})", list(positions))
        return {fact.position: fact for fact in self._mapper.facts([Row.of(values) for values in found])}

    def offset(self, channel: str) -> int | None:
        """How far that source has been read; None where it never was."""
        found = self._cursor.execute(
            "SELECT notification_id FROM tracking WHERE application_name = ?", (channel,)
        ).fetchone()
        return found[0] if found else None

    def _in(self, statement: str, values: Sequence[Any], further: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The statement for portions of the values, which stand in its braces."""
        for some in portions(values, PORTION):
            yield from self._cursor.execute(statement.format(", ".join("?" * len(some))), [*some, *further]).fetchall()

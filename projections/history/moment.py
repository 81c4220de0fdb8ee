"""The history at one moment: a database, and as much of the log in it as is asked for."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from projections.database import literal
from projections.history.columns import LAYOUT, typed
from projections.history.gathered import Gathered
from projections.history.reader import LogReader
from projections.history.segments import Segment
from projections.history.shelf import Kept, Shelf

GENERAL = f"general-{LAYOUT}"  # the key under which what is general is kept
AT_ONCE = 50_000  # events that are taken apart at once, if there are so many
NEWS = 20_000  # events behind a position, up to which they are read straight from the log
STALE = 5_000  # events behind what is kept of general ones, from which on it is kept anew
FEW = 5_000  # leads, up to which their events are found by the log's index; those of more by a scan of the segments


class Moment:
    """A database in memory, and the log up to the head that it had. Nothing is read before it is asked for."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        reader: LogReader,
        head: int,
        segments: Callable[[], Sequence[Segment]],
        shelf: Shelf | None,
    ) -> None:
        self.connection, self.head, self.shelf = connection, head, shelf
        self._reader, self._segments = reader, segments
        self._tail = Gathered(connection, "tail")
        self._read_from: int | None = None

    def apart(self) -> "Moment":
        """The same moment for another question beside this one: with tables of its own. Its connection is to be closed."""
        return Moment(self.connection.cursor(), self._reader, self.head, self._segments, self.shelf)

    def events(self) -> None:
        """Makes the view `events`: one row an event, all of them."""
        segments = self._segments()
        covered = segments[-1].last if segments else 0
        parts = []
        if covered < self.head or not segments:
            self._read(covered)
            parts.append(f"SELECT * FROM tail WHERE position > {covered}")
        if segments:
            files = ", ".join(literal(segment.path) for segment in segments)
            parts.append(f"SELECT * FROM read_parquet([{files}])")
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW events AS {' UNION ALL BY NAME '.join(parts)}")

    def news(self, after: int) -> str:
        """The events behind that position, to be selected from: few of them straight from the log, many by help of the segments."""
        if self.head - after > NEWS:
            self.events()
            return f"(SELECT * FROM events WHERE position > {after})"
        self._read(after)
        return f"(SELECT * FROM tail WHERE position > {after})"

    def _read(self, after: int) -> None:
        """Makes the view `tail`: the events behind that position, as the log has them. It may hold earlier ones too."""
        if self._read_from is None or after < self._read_from:
            to = self.head if self._read_from is None else self._read_from
            self._tail.add(self._typed(self._reader.batches(after, to)))
            self._read_from = after

    def general(self) -> None:
        """Makes the view `general`: the events that concern no lead, and those that join several. They are few, and often needed."""
        kept = self.shelf.newest(GENERAL, ("general",), self.head) if self.shelf else None
        if kept is None:
            Gathered(self.connection, "general").add(self._typed(self._reader.general(self.head)))
            return
        self.connection.execute(
            f"CREATE TEMP VIEW general AS SELECT * FROM read_parquet({literal(kept.files['general'])}) UNION ALL BY NAME "
            f"SELECT * FROM {self.news(kept.position)} WHERE lead = 0 OR merged IS NOT NULL"
        )

    def keep(self, key: str, tables: Mapping[str, str]) -> Kept | None:
        """Keeps tables under that key for the next report, and with them what is general. tables: by name what is selected from."""
        self.keep_general()
        return self.shelf.put(self.connection, key, self.head, tables) if self.shelf else None

    def keep_general(self) -> None:
        """Keeps what is general, where that of which `general` was made is old."""
        there = self.shelf.newest(GENERAL, ("general",), self.head) if self.shelf else None
        if self.shelf and (there is None or self.head - there.position > STALE):
            self.shelf.put(self.connection, GENERAL, self.head, {"general": "general"})

    def events_of(
        self, connection: duckdb.DuckDBPyConnection, leads: Collection[int], types: Collection[str] | None
    ) -> None:
        """Makes the view `events` there: those of these leads alone. types: None for all."""
        Gathered(connection, "events").add(self._typed(self._reader.events_of(leads, self.head, types)))

    def _typed(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
        return (typed(self.connection, batch, self._reader) for batch in _joined(batches))


def _joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same events in fewer batches: to take a hundred apart costs as much as to take thousands."""
    short: list[pa.RecordBatch] = []
    for batch in batches:
        short.append(batch)
        if sum(one.num_rows for one in short) >= AT_ONCE:
            yield pa.concat_batches(short)
            short = []
    if short:
        yield pa.concat_batches(short)

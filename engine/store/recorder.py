"""The eventsourcing package's process recorder over the log's own table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from sqlite3 import complete_statement
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import SQLiteProcessRecorder

from engine.privacy.keys import KeyFile, Mark
from engine.store.datastore import Datastore
from engine.store.rows import SELECTED, Columns, Row
from engine.store.turn import Turn

SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")


class Recorder(SQLiteProcessRecorder):
    """Records stored events of the library and rows of ours alike; one chain over both.

    clock: µs of now. keys: the key file that remembers the head of the chain; None in the library's own suites.
    """

    def __init__(self, datastore: Datastore, clock: Callable[[], int], keys: KeyFile | None = None) -> None:
        super().__init__(datastore, events_table_name="event")
        self.select_max_notification_id_statement = "SELECT max(position) FROM event"
        self._clock, self._keys, self._path = clock, keys, datastore.path

    def construct_create_table_statements(self) -> list[str]:
        """The log's tables and triggers."""
        statements, lines = [], ""
        for line in SCHEMA.splitlines(keepends=True):
            lines += line
            if complete_statement(lines):
                statements.append(lines)
                lines = ""
        return statements

    def create_table(self) -> None:
        """Make the tables, once, whole or not at all."""
        assert isinstance(self.datastore, Datastore)
        self.datastore.keep_journal()
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
            if not cursor.fetchone()[0]:
                self._create_table(cursor)
                if self._keys is not None:
                    cursor.execute("INSERT INTO log VALUES (?)", (self._keys.log_id,))

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """The exclusive right to append; commits at the end, rolls back whole on any exception."""
        with self.datastore.transaction(commit=True) as cursor:
            turn = Turn(cursor.sqlite_cursor, self._clock())
            if self._keys is not None:
                turn.check(self._keys, self._path)
            yield turn
            if self._keys is not None and turn.head != turn.first:
                self._keys.announce(Mark(*turn.first[:2]), Mark(*turn.head[:2]))
        if self._keys is not None and turn.head != turn.first:
            self._keys.set_head(turn.head.position, turn.head.hash)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append; with `tracking` in the same transaction. Raises IntegrityError for what is taken or stale."""
        with self.turn() as turn:
            positions = turn.append([_columns(event, turn) for event in stored_events])
            if (tracking := kwargs.get("tracking")) is not None:
                self._insert_tracking(turn.cursor, tracking)  # type: ignore[arg-type]  # the library's cursor wraps this one
        return positions

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[Row]:
        """The events of a stream, by version."""
        assert isinstance(originator_id, UUID)
        direction = "DESC" if desc else "ASC"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT number FROM lead WHERE stream = ?", (originator_id.bytes,))
            lead = cursor.fetchone()
            of_stream = "lead > 0 AND lead = ?" if lead else "lead = 0 AND stream = ?"
            cursor.execute(
                f"SELECT {SELECTED} FROM event WHERE {of_stream} AND version > ? AND version <= ?"
                f" ORDER BY version {direction} LIMIT ?",
                (
                    lead[0] if lead else originator_id.bytes,
                    -(2**63) if gt is None else gt,
                    2**63 - 1 if lte is None else lte,
                    -1 if limit is None else limit,
                ),
            )
            return [Row.of(values) for values in cursor.fetchall()]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of the log by position, from `start` to `stop`."""
        first = 0 if start is None else start + (not inclusive_of_start)
        of_topics = f" AND type IN ({', '.join('?' * len(topics))})" if topics else ""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                "SELECT stream, version, type, data, position FROM event"
                f" WHERE position >= ? AND position <= ?{of_topics} ORDER BY position LIMIT ?",
                (first, 2**63 - 1 if stop is None else stop, *topics, limit),
            )
            return [
                Notification(
                    UUID(bytes=stream), version, topic, data if isinstance(data, bytes) else data.encode(), position
                )
                for stream, version, topic, data, position in cursor.fetchall()
            ]


def _columns(event: StoredEvent, turn: Turn) -> Columns:
    """A stored event's columns between position and hash; a bare one of the library gets what an envelope must have."""
    assert isinstance(event.originator_id, UUID)
    stream = event.originator_id.bytes
    if isinstance(event, Row):
        return (
            stream, event.lead, event.version, event.event_id.bytes, event.type, event.schema_version, event.occurred_at,
            event.occurred_until, event.occurred_day, event.precision, turn.learned(event.recorded_at or None), event.source,
            event.actor, event.sequence, event.run, event.correlation_id, event.causation_id, event.data, event.sealed,
        )  # fmt: skip
    version = event.originator_version
    key = sha256(stream + version.to_bytes(8, "big", signed=True)).digest()[:16]
    now = turn.learned(None)
    bare = (now, now, None, 0, now, "eventsourcing", None, None, None, None, None)
    return (stream, 0, version, key, event.topic, 1, *bare, event.state, None)

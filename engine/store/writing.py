"""The exclusive transaction: whoever holds it reads, decides and appends; everybody else waits."""

from collections.abc import Iterable, Sequence, Set
from typing import Any
from uuid import UUID

from engine.privacy.keys import KeyFile
from engine.store.chain import lead_mark
from engine.store.errors import StaleOffset
from engine.store.mapper import Mapper, columns, prepared
from engine.store.reading import Reading
from engine.store.rows import Addition, Draft, Head
from engine.store.turn import Turn


class Writing(Reading):
    """A writer's turn. Everything commits together at its end, or not at all."""

    def __init__(self, turn: Turn, mapper: Mapper, keys: KeyFile) -> None:
        super().__init__(turn.cursor, mapper)
        self._turn, self._keys = turn, keys
        self._versions: dict[int | bytes, int] = {}  # by lead number, of business streams by stream
        self._new_leads_from = self._next_lead()

    @property
    def head(self) -> Head:
        """Where the log stands, what was appended here included."""
        return self._turn.head

    @property
    def now(self) -> int:
        """µs of this transaction; never before the last recorded_at."""
        return self._turn.now

    @property
    def behind(self) -> int:
        """µs that the machine's clock lies behind the log's last recorded_at: it went back, or was ahead before."""
        return self._turn.behind

    def numbers(self, streams: Sequence[UUID]) -> dict[UUID, int]:
        """The dense numbers of those leads; streams never seen get the next ones, in that order."""
        found = self.lead_numbers(streams)
        new = [stream for stream in dict.fromkeys(streams) if stream not in found]
        if new:
            numbered = list(enumerate(new, self._next_lead()))
            secret = self._keys.secret
            self._cursor.executemany(
                "INSERT INTO lead VALUES (?, ?, ?)",
                [(number, stream.bytes, lead_mark(secret, number, stream.bytes)) for number, stream in numbered],
            )
            found.update((stream, number) for number, stream in numbered)
        return found

    def append(self, drafts: Sequence[Draft]) -> list[int]:
        """Append in this order: versions, sealing and hashes are given here. Gives the positions.

        Raises IntegrityError where an event id is recorded already: ask known() before.
        """
        return self.record([Addition(prepared(one), one.lead, one.recorded_at, one.run) for one in drafts])

    def record(self, additions: Sequence[Addition]) -> list[int]:
        """append() of what is encoded already."""
        sealed = {lead or event.stream: event.stream for event, lead, *_ in additions if event.personal is not None}
        persons = {key: UUID(bytes=stream) for key, stream in sealed.items()}
        sealers = self._mapper.sealers(persons.values())
        seal_of = {key: sealers.get(person) for key, person in persons.items()}
        self._read_versions({lead or event.stream for event, lead, *_ in additions})
        versions, learned = self._versions, self._turn.learned
        entries = []
        for addition in additions:
            key = addition.lead or addition.event.stream
            version = versions[key] = versions[key] + 1
            entries.append(columns(addition, version, learned(addition.recorded_at), seal_of.get(key)))
        return self._turn.append(entries)

    def track(self, channel: str, offset: int) -> None:
        """Remember how far that source has been read. Raises StaleOffset: it only rises."""
        known = self.offset(channel)
        if known is not None and known > offset:
            raise StaleOffset(channel=channel, known=known, found=offset)
        self._cursor.execute("INSERT OR REPLACE INTO tracking VALUES (?, ?)", (channel, offset))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """A statement for many rows."""
        self._cursor.executemany(sql, parameters)

    def _next_lead(self) -> int:
        return 1 + int(self._cursor.execute("SELECT coalesce(max(number), 0) FROM lead").fetchone()[0])

    def _read_versions(self, keys: Set[int | bytes]) -> None:
        """The last version of each stream; that of a lead first seen here is 0 without a question."""
        unread = keys - self._versions.keys()
        self._versions.update(dict.fromkeys(unread, 0))
        older = sorted(key for key in unread if isinstance(key, int) and key < self._new_leads_from)
        for lead, version in self._in(
            "SELECT number, (SELECT max(version) FROM event WHERE lead > 0 AND lead = number) FROM lead WHERE number IN ({})",
            older,
        ):
            self._versions[lead] = version or 0
        business = [key for key in unread if isinstance(key, bytes)]
        for stream, version in self._in(
            "SELECT stream, max(version) FROM event WHERE lead = 0 AND stream IN ({}) GROUP BY stream", business
        ):
            self._versions[stream] = version

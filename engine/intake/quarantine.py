"""Quarantine: what could not be taken, sealed, with its reason; nothing that came in is ever dropped by itself."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag

from engine.intake import entry as entries_
from engine.intake.entry import COLUMNS, Entry, Held, State
from engine.intake.wanted import EVERYTHING, Wanted
from engine.lead import DEPENDS_ON
from engine.portions import portions
from engine.privacy.ids import stream_id
from engine.privacy.keys import KeyFile
from engine.privacy.sealing import seal, unseal
from events.fields import E_MAIL
from events.identity import LeadsMerged, MergeReverted
from events.registry import TYPES

TABLE = (
    """
CREATE TABLE IF NOT EXISTS quarantine (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,          -- the same bytes, or the same event, again are the same entry
    state TEXT NOT NULL CHECK (state IN ('parked', 'refused', 'faulty')),
    source TEXT, stream BLOB, type TEXT,  -- as far as they could be read
    field TEXT NOT NULL, word TEXT NOT NULL,
    occurred_at INTEGER,                  -- parked ones are tried again in order of time, then arrival
    run TEXT, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count INTEGER NOT NULL,
    tries INTEGER NOT NULL, last_try INTEGER,
    key BLOB NOT NULL,                    -- whose key seals it: the lead's, or its own where the lead is unknown
    sealed BLOB NOT NULL
)
""",
    "CREATE INDEX IF NOT EXISTS quarantine_by_stream ON quarantine (stream, state)",
    "CREATE INDEX IF NOT EXISTS quarantine_by_run ON quarantine (run)",
)
RELEASES = DEPENDS_ON | {LeadsMerged.__name__, MergeReverted.__name__}  # what can make a parked decision legal
HARMLESS = sorted(TYPES.keys() - RELEASES)
POISONED = f"state = 'faulty' AND (type IS NULL OR type NOT IN ({', '.join('?' * len(HARMLESS))}))"
NAMED = 3  # entries that a reason names
PAGE = 500


class Database(Protocol):
    """The statements of a transaction, or of a connection that reads."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A cursor."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """Entries that are alike. times: how often they came. behind: parked ones with a faulty entry of their lead. µs."""

    state: State
    word: str
    entries: int
    times: int
    behind: int
    first_seen: int
    last_seen: int


class Quarantine:
    """The entries in one database; the caller owns the transaction.

    orphans: keys of their own whose entries were taken out; forget() destroys them once the transaction is committed.
    """

    def __init__(self, database: Database, keys: KeyFile) -> None:
        self._database, self._keys = database, keys
        self.orphans: set[UUID] = set()

    def put(self, held: Sequence[Held], now: int) -> None:
        """Keep them; what is there already is counted, and its newest reason stands. now: µs."""
        self._put(held, now, first_seen=now, count=1, tries=0)

    def has(self, held: Held) -> bool:
        """Whether the same lies here already."""
        same = (entries_.digest(self._keys.secret, held),)
        return self._database.execute("SELECT 1 FROM quarantine WHERE digest = ?", same).fetchone() is not None

    def replace(self, entry: int, held: Sequence[Held], now: int) -> None:
        """An entry was read once more: what is left of it stands in its place, first seen and as often as it was.

        The first of several keeps the number.
        """
        found = self._row(entry)
        if found is None:
            self.put(held, now)
            return
        number: int | None = entry
        same = next((one for one in held if entries_.digest(self._keys.secret, one) == bytes(found[1])), None)
        if same is not None:
            self.tried(entry, now)
            self.judge(entry, same.state, same.word, same.reason, same.field)
            held, number = [one for one in held if one is not same], None
        else:
            self.remove(entry)
        for one in held:
            history = {"first_seen": found[10], "count": found[12], "tries": found[13] + 1}
            self._put([replace(one, run=found[9])], now, **history, number=number)
            number = None

    def judge(self, entry: int, state: State, word: str, reason: str, field: str = "") -> None:
        """An entry was judged once more: this is what holds it now. What is sealed keeps its key."""
        row = self._row(entry)
        if row is None:
            return
        key = self._keys.keys([UUID(bytes=bytes(row[15]))]).get(UUID(bytes=bytes(row[15])))
        sealed, digest = bytes(row[16]), bytes(row[1])
        if key is not None and sealed:
            with suppress(InvalidTag):  # what its key does not open stays as it is
                sealed = seal(key, entries_.with_reason(unseal(key, sealed, digest), reason), digest)
        self._database.execute(
            "UPDATE quarantine SET state = ?, word = ?, field = ?, sealed = ? WHERE entry = ?",
            (state, word, field, sealed, entry),
        )

    def tried(self, entry: int, now: int) -> None:
        """It was tried again in vain."""
        self._database.execute("UPDATE quarantine SET tries = tries + 1, last_try = ? WHERE entry = ?", (now, entry))

    def remove(self, entry: int) -> bool:
        """Take it out: it is recorded now."""
        return bool(self.drop(Wanted(entries=(entry,))))

    def drop(self, wanted: Wanted) -> int:
        """Take out all that are meant; how many."""
        condition, values = wanted.condition()
        gone = self._database.execute(
            f"DELETE FROM quarantine WHERE true{condition} RETURNING stream, key", values
        ).fetchall()
        self.orphans |= {UUID(bytes=bytes(key)) for stream, key in gone if stream is None}
        return len(gone)

    def parked_of(self, streams: Collection[UUID]) -> Iterator[Entry]:
        """What waits of those leads, as far as it can be opened."""
        for some in portions((stream.bytes for stream in streams), PAGE):
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(
                f"SELECT {COLUMNS} FROM quarantine WHERE stream IN ({marks}) AND state = 'parked' ORDER BY entry", some
            ).fetchall()
            yield from (entry for entry in self._opened(rows) if entry.proposal is not None)

    def entries(self, wanted: Wanted = EVERYTHING, limit: int | None = None) -> Iterator[Entry]:
        """The entries that are meant, by number; read and opened a page at a time."""
        condition, values = wanted.condition()
        reached, left = 0, limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            rows = self._database.execute(
                f"SELECT {COLUMNS} FROM quarantine WHERE entry > ?{condition} ORDER BY entry LIMIT ?",
                (reached, *values, size),
            ).fetchall()
            yield from self._with_what_they_wait_for(self._opened(rows))
            if len(rows) < size:
                return
            reached, left = rows[-1][0], left and left - len(rows)

    def entry(self, number: int) -> Entry | None:
        """The entry of that number."""
        return next(self.entries(Wanted(entries=(number,))), None)

    def numbers(self, wanted: Wanted = EVERYTHING) -> list[int]:
        """The numbers of the entries that are meant."""
        condition, values = wanted.condition()
        found = self._database.execute(f"SELECT entry FROM quarantine WHERE true{condition} ORDER BY entry", values)
        return [number for (number,) in found.fetchall()]

    def waiting(self, wanted: Wanted = EVERYTHING) -> list[UUID]:
        """The leads of the parked ones among the entries that are meant."""
        condition, values = wanted.condition()
        found = self._database.execute(
            f"SELECT DISTINCT stream FROM quarantine WHERE stream IS NOT NULL AND state = 'parked'{condition} ORDER BY stream",
            values,
        )
        return [UUID(bytes=bytes(stream)) for (stream,) in found.fetchall()]

    def count(self, wanted: Wanted = EVERYTHING) -> int:
        """How many are meant."""
        condition, values = wanted.condition()
        return int(
            self._database.execute(f"SELECT count(*) FROM quarantine WHERE true{condition}", values).fetchone()[0]
        )

    def kinds(self, wanted: Wanted = EVERYTHING) -> list[Kind]:
        """How many there are of each state and word, the most frequent first. Nothing is opened."""
        condition, values = wanted.condition()
        found = self._database.execute(
            f"SELECT state, word, count(*), sum(count), sum(state = 'parked' AND EXISTS (SELECT 1 FROM quarantine AS other"
            f" WHERE other.stream = one.stream AND {POISONED.replace('state', 'other.state').replace('type', 'other.type')})),"
            f" min(first_seen), max(last_seen) FROM quarantine AS one WHERE true{condition} GROUP BY state, word"
            " ORDER BY count(*) DESC, state, word",
            (*HARMLESS, *values),
        )
        return [Kind(*row) for row in found.fetchall()]

    def standing(self, by: str) -> Iterator[tuple[str | None, State, int, int, int]]:
        """By source or run, and state: how many entries, and the first and last time (µs) at which one was seen last."""
        assert by in ("source", "run")
        found = self._database.execute(
            f"SELECT {by}, state, count(*), min(last_seen), max(last_seen) FROM quarantine GROUP BY {by}, state"
        )
        yield from found.fetchall()

    def own_keys(self) -> set[UUID]:
        """The keys that seal what nobody known has sent."""
        found = self._database.execute("SELECT DISTINCT key FROM quarantine WHERE stream IS NULL")
        return {UUID(bytes=bytes(key)) for (key,) in found.fetchall()}

    def of_run(self, run: str) -> int:
        """How many entries that run has put in and are still there."""
        return self.count(Wanted(runs=(run,)))

    def _put(
        self, held: Sequence[Held], now: int, *, first_seen: int, count: int, tries: int, number: int | None = None
    ) -> None:
        digests = [entries_.digest(self._keys.secret, one) for one in held]
        streams = [
            stream_id(self._keys.secret, one.source, one.subject) if one.source and one.subject else None
            for one in held
        ]
        key_of = [stream or UUID(bytes=digest[:16]) for stream, digest in zip(streams, digests, strict=True)]
        keys = self._keys.ensure(key_of)
        for one, digest, stream, owner in zip(held, digests, streams, key_of, strict=True):
            key = keys[owner]
            sealed = (
                seal(key, entries_.content(one), digest) if key is not None else b""
            )  # of an erased person only the fact is kept
            at = one.proposal.time.start if one.proposal else None
            self._database.execute(
                "INSERT INTO quarantine (entry, digest, state, source, stream, type, field, word, occurred_at, run, first_seen,"
                " last_seen, count, tries, last_try, key, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen),"
                " last_seen = excluded.last_seen, count = count + excluded.count, run = excluded.run, state = excluded.state,"
                " field = excluded.field, word = excluded.word, stream = excluded.stream, key = excluded.key,"
                " sealed = excluded.sealed",
                (number, digest, one.state, _no_address(one.source), stream and stream.bytes, _no_address(one.type),
                 _no_address(one.field) or "", one.word, at, one.run, first_seen, now, count, tries, now if tries else None, owner.bytes, sealed),
            )  # fmt: skip

    def _row(self, entry: int) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._database.execute(
            f"SELECT {COLUMNS} FROM quarantine WHERE entry = ?", (entry,)
        ).fetchone()
        return found

    def _opened(self, rows: Sequence[Sequence[Any]]) -> list[Entry]:
        keys = self._keys.keys({UUID(bytes=bytes(row[15])) for row in rows})
        return [entries_.opened(row, keys.get(UUID(bytes=bytes(row[15])))) for row in rows]

    def _with_what_they_wait_for(self, page: Sequence[Entry]) -> Iterator[Entry]:
        poisoned: dict[UUID, list[Entry]] = {}
        for entry in page:
            if entry.state != "parked" or entry.stream is None:
                yield entry
                continue
            if entry.stream not in poisoned:
                poisoned[entry.stream] = self._poisoned(entry.stream)
            found = poisoned[entry.stream]
            told = ", ".join(_told(one) for one in found[:NAMED]) + (", …" if len(found) > NAMED else "")
            yield replace(
                entry,
                behind=tuple(one.entry for one in found),
                reason=f"{entry.reason}; behind what lies in quarantine of this lead: {told}"
                if found
                else entry.reason,
            )

    def _poisoned(self, stream: UUID) -> list[Entry]:
        rows = self._database.execute(
            f"SELECT {COLUMNS} FROM quarantine WHERE stream = ? AND {POISONED} ORDER BY entry LIMIT ?",
            (stream.bytes, *HARMLESS, NAMED + 1),
        ).fetchall()
        return self._opened(rows)


def _no_address(text: str | None) -> str | None:
    """A name as the sender wrote it, for the columns in clear; none where it is an e-mail address: that stays in what is sealed."""
    return None if text is not None and E_MAIL.search(text) else text


def _told(entry: Entry) -> str:
    told = f"entry {entry.entry} ({entry.type or 'unread'}: {entry.field or entry.word})"
    return f"{told} from {entry.where}" if entry.where else told


def forget(database: Database, keys: KeyFile, orphans: Collection[UUID]) -> None:
    """Destroy the keys of entries that are gone. In a writer's turn of its own, after their removal is committed."""
    there: set[UUID] = set()
    for some in portions((owner.bytes for owner in orphans), PAGE):
        marks = ", ".join("?" * len(some))
        found = database.execute(f"SELECT key FROM quarantine WHERE stream IS NULL AND key IN ({marks})", some)
        there |= {UUID(bytes=bytes(owner)) for (owner,) in found.fetchall()}
    keys.forget(set(orphans) - there)

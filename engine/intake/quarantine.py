"""Quarantine: what could not be taken, sealed, with its reason; nothing that came in is ever dropped."""

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from engine.privacy.ids import stream_id
from engine.privacy.keys import KeyFile
from engine.privacy.sealing import seal, unseal
from events import registry
from events.envelope import Proposal, parted
from events.instants import Instant, Precision

State = Literal["parked", "refused", "faulty"]

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
    "CREATE INDEX IF NOT EXISTS quarantine_by_stream ON quarantine (stream)",
    "CREATE INDEX IF NOT EXISTS quarantine_by_run ON quarantine (run)",
)
COLUMNS = "entry, digest, state, source, stream, type, field, word, occurred_at, run, first_seen, last_seen, count, tries, last_try, key, sealed"


class Database(Protocol):
    """The statements of a transaction, or of a connection that reads."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A cursor."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, opened while its key lives. reason, where, raw and the proposal are None once the person is erased."""

    entry: int
    state: State
    source: str | None
    stream: UUID | None
    type: str | None
    field: str
    word: str
    run: str | None
    first_seen: int
    last_seen: int
    count: int
    tries: int
    last_try: int | None
    occurred_at: int | None
    subject: str | None
    id: str | None
    reason: str
    where: str | None
    raw: bytes | None
    context: dict[str, Any] | None
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class Held:
    """What goes in. raw, context, where: as it came. proposal: what was understood of it. arrived: its place among what came in."""

    state: State
    field: str
    word: str
    reason: str
    where: str
    raw: bytes
    context: Mapping[str, Any]
    proposal: Proposal | None = None
    source: str | None = None
    subject: str | None = None
    id: str | None = None
    type: str | None = None
    run: str | None = None
    arrived: int = 0


class Quarantine:
    """The entries in one database; the caller owns the transaction."""

    def __init__(self, database: Database, keys: KeyFile) -> None:
        self._database, self._keys = database, keys

    def put(self, held: Sequence[Held], now: int) -> None:
        """Keep them; what is there already is counted, and its newest reason stands. now: µs."""
        digests = [_digest(self._keys.secret, one) for one in held]
        streams = [
            stream_id(self._keys.secret, one.source, one.subject) if one.source and one.subject else None
            for one in held
        ]
        key_of = [stream or UUID(bytes=digest[:16]) for stream, digest in zip(streams, digests, strict=True)]
        keys = self._keys.ensure(key_of)
        for one, digest, stream, owner in zip(held, digests, streams, key_of, strict=True):
            key = keys[owner]
            sealed = (
                seal(key, _content(one), digest) if key is not None else b""
            )  # of an erased person only the fact is kept
            at = one.proposal.time.start if one.proposal else None
            self._database.execute(
                "INSERT INTO quarantine (digest, state, source, stream, type, field, word, occurred_at, run, first_seen,"
                " last_seen, count, tries, key, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET last_seen = excluded.last_seen, count = count + 1, run = excluded.run,"
                " state = excluded.state, field = excluded.field, word = excluded.word, sealed = excluded.sealed",
                (digest, one.state, one.source, stream and stream.bytes, one.type, one.field, one.word, at, one.run, now, now,
                 owner.bytes, sealed),
            )  # fmt: skip

    def holds(self, entry: int, held: Sequence[Held]) -> bool:
        """Whether that entry is one of those held."""
        found = self._database.execute("SELECT digest FROM quarantine WHERE entry = ?", (entry,)).fetchone()
        return found is not None and bytes(found[0]) in {_digest(self._keys.secret, one) for one in held}

    def tried(self, entry: int, now: int) -> None:
        """It was tried again in vain."""
        self._database.execute("UPDATE quarantine SET tries = tries + 1, last_try = ? WHERE entry = ?", (now, entry))

    def remove(self, entry: int) -> bool:
        """Take it out: it is recorded now, or was dropped by a person."""
        return bool(self._database.execute("DELETE FROM quarantine WHERE entry = ?", (entry,)).rowcount)

    def of_streams(self, streams: Collection[UUID]) -> list[Entry]:
        """The entries of those leads."""
        found: list[Entry] = []
        for some in _portions([stream.bytes for stream in streams]):
            marks = ", ".join("?" * len(some))
            found += self._entries(f"SELECT {COLUMNS} FROM quarantine WHERE stream IN ({marks}) ORDER BY entry", some)
        return found

    def entries(self, entry: int | None = None) -> list[Entry]:
        """All entries, or the one of that number."""
        where, values = ("", ()) if entry is None else (" WHERE entry = ?", (entry,))
        return list(self._entries(f"SELECT {COLUMNS} FROM quarantine{where} ORDER BY entry", values))

    def of_run(self, run: str) -> int:
        """How many entries that run has put in and are still there."""
        return int(self._database.execute("SELECT count(*) FROM quarantine WHERE run = ?", (run,)).fetchone()[0])

    def _entries(self, sql: str, values: Sequence[Any]) -> Iterator[Entry]:
        rows = self._database.execute(sql, values).fetchall()
        keys = self._keys.keys({UUID(bytes=bytes(row[15])) for row in rows})
        for row in rows:
            yield _opened(row, keys.get(UUID(bytes=bytes(row[15]))))


def _opened(row: Sequence[Any], key: bytes | None) -> Entry:
    content: dict[str, Any] = {}
    if key is not None and row[16]:
        content = msgspec.json.decode(unseal(key, bytes(row[16]), bytes(row[1])))
    return Entry(
        entry=row[0],
        state=row[2],
        source=row[3],
        stream=UUID(bytes=bytes(row[4])) if row[4] is not None else None,
        type=row[5],
        field=row[6],
        word=row[7],
        occurred_at=row[8],
        run=row[9],
        first_seen=row[10],
        last_seen=row[11],
        count=row[12],
        tries=row[13],
        last_try=row[14],
        subject=content.get("subject"),
        id=content.get("id"),
        reason=content.get("reason") or f"{row[6]}: {row[7]}".removeprefix(": "),
        where=content.get("where"),
        raw=base64.b64decode(content["raw"]) if content else None,
        context=content.get("context"),
        proposal=_understood(content["proposal"]) if content.get("proposal") else None,
    )


def _content(held: Held) -> bytes:
    return msgspec.json.encode({
        "reason": held.reason, "where": held.where, "raw": base64.b64encode(held.raw).decode(), "context": held.context,
        "subject": held.subject, "id": held.id, "proposal": held.proposal and _written(held.proposal),
    })  # fmt: skip


def _digest(secret: bytes, held: Held) -> bytes:
    """The same event again, or the same bytes from the same source, have the same digest."""
    if held.proposal is not None and held.proposal.id is not None:
        same: list[Any] = ["event", held.proposal.source, held.proposal.id, held.type, *_told(held.proposal)]
    else:
        same = ["bytes", held.source, base64.b64encode(held.raw).decode(), held.context.get("event")]
    return blake2b(msgspec.json.encode(same, order="deterministic"), key=secret[:64], digest_size=32).digest()


def _told(proposal: Proposal) -> tuple[Any, ...]:
    return (proposal.subject, str(proposal.time), *parted(proposal.data))


def _written(proposal: Proposal) -> dict[str, Any]:
    clear, personal = parted(proposal.data)
    time = proposal.time
    return {
        "source": proposal.source, "id": proposal.id, "subject": proposal.subject, "type": proposal.type,
        "time": [time.start, time.end, time.day, int(time.precision)], "data": clear | personal, "actor": proposal.actor,
        "known": proposal.known, "sequence": proposal.sequence, "correlation_id": proposal.correlation_id,
        "causation_id": proposal.causation_id, "extensions": dict(proposal.extensions), "kept": dict(proposal.kept),
        "schema_version": proposal.schema_version,
    }  # fmt: skip


def _understood(written: dict[str, Any]) -> Proposal:
    start, end, day, precision = written.pop("time")
    data = registry.stored(written.pop("type"), written["schema_version"], written.pop("data"))
    return Proposal(time=Instant(start, end, day, Precision(precision)), data=data, **written)


def _portions(values: Sequence[bytes], size: int = 500) -> Iterable[Sequence[bytes]]:
    return (values[at : at + size] for at in range(0, len(values), size))

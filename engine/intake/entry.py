"""What lies in quarantine: one entry as it goes in, as it is sealed, and as it is opened again."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from engine.privacy.sealing import unseal
from events import registry
from events.envelope import Proposal, parted
from events.instants import Instant, Precision

State = Literal["parked", "refused", "faulty"]
COLUMNS = "entry, digest, state, source, stream, type, field, word, occurred_at, run, first_seen, last_seen, count, tries, last_try, key, sealed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, opened while its key lives. where, raw and the proposal are None once the person is erased.

    key: whose key seals it: the lead's, or its own where the lead is unknown.
    behind: faulty entries of the same lead that a parked decision may wait for; its reason names them.
    """

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
    key: UUID
    behind: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What goes in. raw, context, where: as it came. proposal: what was understood of it. arrived: its place among what came in.

    again: the entry from which it was read once more.
    """

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
    again: int | None = None


def opened(row: Sequence[Any], key: bytes | None) -> Entry:
    """The entry of a row of COLUMNS. key: None once the person is erased; one that does not fit opens nothing either."""
    content: dict[str, Any] = {}
    if key is not None and row[16]:
        with suppress(InvalidTag):  # the key file, or the entry, was changed by hand
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
        key=UUID(bytes=bytes(row[15])),
    )


def content(held: Held) -> bytes:
    """What is sealed of it."""
    return msgspec.json.encode({
        "reason": held.reason, "where": held.where, "raw": base64.b64encode(held.raw).decode(), "context": held.context,
        "subject": held.subject, "id": held.id, "proposal": held.proposal and _written(held.proposal),
    })  # fmt: skip


def with_reason(sealed: bytes, reason: str) -> bytes:
    """The same content with another reason."""
    return msgspec.json.encode(msgspec.json.decode(sealed) | {"reason": reason})


def digest(secret: bytes, held: Held) -> bytes:
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

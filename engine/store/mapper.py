"""Between events and rows: the envelope encoded, the personal part sealed, both checked on the way in."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from eventsourcing.persistence import Mapper as LibraryMapper

from engine.privacy.keys import KeyFile
from engine.privacy.sealing import Sealer, sealer, unseal
from engine.store.rows import Addition, Columns, Draft, Prepared, Row
from events import registry
from events.envelope import Recorded
from events.personal import personal_fields

_json = msgspec.json.Encoder().encode


class Placed(NamedTuple):
    """A draft that has its place in its stream."""

    draft: Draft
    version: int

    @property
    def originator_id(self) -> UUID:
        """The library's word for the stream."""
        return self.draft.stream

    @property
    def originator_version(self) -> int:
        """The library's word for the version."""
        return self.version


class Mapper(LibraryMapper[UUID]):
    """Seals with the keys of the key file on the way in, opens while they live on the way out."""

    def __init__(self, keys: KeyFile) -> None:
        super().__init__(JSONTranscoder())
        self._keys = keys

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The row of a Placed draft, without position and hash: they are given under the log's lock."""
        draft, version = domain_event
        addition = Addition(prepared(draft), draft.lead, draft.recorded_at, draft.run)
        sealers = self.sealers([] if draft.personal is None else [draft.stream])
        return Row.of((0, *columns(addition, version, draft.recorded_at or 0, sealers.get(draft.stream)), b""))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The fact that a row tells."""
        assert isinstance(stored_event, Row)
        return self.recorded(stored_event)

    def sealers(self, streams: Collection[UUID]) -> dict[UUID, Sealer]:
        """What seals for these persons; who is erased has none. New keys are on the disk before this returns."""
        return {stream: sealer(key) for stream, key in self._keys.ensure(streams).items() if key is not None}

    def recorded(self, row: Row) -> Recorded:
        """A row decoded; its personal part None once the key is gone."""
        return self.facts([row])[0]

    def facts(self, rows: Sequence[Row]) -> list[Recorded]:
        """Rows decoded; the keys are looked up together."""
        return [_fact(row, told) for row, told in zip(rows, self.opened(rows), strict=True)]

    def opened(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The personal parts of rows; empty where there is none any more."""
        keys = self._keys.keys({row.stream for row in rows if row.sealed is not None})
        return [_opened(row, keys.get(row.stream)) for row in rows]


def _fact(row: Row, told: dict[str, Any]) -> Recorded:
    return Recorded(
        position=row.position, event_id=row.event_id, stream=row.stream, lead=row.lead, version=row.version,
        time=row.time, recorded_at=row.recorded_at, source=row.source, id=told.get("id"), subject=told.get("subject"),
        data=registry.stored(row.type, row.schema_version, row.clear() | told.get("data", {})),
        schema_version=row.schema_version, actor=row.actor, sequence=row.sequence, run=row.run,
        correlation_id=row.correlation_id, causation_id=row.causation_id,
        extensions=told.get("extensions", {}) | ({"erased": True} if row.after_erasure else {}),
        kept=told.get("kept", {}), hash=row.hash,
    )  # fmt: skip


def _opened(row: Row, key: bytes | None) -> dict[str, Any]:
    if row.sealed is None or key is None:
        return {}
    try:
        told: dict[str, Any] = msgspec.json.decode(unseal(key, row.sealed, place(row.stream.bytes, row.version)))
    except InvalidTag:
        return {}  # changed bytes: `leadlog verify` names them
    return told


def place(stream: bytes, version: int) -> bytes:
    """What sealed bytes are bound to: the same bytes on another row do not open."""
    return stream + version.to_bytes(8, "big")


def prepared(draft: Draft) -> Prepared:
    """A draft encoded. Raises ValueError for what must never reach the log: it is a fault of the program, not of the sender."""
    _check(draft)
    time = draft.time
    return Prepared(
        draft.stream.bytes, draft.event_id.bytes, draft.type, draft.schema_version, time.start, time.end, time.day,
        int(time.precision), draft.source, draft.actor, draft.sequence, draft.correlation_id, draft.causation_id,
        _json(draft.data).decode(), None if draft.personal is None else _json(draft.personal),
    )  # fmt: skip


def columns(addition: Addition, version: int, recorded_at: int, seal: Sealer | None) -> Columns:
    """The columns between position and hash. seal: None where the person is erased."""
    event = addition.event
    sealed = None
    if event.personal is not None and seal is not None:
        sealed = seal(event.personal, place(event.stream, version))
    return (
        event.stream, addition.lead, version, event.event_id, event.type, event.schema_version, event.occurred_at,
        event.occurred_until, event.occurred_day, event.precision, recorded_at, event.source, event.actor, event.sequence,
        addition.run, event.correlation_id, event.causation_id, event.data, sealed,
    )  # fmt: skip


def _check(draft: Draft) -> None:
    clear, personal = _fields(draft.type)
    if not draft.data.keys() <= clear:
        if found := draft.data.keys() & personal:
            raise ValueError(f"{draft.type}: {sorted(found)} are personal and must be sealed")
        if draft.schema_version == registry.LATEST[draft.type]:
            raise ValueError(f"{draft.type} has no clear fields {sorted(draft.data.keys() - clear)}")
    if draft.personal is None and draft.lead:
        raise ValueError(f"{draft.type} of a lead comes without its personal part")


@cache
def _fields(type_: str) -> tuple[frozenset[str], frozenset[str]]:
    of = registry.event_class(type_)
    personal = personal_fields(of)
    return frozenset(field.alias or name for name, field in of.model_fields.items()) - personal, personal

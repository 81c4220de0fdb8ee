"""An understood event with all that identifies it in this log, encoded as the log keeps it."""

from typing import Any

import msgspec

from engine.intake.content import Said, key_of, other_lead, with_streams
from engine.privacy.ids import ids_of
from engine.store.rows import Prepared
from events.base import BusinessEvent, Event, LogEvent
from events.envelope import Proposal, parted
from events.registry import TYPES, stored

OF_NOBODY = frozenset(name for name, of in TYPES.items() if issubclass(of, BusinessEvent | LogEvent))

_json = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, Any]).decode


class Arrival(Prepared, frozen=True, array_like=True, gc=False):
    """What came in and was understood.

    event_id: the idempotency key. stream: the lead's, or the business subject's. known: µs at which an archive learned of it.
    named: whether its source sent an id. other: stream of the lead that it names. strange: names of what nobody knows.
    """

    known: int | None = None
    named: bool = True
    other: bytes | None = None
    strange: tuple[str, ...] = ()

    @property
    def of_a_lead(self) -> bool:
        """Whether it happened to a lead."""
        return self.type not in OF_NOBODY

    @property
    def id(self) -> str | None:
        """What its source sent as its id."""
        told: str | None = _fields(self.personal or b"{}").get("id")
        return told

    def fields(self) -> dict[str, Any]:
        """The clear fields."""
        return _fields(self.data)

    def event(self) -> Event:
        """The event without its personal fields, on which no decision depends."""
        return stored(self.type, self.schema_version, self.fields())

    def with_event(self, event: Event) -> "Arrival":
        """The same with the ids that deciding has filled in."""
        return msgspec.structs.replace(self, data=_json(parted(event)[0]).decode())

    def said(self) -> Said:
        """What it says."""
        personal = _fields(self.personal or b"{}").get("data", {})
        return Said(self.type, self.stream, self.time, self.actor, self.fields() | personal)


def arrival_of(secret: bytes, proposal: Proposal) -> Arrival:
    """The proposal identified and encoded. secret: the workspace's, of the key file."""
    ids, time = ids_of(secret), proposal.time
    data = with_streams(secret, proposal.source, proposal.data)
    clear, personal = parted(data)
    other = other_lead(data)
    sealed = {
        "subject": proposal.subject, "id": proposal.id, "data": personal,
        "extensions": dict(proposal.extensions), "kept": dict(proposal.kept),
    }  # fmt: skip
    of_nobody = isinstance(data, BusinessEvent | LogEvent)
    return Arrival(
        ids.business(proposal.subject) if of_nobody else ids.lead(proposal.source, proposal.subject),
        key_of(secret, proposal, clear | personal), proposal.type, proposal.schema_version, time.start, time.end, time.day,
        int(time.precision), proposal.source, proposal.actor, proposal.sequence, proposal.correlation_id, proposal.causation_id,
        _json(clear).decode(), _json({name: value for name, value in sealed.items() if value}), proposal.known,
        proposal.id is not None, other.bytes if other is not None else None, proposal.strange,
    )  # fmt: skip

"""What an event says, apart from how it was written: the key where a source sends no id, and the comparison where it sends one twice."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from engine.privacy.ids import ids_of, stream_id
from events.base import Event
from events.decisions import LeadHandedOff, OfferMade, OpportunityOpened
from events.envelope import Proposal, Recorded, parted
from events.instants import Instant
from events.registry import NAMES_ANOTHER, TYPES

NAMING = {of: field for of in TYPES.values() for field in NAMES_ANOTHER if field in of.model_fields}
FILLED_IN = frozenset({"handoff", "opportunity", "offer"})  # ids that deciding fills in where they are left out
BRINGS = {LeadHandedOff.__name__: "handoff", OpportunityOpened.__name__: "opportunity", OfferMade.__name__: "offer"}


class Said(NamedTuple):
    """What makes two events of one id the same, or not. data: clear and personal fields."""

    type: str
    stream: bytes
    time: Instant
    actor: str | None
    data: dict[str, Any]


def with_streams(secret: bytes, source: str, event: Event) -> Event:
    """The event with the other lead that it names as that lead's stream id; the clear id is not kept a second time."""
    field = NAMING.get(type(event))
    other = getattr(event, field) if field else None
    if field is None or not isinstance(other, dict):
        return event
    return event.model_copy(update={field: stream_id(secret, other.get("source", source), other["id"])})


def other_lead(event: Event) -> UUID | None:
    """The stream of the other lead that the event names."""
    field = NAMING.get(type(event))
    return getattr(event, field) if field else None


def said(recorded: Recorded) -> Said:
    """What a recorded event says."""
    clear, personal = parted(recorded.data)
    return Said(recorded.type, recorded.stream.bytes, recorded.time, recorded.actor, clear | personal)


def same(first: Said, again: Said) -> bool:
    """Whether two events of the same id say the same.

    first: as recorded, with the ids that deciding filled in; again: as sent again.
    """
    if first[:4] != again[:4]:
        return False
    may_lack = FILLED_IN - {BRINGS.get(first.type, "")}
    lacking = first.data.keys() - again.data.keys()
    return lacking <= may_lack and all(first.data.get(name) == value for name, value in again.data.items())


def key_of(secret: bytes, proposal: Proposal, told: Mapping[str, Any]) -> bytes:
    """The idempotency key: of the id that the source sent, or of the content where it sent none. told: all its fields."""
    ids, time = ids_of(secret), proposal.time
    if proposal.id is not None:
        return ids.event(proposal.source, "id:" + proposal.id)
    content = [
        proposal.type, proposal.subject, time.start, time.end, time.day, int(time.precision), proposal.actor,
        proposal.sequence, told,
    ]  # fmt: skip
    return ids.event(proposal.source, "content:" + msgspec.json.encode(content, order="deterministic").decode())

"""What an event says, apart from how it was written: the key where a source sends no id, and the comparison where it sends one twice."""

from typing import Any
from uuid import UUID

import msgspec

from engine.privacy.ids import event_id, stream_id
from events.base import Event
from events.decisions import LeadHandedOff, OfferMade, OpportunityOpened
from events.envelope import Proposal, Recorded, parted
from events.registry import NAMES_ANOTHER

FILLED_IN = frozenset(
    {"handoff", "opportunity", "offer"}
)  # ids that a decision may leave out and that deciding fills in


def with_streams(secret: bytes, source: str, event: Event) -> Event:
    """The event with the other lead that it names as that lead's stream id; the clear id is not kept a second time."""
    for field in NAMES_ANOTHER:
        other = getattr(event, field, None)
        if isinstance(other, dict):
            return event.model_copy(update={field: stream_id(secret, other.get("source", source), other["id"])})
    return event


def other_lead(event: Event) -> UUID | None:
    """The stream of the other lead that the event names."""
    return next(
        (getattr(event, field) for field in NAMES_ANOTHER if isinstance(getattr(event, field, None), UUID)), None
    )


def said(proposal: Proposal) -> dict[str, Any]:
    """All that the event says, instants normalised."""
    clear, personal = parted(proposal.data)
    return {
        "type": proposal.type,
        "time": [proposal.time.start, proposal.time.end, proposal.time.day, int(proposal.time.precision)],
        "actor": proposal.actor,
        "data": clear | personal,
    }


def said_of(recorded: Recorded) -> dict[str, Any]:
    """What a recorded event says, for the comparison with one of the same id."""
    clear, personal = parted(recorded.data)
    time = recorded.time
    return {
        "type": recorded.type, "time": [time.start, time.end, time.day, int(time.precision)], "actor": recorded.actor,
        "data": clear | personal, "stream": str(recorded.stream),
    }  # fmt: skip


def key_of(secret: bytes, proposal: Proposal) -> UUID:
    """The idempotency key: of the id that the source sent, or of the content where it sent none."""
    if proposal.id is not None:
        return event_id(secret, proposal.source, "id:" + proposal.id)
    content = said(proposal) | {"subject": proposal.subject, "sequence": proposal.sequence}
    return event_id(secret, proposal.source, "content:" + msgspec.json.encode(content, order="deterministic").decode())


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two events of the same id say the same.

    first: as recorded, with the ids that deciding filled in; second: as sent again.
    """
    if any(first[part] != second[part] for part in ("type", "time", "actor")):
        return False
    own = {LeadHandedOff.__name__: "handoff", OpportunityOpened.__name__: "opportunity", OfferMade.__name__: "offer"}
    may_lack = FILLED_IN - {own.get(first["type"], "")}
    recorded, sent = first["data"], second["data"]
    return all(recorded.get(name) == value for name, value in sent.items()) and set(recorded) - set(sent) <= may_lack

"""Events that the program records itself: agreements, retractions, losses. Their source is leadlog."""

from engine.privacy.ids import business_stream, event_id
from engine.privacy.keys import KeyFile
from engine.store.log import Draft, Writing
from events.base import Event
from events.envelope import parted
from events.instants import Instant
from events.registry import LATEST

SOURCE = "leadlog"


def own_event(
    writing: Writing,
    keys: KeyFile,
    event: Event,
    subject: str,
    id: str,  # noqa: A002  # the contract's word
    actor: str | None,
) -> int:
    """Record an event of a business stream that happens now. id: unique among ours. Gives its position."""
    name = type(event).__name__
    draft = Draft(
        stream=business_stream(keys.secret, subject),
        lead=0,
        type=name,
        schema_version=LATEST[name],
        time=Instant.exact(writing.now),
        recorded_at=None,
        source=SOURCE,
        event_id=event_id(keys.secret, SOURCE, f"id:{id}"),
        data=parted(event)[0],
        personal={"subject": subject, "id": id},
        actor=actor,
    )
    (position,) = writing.append([draft])
    return position

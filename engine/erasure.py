"""Erasure of a person: the events remain, the key is gone, no number moves."""

from dataclasses import dataclass
from uuid import UUID

from engine.merges import Merges
from engine.names import found
from engine.privacy.ids import event_id
from engine.store.log import Draft
from engine.workspace import Workspace
from events.envelope import parted
from events.identity import PersonErased
from events.instants import Instant
from events.registry import LATEST

SOURCE = "leadlog"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. streams: of all ids of the person; position: of the PersonErased event; again: it was erased before."""

    streams: tuple[UUID, ...]
    position: int
    again: bool


def erase(workspace: Workspace, named: str, request: str | None = None, actor: str | None = None) -> Erased:
    """Record PersonErased and destroy the keys of all ids merged into that person's story.

    named: SOURCE/ID, a bare id or a stream's id. request: the file number of the person's request.
    The event is recorded first: after a crash in between, the same command again destroys the key.
    """
    log, keys = workspace.log, workspace.keys
    lead = found(log, keys, named)
    with log.writing() as writing:
        members = Merges.of(writing).group(lead)
        streams = writing.streams(members)
        key = event_id(keys.secret, SOURCE, f"erased:{streams[lead]}")
        again = writing.known([key]).get(key)
        event = PersonErased(request=request) if request else PersonErased()
        draft = Draft(
            stream=streams[lead],
            lead=lead,
            type=type(event).__name__,
            schema_version=LATEST[type(event).__name__],
            time=Instant.exact(writing.now),
            recorded_at=None,
            source=SOURCE,
            event_id=key,
            data=parted(event)[0],
            personal={},
            actor=actor,
        )
        position = again or writing.append([draft])[0]
    keys.erase(streams.values())
    return Erased(tuple(streams.values()), position, again is not None)

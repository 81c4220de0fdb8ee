"""Erasure of a person: the events remain, the key is gone, no number moves."""

from dataclasses import dataclass
from uuid import UUID

from engine.erasures import TYPE, carry_out, draft_of
from engine.intake.wanted import Wanted
from engine.merges import Merges
from engine.names import found, shown
from engine.store.log import Writing
from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """What the workspace holds of a person.

    leads: the numbers of all ids that are one with hers. names: what they are called. streams: theirs, the one named first.
    events: of her, in the log; entries: in quarantine. sources: that sent of her. living: how many of her keys live.
    """

    leads: tuple[int, ...]
    names: tuple[str, ...]
    streams: tuple[UUID, ...]
    events: int
    entries: int
    sources: tuple[str, ...]
    living: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    streams: of all ids of the person. position: of the PersonErased event. again: it was erased before, nothing was done.
    keys: destroyed. loose: entries of quarantine of nobody known that held something of her and cannot be opened any more.
    """

    streams: tuple[UUID, ...]
    position: int
    again: bool
    keys: int
    loose: tuple[int, ...]


def person(workspace: Workspace, named: str) -> Person:
    """Whom an erasure would reach, and what of her there is. named: SOURCE/ID, a bare id or a stream's id."""
    log, keys = workspace.log, workspace.keys
    lead = found(log, keys, named)
    with log.reading() as reading:
        leads = (lead, *sorted(Merges.of(reading).group(lead) - {lead}))
    streams = log.streams(leads)
    names = shown(log, leads)
    with workspace.quarantine() as quarantine:
        entries = sum(quarantine.count(Wanted(stream=stream)) for stream in streams.values())
    return Person(
        leads=leads,
        names=tuple(names[lead] for lead in leads),
        streams=tuple(streams[lead] for lead in leads),
        events=sum(log.count(lead=lead) for lead in leads),
        entries=entries,
        sources=tuple(sorted({row.source for lead in leads for row in log.rows(lead=lead)})),
        living=len(keys.keys(streams.values())),
    )


def erase(workspace: Workspace, named: str, request: str | None = None, actor: str | None = None) -> Erased:
    """Record PersonErased and destroy the keys of all ids merged into that person's story.

    named: SOURCE/ID, a bare id or a stream's id. request: the file number of the person's request.
    The event is recorded first; what a crash leaves undone is done at the next opening.
    """
    log, keys = workspace.log, workspace.keys
    lead = found(log, keys, named)
    with log.writing() as writing:
        members = Merges.of(writing).group(lead)
        streams = writing.streams(members)
        told = _told(writing, members)
        again = told is not None and len(keys.erased(streams.values())) == len(streams)
        if told is None or not again:
            keys.begin_erasing(dict.fromkeys(streams.values(), writing.now))
            (told,) = writing.append([draft_of(writing, keys, lead, streams[lead], writing.now, request, actor)])
    ordered = (streams[lead], *(stream for member, stream in streams.items() if member != lead))
    if again:
        return Erased(ordered, told, again, 0, ())
    gone = carry_out(log, keys, ordered)
    return Erased(ordered, told, again, gone.keys, gone.entries)


def _told(writing: Writing, members: frozenset[int]) -> int | None:
    """The position at which the log says that one of them was erased."""
    rows = [row for of_lead in writing.rows_of(members, [TYPE]).values() for row in of_lead]
    return max((row.position for row in rows), default=None)

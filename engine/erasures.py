"""Erasures carried out: log, key file and the list of erasures agree on who is gone, also after a crash and in an older copy."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from engine.merges import Merges
from engine.own_events import SOURCE
from engine.privacy.errors import ErasuresUndone, ListUnwritable
from engine.privacy.ids import event_id
from engine.privacy.keys import KeyFile
from engine.store.errors import LogBusy, LogCut
from engine.store.log import Draft, Log, Writing
from engine.traces import NOT_FOR_SURE, in_quarantine, values_of
from events.identity import PersonErased
from events.instants import Instant
from events.registry import LATEST

TYPE = PersonErased.__name__


class Said(NamedTuple):
    """By whom a person was erased, and on which request."""

    actor: str | None
    request: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """What was destroyed. keys: of persons, that lived. entries: of quarantine, of nobody known, that held something of them."""

    keys: int
    entries: tuple[int, ...]


def draft_of(
    writing: Writing, keys: KeyFile, lead: int, stream: UUID, at: int, request: str | None, actor: str | None
) -> Draft:
    """The PersonErased of a lead. at: µs at which she was erased."""
    id_ = f"erased:{stream}"
    key = event_id(keys.secret, SOURCE, id_)
    if writing.known([key]):  # she was erased before, and others were merged with her since
        key = event_id(keys.secret, SOURCE, f"{id_}:{writing.head.position + 1}")
    return Draft(
        stream=stream,
        lead=lead,
        type=TYPE,
        schema_version=LATEST[TYPE],
        time=Instant.exact(at),
        recorded_at=None,
        source=SOURCE,
        event_id=key,
        data={"request": request} if request else {},
        personal={},
        actor=actor,
    )


def carry_out(log: Log, keys: KeyFile, streams: Collection[UUID]) -> Gone:
    """Destroy the keys of persons whose PersonErased is recorded, and of quarantined bytes of nobody known that hold their
    address, phone or id.
    """
    leads = list(log.lead_numbers(streams).values())
    found = [
        entry
        for entry, _, kind in in_quarantine(log, keys, values_of(log, leads), leads)
        if entry.stream is None and kind != NOT_FOR_SURE
    ]
    lived = keys.erase([*streams, *(entry.key for entry in found)])
    return Gone(lived - len(found), tuple(entry.entry for entry in found))


def settle(log: Log, keys: KeyFile) -> None:
    """Finish what a crash left unfinished. Raises ErasuresUndone where an older copy has brought somebody back."""
    if keys.begun() and keys.writable:
        _finish(log, keys)
    if keys.erasures is None:
        return
    # Whoever erases just now writes on the list before the key is gone, and gives up its beginning last: read the other way round.
    undone, unlisted = keys.erasures.compared(keys.everyone_erased())
    if undone := undone - keys.begun().keys() - keys.everyone_erased():
        raise ErasuresUndone(count=len(undone), file=keys.erasures.path)
    if unlisted:
        with suppress(ListUnwritable):  # the list is new, or was lost; reading needs it not
            keys.erasures.add(erased_at(log, unlisted))


def erased_at(log: Log, streams: Collection[UUID]) -> dict[UUID, int]:
    """When those were erased (µs), as the log tells it; where it does not: when it learned its last event."""
    head, found = log.head().recorded_at, {}
    for stream, lead in log.lead_numbers(streams).items():
        leads = Merges.known(log).group(lead)
        told = [row.occurred_at for one in leads for row in log.rows(lead=one, types=[TYPE])]
        found[stream] = min(told, default=head)
    return dict.fromkeys(streams, head) | found


def _finish(log: Log, keys: KeyFile) -> None:
    try:
        with log.writing() as writing:  # whoever is erasing just now holds this until the event is committed
            begun = keys.begun()
            recorded = {stream for stream in begun if is_recorded(writing, stream)}
    except (LogBusy, LogCut):
        return  # the next opening does it
    keys.give_up_erasing(begun.keys() - recorded)  # the command is to be given again
    if recorded:
        carry_out(log, keys, recorded)


def is_recorded(writing: Writing, stream: UUID) -> bool:
    """Whether the log says that this person, or whoever is one with her, was erased."""
    leads = Merges.of(writing).groups_of(writing.lead_numbers([stream]).values())
    return bool(writing.rows_of(leads, [TYPE]))


def said_after(log: Log, position: int) -> dict[UUID, Said]:
    """What a log says behind that position of who was erased by whom."""
    rows = log.rows(after=position, types=[TYPE])
    return {row.stream: Said(row.actor, row.clear().get("request")) for row in rows}


@dataclass(frozen=True, slots=True)
class Redone:
    """What was erased again. streams: how many ids. positions: of the PersonErased that the log did not have."""

    streams: int
    positions: tuple[int, ...]


def redo(
    log: Log,
    keys: KeyFile,
    listed: Mapping[UUID, int],
    actor: str | None = None,
    said: Mapping[UUID, Said] = MappingProxyType({}),
) -> Redone:
    """Erase again, in an older copy, whoever stands on the list: streams with the instants (µs) of their erasure.

    actor: who does it. said: by whom and on which request it was done first, as far as that is still known.
    Whom the copy does not know yet gets no key when she comes in again.
    """
    with log.writing() as writing:
        living = listed.keys() - keys.erased(listed)
        keys.begin_erasing({stream: listed[stream] for stream in living})
        merges, drafts, told = Merges.of(writing), [], set[int]()
        numbers = writing.lead_numbers(listed)
        for stream in sorted(numbers, key=lambda stream: stream not in said):  # of several ids the one that was named
            lead, (by, request) = numbers[stream], said.get(stream, Said(actor, None))
            if lead not in told and not is_recorded(writing, stream):
                drafts.append(draft_of(writing, keys, lead, stream, listed[stream], request, by))
                told |= merges.group(lead)
        positions = writing.append(drafts)
    if living:
        carry_out(log, keys, living)
    return Redone(len(living), tuple(positions))

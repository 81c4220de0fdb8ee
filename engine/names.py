"""Leads by the names that people use: the id in its source while the person's key lives, else the stream's id."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from engine.errors import NoSuchLead, SeveralLeads
from engine.portions import portions
from engine.privacy.ids import stream_id
from engine.privacy.keys import KeyFile
from engine.store.log import Log

PORTION = 5_000  # leads whose first events are in memory at once


def shown(log: Log, leads: Collection[int]) -> dict[int, str]:
    """What to print for each lead number; the source stands before ids that several of these leads have."""
    names = {lead: name for some in portions(leads, PORTION) for lead, name in log.names(some).items()}
    ids = Counter(name.subject for name in names.values())
    return {
        lead: str(name.stream)
        if name.subject is None
        else f"{name.source}/{name.subject}"
        if ids[name.subject] > 1
        else name.subject
        for lead, name in names.items()
    }


def found(log: Log, keys: KeyFile, named: str) -> int:
    """The number of the lead that a person names: SOURCE/ID, a bare id that only one source has, or a stream's id.

    Raises NoSuchLead, SeveralLeads.
    """
    sources = log.sources()
    candidates = {(source, named): stream_id(keys.secret, source, named) for source in sources}
    for source in sources:
        if named.startswith(f"{source}/"):
            subject = named.removeprefix(f"{source}/")
            candidates[source, subject] = stream_id(keys.secret, source, subject)
    numbers = log.lead_numbers(candidates.values())
    there = {pair: numbers[stream] for pair, stream in candidates.items() if stream in numbers}
    if not there:
        there = _by_stream(log, named)
    if not there:
        raise NoSuchLead(lead=repr(named))
    if len(there) > 1:
        raise SeveralLeads(
            lead=repr(named), candidates=", ".join(sorted(f"{source}/{subject}" for source, subject in there))
        )
    return next(iter(there.values()))


def _by_stream(log: Log, named: str) -> dict[tuple[str, str], int]:
    try:
        stream = UUID(named)
    except ValueError:
        return {}
    numbers = log.lead_numbers([stream])
    return {("", named): numbers[stream]} if stream in numbers else {}

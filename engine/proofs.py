"""Proof that a person was erased, without naming her."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from engine.erasures import TYPE
from engine.merges import Merges
from engine.names import found
from engine.store.log import Row
from engine.workspace import Workspace
from projections.result import Column, Result, Unit, instant

UNITS: dict[str, Unit] = {"erased_at": "instant", "knowntime": "instant"}
COLUMNS = tuple(
    Column(name, UNITS.get(name))
    for name in "stream erased_at key listed position hash knowntime actor request events".split()
)


def listed(workspace: Workspace) -> Result:
    """Everybody who is erased, by instant; what went with them out of quarantine is nobody of her own."""
    with workspace.quarantine() as quarantine:
        others = quarantine.own_keys()
    return _result(workspace, "erasures", (workspace.keys.everyone_erased() | _list(workspace).keys()) - others)


def proof(workspace: Workspace, named: str) -> Result:
    """One person: a row for each of her ids that is erased; none where she is not. Raises NoSuchLead, SeveralLeads."""
    log = workspace.log
    leads = Merges.known(log).group(found(log, workspace.keys, named))
    return _result(workspace, "erasures show", workspace.keys.erased(log.streams(leads).values()))


def _list(workspace: Workspace) -> dict[UUID, int]:
    erasures = workspace.keys.erasures
    return erasures.entries() if erasures is not None else {}


def _result(workspace: Workspace, view: str, streams: Iterable[UUID]) -> Result:
    log, told, zone = workspace.log, _list(workspace), workspace.zone
    merges, numbers = Merges.known(log), log.lead_numbers(streams := list(streams))
    erased = workspace.keys.erased(streams)
    rows: list[dict[str, Any]] = []
    for stream in streams:
        lead = numbers.get(stream)
        said = _recorded(workspace, merges.group(lead)) if lead else None
        at = said.occurred_at if said else told.get(stream)
        rows.append(
            {
                "stream": str(stream),
                "erased_at": instant(at, None, zone),
                "key": "destroyed" if stream in erased else "lives",
                "listed": stream in told,
                "position": said and said.position,
                "hash": said.hash.hex() if said else None,
                "knowntime": instant(said.recorded_at if said else None, None, zone),
                "actor": said and said.actor,
                "request": said.clear().get("request") if said else None,
                "events": log.count(lead=lead) if lead else 0,
            }
        )
    rows.sort(key=lambda row: (row["erased_at"] or "", row["stream"]))
    return Result(view, None, log.head().position, None, COLUMNS, rows)


def _recorded(workspace: Workspace, leads: Iterable[int]) -> Row | None:
    """The event that tells it; the last one where it was done again."""
    rows = [row for lead in leads for row in workspace.log.rows(lead=lead, types=[TYPE])]
    return max(rows, key=lambda row: row.position, default=None)

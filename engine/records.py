"""Recording what concerns the business: quotas, targets, spend, working time, people, rates, forecasts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Trouble
from engine.intake.intake import Intake
from engine.intake.ndjson import FORMAT, object_element
from engine.runs import new_run, retracted_runs
from engine.store.rows import SELECTED, Row
from engine.workspace import Workspace
from events.base import Event
from events.cloudevents import Sender
from events.envelope import parted
from events.faults import Fault
from events.money import major_units
from projections.result import Column, Result, instant

SOURCE = "leadlog"
# Business events are few beside those of leads, and have an index of their own.
OF_BUSINESS = f"SELECT {SELECTED} FROM event INDEXED BY event_of_business WHERE lead = 0 AND type = ? ORDER BY position"
CONTEXT = {"format": FORMAT, "encoding": "utf-8", "source": SOURCE}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record. types: the events. about: the fields that say what it is of.

    latest: of several about the same the one recorded last counts; else all of them do.
    """

    types: tuple[str, ...]
    about: tuple[str, ...]
    told: tuple[str, ...]
    latest: bool = True


KINDS: Mapping[str, Kind] = {
    "quota": Kind(("QuotaSet",), ("rep", "period"), ("amount", "currency")),
    "target": Kind(("TargetSet",), ("measure", "period", "team", "channel"), ("value",)),
    "spend": Kind(("SpendRecorded",), ("kind", "channel", "campaign", "period"), ("amount", "currency"), latest=False),
    "working-time": Kind(("WorkingTimeRecorded",), ("rep",), ("minutes", "selling_minutes"), latest=False),
    "member": Kind(("MemberJoined", "MemberLeft"), ("rep", "team", "role"), ()),
    "rate": Kind(("ExchangeRateSet",), ("from", "to"), ("rate",), latest=False),
    "forecast": Kind(("ForecastSubmitted",), ("rep", "period", "category"), ("amount", "currency", "note")),
}


class CannotBeRecorded(Trouble):
    """{kind}: {fault}. `leadlog record {kind} --help` shows how it is written."""


class NoSuchKind(Trouble):
    """There is no kind of record {kind}; there are {kinds}."""


@dataclass(frozen=True, slots=True)
class Done:
    """What recording did. again: it was recorded before, and nothing was changed. position: of the event."""

    type: str
    data: Mapping[str, Any]
    time: str
    position: int | None
    again: bool


def record(
    workspace: Workspace, kind: str, type_: str, data: Mapping[str, Any], time: str, actor: str | None = None
) -> Done:
    """Record an event of a kind, through intake. time: a plain date or an instant. Raises CannotBeRecorded.

    Its id is made of what it says: the same again changes nothing. What counts by its latest is recorded anew where something
    else about the same was recorded in between.
    """
    told = {name: value for name, value in data.items() if value is not None}
    of = KINDS[kind]
    event = {"type": type_, "source": SOURCE, "subject": kind, "time": time, "data": told}
    said = json.dumps([type_, told, time], sort_keys=True, ensure_ascii=False)
    earlier = [row for row in _rows(workspace, kind) if of.latest and _about(of, row.clear()) == _about(of, told)]
    raw = json.dumps(
        event
        | {"id": f"{type_}:{hashlib.sha256(said.encode()).hexdigest()[:24]}" + (f":{len(earlier)}" if earlier else "")}
        | ({"actor": actor} if actor else {})
    ).encode()

    def sender_of(name: str | None) -> Sender:
        return workspace.sender_of(name or SOURCE)

    element = object_element(raw, "record", CONTEXT, sender_of)
    if element.fault is not None or element.proposal is None:
        raise CannotBeRecorded(kind=kind, fault=_said(element.fault))
    if earlier and _same(element.proposal.data, earlier[-1]):
        return Done(type_, told, time, earlier[-1].position, again=True)
    summary = Intake(workspace.log, workspace.keys, sender_of, new_run(workspace.clock())).take([element])
    if summary.quarantined or summary.parked:
        raise CannotBeRecorded(kind=kind, fault="it lies in quarantine; `leadlog quarantine list` says why")
    again = not summary.recorded
    return Done(type_, told, time, None if again else workspace.log.head().position, again)


def listed(workspace: Workspace, kind: str) -> Result:
    """What counts now of a kind: of what counts by its latest that one, else all. Raises NoSuchKind."""
    if kind not in KINDS:
        raise NoSuchKind(kind=kind, kinds=", ".join(KINDS))
    of = KINDS[kind]
    rows = [(row, _major(row.clear())) for row in _rows(workspace, kind)]
    if of.latest:
        rows = [*{_about(of, told): (row, told) for row, told in rows}.values()]
    if kind == "member":
        rows = [(row, told) for row, told in rows if row.type == "MemberJoined"]
    names = (*of.about, *of.told)
    columns = [Column("time"), *map(Column, names), Column("position"), Column("actor")]
    return Result(
        f"record {kind}",
        None,
        workspace.log.head().position,
        None,
        columns,
        [
            {"time": instant(row.occurred_at, row.occurred_day, workspace.zone)}
            | {name: told.get(name) for name in names}
            | {"position": row.position, "actor": row.actor}
            for row, told in sorted(rows, key=lambda one: one[0].position)
        ],
    )


def _rows(workspace: Workspace, kind: str) -> list[Row]:
    """The events of a kind, by position, without those of retracted runs."""
    with workspace.log.reading() as reading:
        retracted = retracted_runs(reading)
        found = [
            Row.of(values) for name in KINDS[kind].types for values in reading.execute(OF_BUSINESS, (name,)).fetchall()
        ]
    return sorted((row for row in found if row.run not in retracted), key=lambda row: row.position)


def _same(event: Event, row: Row) -> bool:
    """Whether what was recorded says the same, whenever it was."""
    return row.type == type(event).__name__ and row.clear() == parted(event)[0]


def _about(of: Kind, told: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(told.get(name) for name in of.about)


def _major(told: Mapping[str, Any]) -> dict[str, Any]:
    if told.get("amount") is None:
        return dict(told)
    return {**told, "amount": major_units(told["amount"], told["currency"])}


def _said(fault: Fault | None) -> str:
    return str(fault) if fault is not None else "it cannot be read"

"""Expiry: handoffs that nobody answered within the agreement's `expires_after`. Nothing expires by itself; an explicit run records it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.intake.intake import Intake
from engine.intake.parking import Stories
from engine.intake.summary import Summary
from engine.lead import Decided
from engine.portions import portions
from engine.privacy.ids import event_id
from engine.runs import new_run
from engine.store.log import Draft, Writing
from engine.views import named
from engine.workspace import Workspace
from events.decisions import HandoffExpired, HandoffPaused
from events.envelope import parted
from events.instants import Instant
from events.registry import LATEST
from projections.asked import Asked
from projections.history import History
from projections.result import Column, Result
from projections.views import ask

ACTOR = "leadlog:expire"
SIZE = 1_000  # handoffs a transaction
COLUMNS = (
    *(Column(name) for name in "handoff lead tier to_team to_owner".split()),
    Column("handed_off_at", "instant"),
    Column("expires_at", "instant"),
    *(Column(name) for name in ("reason", "agreement", "position")),
)


@dataclass(frozen=True, slots=True)
class Expired:
    """What a run did. result: the handoffs, `position` being that of the new event. moved: parked decisions that became legal by it."""

    run: str
    result: Result
    moved: int


def due(workspace: Workspace, asked: int) -> Result:
    """The handoffs that are past the limit at an instant (µs), by the time of the handoff; `position` is the handoff's."""
    history = History.open(workspace.history, workspace.log)
    found = ask("handoffs unanswered", history, Asked.of({}), workspace.settings.zone, lambda: asked)
    rows = [{**row, "reason": f"no answer within {row['expires_after']}"} for row in found.rows if row["past"]]
    told = [{column.name: row[column.name] for column in COLUMNS} for row in rows]
    return replace(found, view="expire", columns=COLUMNS, rows=told)


def would_expire(workspace: Workspace) -> Result:
    """What a run would do now."""
    return named(workspace, due(workspace, workspace.clock()))


def expire(workspace: Workspace) -> Expired:
    """Record HandoffExpired for each handoff that is past the limit. Again, or beside another run: each expires once.

    It happens at the instant of the run. The event tells the limit as its reason and the agreement, name and hash, as its correlation.
    The run's id is that of an intake: `leadlog retract` takes it back.
    """
    found = due(workspace, workspace.clock())
    run = new_run(workspace.clock())
    recorded: list[dict[str, Any]] = []
    for some in portions(found.rows, SIZE):
        with workspace.log.writing() as writing:
            recorded += _expired(workspace, writing, some, found.position or 0, run)
    result = named(workspace, replace(found, rows=recorded))
    return Expired(run, result, _tried_again(workspace, {row["lead"] for row in recorded}, run))


def _expired(
    workspace: Workspace, writing: Writing, rows: Sequence[Any], covered: int, run: str
) -> Iterator[dict[str, Any]]:
    """Those of the rows that the story still lets expire, recorded. covered: the position up to which the rows are known."""
    facts = writing.facts([row["position"] for row in rows])
    stories = Stories()
    stories.begin(writing, {fact.lead for fact in facts.values()})
    now = Instant.exact(writing.now)
    told: list[dict[str, Any]] = []
    drafts: list[Draft] = []
    for row in rows:
        handed = facts[row["position"]]
        event = HandoffExpired(handoff=row["handoff"], reason=row["reason"])
        verdict = stories.story(handed.lead).decide(event, now, None)
        if not isinstance(verdict, Decided) or _paused_since(writing, stories.members(handed.lead), row, covered):
            continue  # answered, ended or paused while this run was under way
        id_ = f"{HandoffExpired.__name__}:{run}:{handed.position}"
        drafts.append(
            Draft(
                stream=handed.stream,
                lead=handed.lead,
                type=HandoffExpired.__name__,
                schema_version=LATEST[HandoffExpired.__name__],
                time=now,
                recorded_at=None,
                source=handed.source,  # the lead's id is one of that source
                event_id=event_id(workspace.keys.secret, handed.source, f"id:{id_}"),
                data=parted(event)[0],
                personal={} if handed.subject is None else {"subject": handed.subject, "id": id_},
                actor=ACTOR,
                run=run,
                correlation_id=row["agreement"],
            )
        )
        told.append(row)
    positions = writing.append(drafts)
    return ({**row, "position": position} for row, position in zip(told, positions, strict=True))


def _paused_since(writing: Writing, members: frozenset[int], row: dict[str, Any], covered: int) -> bool:
    paused = writing.rows_of(members, [HandoffPaused.__name__])
    since = (one for rows in paused.values() for one in rows if one.position > covered)
    return any(one.clear().get("handoff") == row["handoff"] for one in since)


def _tried_again(workspace: Workspace, leads: set[int], run: str) -> int:
    """What is parked of those leads may be legal now. How many moved."""
    with workspace.quarantine() as quarantine:
        waiting = set(quarantine.waiting())
    streams = waiting & set(workspace.log.streams(leads).values())
    summary = Summary(run)
    if streams:
        Intake(workspace.log, workspace.keys, workspace.sender_of, run).release(streams, summary)
    return summary.recorded

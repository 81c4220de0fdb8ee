"""Undo of an import: what a run brought does not count from its retraction on, and counts again once it is restored."""

from dataclasses import dataclass

from engine.errors import NoSuchRun
from engine.intake.intake import Intake
from engine.intake.summary import Summary
from engine.intake.wanted import Wanted
from engine.own_events import own_event
from engine.portions import portions
from engine.runs import new_run, retracted_runs
from engine.workspace import Workspace
from events.business import RunRestored, RunRetracted
from projections.history import History
from projections.intake import events_of_run

LEADS = 1_000  # whose parked decisions are tried again in one transaction


@dataclass(frozen=True, slots=True)
class Undone:
    """What a retraction or a restoration did.

    position: of its event; None where the run was so already. events: of the run, in the log.
    parked: decisions of the run in quarantine. moved: parked decisions that are recorded because of it.
    """

    run: str
    position: int | None
    events: int
    parked: int
    moved: int


def retract(workspace: Workspace, run: str, reason: str | None = None, actor: str | None = None) -> Undone:
    """Record RunRetracted: views leave the run's events out from here on; as of earlier nothing changes.

    Raises NoSuchRun.
    """
    return _record(workspace, RunRetracted(run=run, reason=reason), actor)


def restore(workspace: Workspace, run: str, reason: str | None = None, actor: str | None = None) -> Undone:
    """Record RunRestored: the run's events count again. Raises NoSuchRun."""
    return _record(workspace, RunRestored(run=run, reason=reason), actor)


def _record(workspace: Workspace, event: RunRetracted | RunRestored, actor: str | None) -> Undone:
    log, keys, run = workspace.log, workspace.keys, event.run
    events = events_of_run(History.open(workspace.history, log), run)
    with workspace.quarantine() as quarantine:
        left, parked = quarantine.of_run(run), quarantine.count(Wanted(runs=(run,), states=("parked",)))
    if not events and not left:
        raise NoSuchRun(run=run)
    with log.writing() as writing:
        if (run in retracted_runs(writing)) == isinstance(event, RunRetracted):
            return Undone(run, None, events, parked, 0)
        id_ = f"{type(event).__name__}:{run}:{writing.head.position + 1}"  # a run may be retracted and restored again
        position = own_event(writing, keys, event, run, id_, actor)
    return Undone(run, position, events, parked, _tried_again(workspace))


def _tried_again(workspace: Workspace) -> int:
    """What is parked may be legal now: a disqualification is gone, or a capture is there again. How many moved."""
    with workspace.quarantine() as quarantine:
        waiting = quarantine.waiting()
    summary = Summary(new_run(workspace.clock()))
    intake = Intake(workspace.log, workspace.keys, workspace.sender_of, summary.run)
    for streams in portions(waiting, LEADS):
        intake.release(streams, summary)
    return summary.recorded

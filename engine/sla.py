"""The agreement's verdicts with leads and handoffs as people name them: the numbers opened, the proof, the comparison, the work list."""

from collections.abc import Callable, Mapping
from typing import Any

from engine import ics
from engine.errors import Trouble
from engine.ics import Entry
from engine.views import ask, asked_of, named
from engine.workspace import Workspace
from projections.history import History
from projections.result import Result
from projections.sla.compare import beside, changed
from projections.views import open_promise

ATTEMPTS = 3


class SeveralHandoffs(Trouble):
    """Several leads have a handoff {handoff}: say --lead with one of {candidates}."""


def opened(workspace: Workspace, promise: str, column: str, options: Mapping[str, Any]) -> Result:
    """The handoffs behind a number of `sla`: as many rows as the number says."""
    history = History.open(workspace.history, workspace.log)
    result = open_promise(
        history, asked_of(workspace, options), workspace.settings.zone, workspace.clock, promise, column
    )
    return named(workspace, result)


def explained(workspace: Workspace, handoff: str, options: Mapping[str, Any]) -> Result:
    """The proof of a handoff's verdicts. handoff: its id, or SOURCE/ID. Raises SeveralHandoffs, QuestionError."""
    result = ask(workspace, "sla explain", {**options, "handoff": handoff})
    leads = sorted({str(row["lead"]) for row in result.rows})
    if len(leads) > 1:
        raise SeveralHandoffs(handoff=repr(handoff), candidates=", ".join(leads))
    return result


def what_if(workspace: Workspace, view: str, other: str, options: Mapping[str, Any]) -> Result:
    """The same history under another agreement. view: `sla` for both with the difference, `sla verdicts` for the handoffs that change.

    other: a TOML file. Both are asked of the same log: once more where it has grown in between.
    """
    compare: Callable[[Result, Result], Result] = beside if view == "sla" else changed
    asked_at = workspace.clock()
    for _ in range(ATTEMPTS):
        now, then = (ask(workspace, view, told, now=asked_at) for told in (options, {**options, "what_if": other}))
        if now.position == then.position:
            break
    return compare(now, then)


def calendar(result: Result, asked_at: int) -> bytes:
    """A work list as iCalendar: an entry at each due instant. asked_at: µs."""
    entries = (
        Entry(
            uid=f"{row['lead']}/{row['handoff']}/{row['promise']}",
            summary=f"{row['promise']} to {row['lead']} is due ({row['handoff']})",
            begins=row["due_at"],
            description="; ".join(f"{name}: {row[name]}" for name in ("tier", "team", "owner") if row[name]),
        )
        for row in result.rows
    )
    return ics.calendar("promises that run out", entries, asked_at)

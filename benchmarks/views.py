"""Every view over all events, from the segments alone, against DuckDB's scan of the columns that it reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import ASKED_AT, Bench
from benchmarks.columns import watched
from benchmarks.figures import Figure
from benchmarks.limits import scan
from benchmarks.measuring import alone, leadlog, median, several
from engine.workspace import opened
from projections.asked import Asked
from projections.history import History
from projections.history.history import KEPT
from projections.history.moment import GENERAL
from projections.views import VIEWS, ask

# What a view must be told that has no answer without it; all others are asked without an option.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "movement": {"since": "2025-10-01", "until": "2025-12-31"},
    "forecast replay": {"period": "quarter"},
}

# Where the command is not called as the view is, with all that it is told.
COMMANDS: Mapping[str, str] = {
    "handoffs matrix teams": "handoffs matrix --teams",
    "wait journeys": "wait --journeys",
    "segments customers": "segments --customers",
    "forecast replay": "forecast --replay quarter",
}
OF_ONE = {"sla explain"}  # about a single handoff: no question to all events
OVER_ALL = [view for view in VIEWS if view not in OF_ONE]


@dataclass(frozen=True, slots=True)
class Answered:
    """first: seconds where nothing of an earlier answer was kept. again: where it was. rows: of the answer."""

    first: list[float]
    again: list[float]
    rows: int


def measure(bench: Bench) -> None:
    """All of them: a view that is new is measured without a line here."""
    events = bench.events()
    for view in OVER_ALL:
        with bench.measuring("views", view):
            _measure(bench, view, events)
        if "." not in view and _largest(bench, events):
            with bench.measuring("views command", view):
                done = leadlog(bench.workspace, *command(view), "--format", "csv", to=Path(os.devnull))
                bench.add(Figure("views command", view, events, done.seconds, peak=done.peak))


def _measure(bench: Bench, view: str, events: int) -> None:
    (columns, limit), _ = alone(scanned, bench.workspace, view, told(view), bench.runs)
    answered, peak = alone(answers, bench.workspace, view, bench.runs)
    note = f"{answered.rows:,} rows; reads {len(columns)} columns"
    bench.add(
        Figure(
            "views", view, events, median(answered.first), len(answered.first), limit=median(limit),
            against="scan of its columns", peak=peak, goals=() if "." in view else ("view", "memory"), note=note,
        )
    )  # fmt: skip
    if _largest(bench, events):
        bench.add(Figure("views again", view, events, median(answered.again), len(answered.again)))


def _largest(bench: Bench, events: int) -> bool:
    """Whether this is the largest size; at the others only growth is of interest."""
    return events > 0.9 * bench.sizes[-1]


def scanned(workspace: Path, view: str, options: Mapping[str, Any], runs: int) -> tuple[list[str], list[float]]:
    """The columns of the history that a view reads where nothing is kept, and seconds of scanning them."""
    with opened(workspace) as here, watched() as seen:
        forget_steps(here.history)
        answer(History.open(here.history, here.log), view, options)
    columns = sorted(seen)
    return columns, scan(workspace, columns, runs)


def answers(workspace: Path, view: str, runs: int) -> Answered:
    """The view asked some times, in this process."""
    with opened(workspace) as here:
        history = History.open(here.history, here.log)
        first = several(lambda: answer(history, view), runs, before=lambda: forget_steps(here.history))
        rows = answer(history, view)
        return Answered(first, several(lambda: answer(history, view), runs), rows)


def answer(history: History, view: str, options: Mapping[str, Any] | None = None) -> int:
    """Ask, with what the view must be told where nothing else is; how many rows."""
    asked = Asked.of(told(view) if options is None else options)
    return len(ask(view, history, asked, "Europe/Berlin", lambda: 0).rows)


def told(view: str) -> dict[str, Any]:
    """The options that a view is asked with."""
    now = {"now": ASKED_AT} if "now" in VIEWS[view].options else {}
    return {**now, **OPTIONS.get(view, {})}


def command(view: str) -> list[str]:
    """The words that ask it on the command line."""
    if view in COMMANDS:
        return COMMANDS[view].split()
    return [*view.split(), *(f"--{name}={value}" for name, value in OPTIONS.get(view, {}).items())]


def forget_steps(folder: Path) -> None:
    """Remove what views have kept beside the segments; what `history build` wrote there stays."""
    for path in (folder / KEPT).glob("*"):
        if not path.name.startswith(GENERAL):
            path.unlink(missing_ok=True)

"""A report after a thousand new events: in a process that has asked before, and as a whole command."""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.measuring import leadlog, median, timed
from benchmarks.views import OVER_ALL, answer
from engine.workspace import Workspace
from projections.history import History

NOTE = "the reading of the tail included, in a process that has asked before"


def measure(bench: Bench) -> None:
    """Each view after each portion of new events; the last portion is for the commands."""
    views = [view for view in OVER_ALL if "." not in view]
    *portions, last = sorted(bench.folder.glob("fresh-*.ndjson"))
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        answering = [view for view in views if _answers(bench, process, view)]
        seconds: dict[str, list[float]] = {view: [] for view in answering}
        for portion in portions:
            take(bench, portion)
            for view in answering:
                seconds[view].append(process.submit(asked, bench.workspace, view).result())
    events = bench.events()
    for view, taken in seconds.items():
        goals = ("tail",) if view == "funnel" else ()
        bench.add(Figure("tail", view, events, median(taken), len(taken), goals=goals, note=NOTE))
    take(bench, last)
    with bench.measuring("tail", "leadlog funnel"):
        done = leadlog(bench.workspace, "funnel", to=Path(os.devnull))
        bench.add(Figure("tail", "leadlog funnel", events, done.seconds, peak=done.peak, note="the whole command"))


def _answers(bench: Bench, process: ProcessPoolExecutor, view: str) -> bool:
    """Whether it can be asked; the first time it imports what it needs and keeps what it may keep."""
    with bench.measuring("tail", view):
        process.submit(asked, bench.workspace, view).result()
        return True
    return False


def take(bench: Bench, portion: Path) -> None:
    """Take new events in. Raises ValueError where they are in the log already."""
    before = bench.events()
    leadlog(bench.workspace, "ingest", str(portion))
    if bench.events() == before:
        raise ValueError("the new events are in the log already: the part `intake` must be measured before")


def asked(workspace: Path, view: str) -> float:
    """Seconds of an answer."""
    return timed(lambda: answer(_history(workspace), view))


@cache
def _history(workspace: Path) -> History:
    here = Workspace.find(workspace)
    return History.open(here.history, here.log)

"""A weekly report: all that one is asked for on a Monday, in one process after the week's news came.

The set, each view once and as it would be asked then; what is left out either lists leads one by one for somebody's work of the day
(`sla due`, `handoffs orphans`, …) or asks what if (`sla suggest`, `forecast replay`):

- of the week: the key figures beside those of the week before (`kpi`), what moved in the pipeline (`movement`), who did what
  (`activity`), what was promised and kept (`sla`), which handoffs were rejected and why (`handoffs reasons`), and those handoffs
  themselves (`handoffs`);
- of the quarter, for which plans and quotas are made: `funnel`, `forecast`, `reps`, `channels`, `segments`, `attribution`, `journey`,
  where the time went (`wait`), what marketing delivered (`sla marketing`);
- as it stands: `pipeline`; and over all of time, for cohorts and experiments ripen slowly: `cohorts`, `experiments`.

The news are the log's last events, a week's part of the time that it covers. What views had kept before they came is made by asking the
log as it was then: a reader that ends there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.measuring import alone, median, timed
from benchmarks.views import answer, forget_steps, scanned
from engine.store.log import Log
from engine.store.rows import Head
from engine.workspace import opened
from events.instants import DAY, EPOCH, wire
from projections.history import History
from projections.periods import written_as
from projections.views import VIEWS

DAYS = 7
Question = tuple[str, Mapping[str, Any]]  # a view and its options
Seconds = Mapping[str, float]


def report(log: Log) -> Sequence[Question]:
    """What is asked after the last event of that log: of the week before, and of the quarter in which that lies."""
    last = log.head().recorded_at
    day = (EPOCH + timedelta(microseconds=last)).date() - timedelta(days=DAYS)
    week: dict[str, Any] = {"period": written_as("week", day)}
    quarter: dict[str, Any] = {"period": written_as("quarter", day)}
    report: Sequence[Question] = (
        ("kpi", week | {"compare": "previous"}),
        *((view, week) for view in ("movement", "activity", "sla", "handoffs reasons", "handoffs")),
        *((view, quarter) for view in ("funnel", "forecast", "reps", "channels", "segments", "journey", "wait")),
        ("attribution", quarter | {"model": "first,linear"}),
        ("sla marketing", quarter),
        ("pipeline", {}),
        ("cohorts", {"period": "month"}),
        ("experiments", {}),
    )
    now = wire(last)
    return [(view, {**options, "now": now} if "now" in VIEWS[view].options else options) for view, options in report]


def news(log: Log) -> int:
    """How many events a week has; of a log that is younger than that all but the first one."""
    first = next(log.rows(to=1)).recorded_at
    head = log.head()
    share = DAYS * DAY / max(head.recorded_at - first, 1)
    return min(round(head.position * share), head.position - 1)


def measure(bench: Bench) -> None:
    """The report after the week's news and once more, and each of its views from the segments alone."""
    events = bench.events()
    with opened(bench.workspace) as here:
        questions, week = report(here.log), news(here.log)
    with bench.measuring("weekly", "the report"):
        alone(a_week_before, bench.workspace, questions, week)
        (fresh, again), peak = alone(twice, bench.workspace, questions)
        for part, seconds in (("weekly view", fresh), ("weekly view again", again)):
            for view, taken in seconds.items():
                bench.add(Figure(part, view, events, taken))
        note = f"{len(questions)} views in one process, {week:,} events after what was kept"
        goals = ("weekly", "weekly memory")
        bench.add(Figure("weekly", "weekly report", events, sum(fresh.values()), peak=peak, goals=goals, note=note))
        bench.add(Figure("weekly", "the same once more", events, sum(again.values())))
    for view, options in questions:
        with bench.measuring("weekly", view):
            (columns, limit), _ = alone(scanned, bench.workspace, view, options, bench.runs)
            taken, most = alone(from_segments, bench.workspace, view, options)
            bench.add(
                Figure(
                    "weekly view alone", view, events, taken, limit=median(limit), against="scan of its columns", peak=most,
                    note=f"{told(options)}; reads {len(columns)} columns",
                )
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Earlier:
    """A log as it was some events ago."""

    log: Log
    less: int

    def head(self) -> Head:
        """Where it stood."""
        position = self.log.head().position - self.less
        digest = self.log.hash_at(position)
        assert digest is not None
        return Head(position, digest, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def a_week_before(workspace: Path, questions: Sequence[Question], week: int) -> None:
    """All of the report, asked before the week's news came; views keep what they keep."""
    with opened(workspace) as here:
        forget_steps(here.history)
        asked(History.open(here.history, Earlier(here.log, week)), questions)


def twice(workspace: Path, questions: Sequence[Question]) -> tuple[Seconds, Seconds]:
    """Seconds of each view, in one process, and once more."""
    with opened(workspace) as here:
        history = History.open(here.history, here.log)
        return asked(history, questions), asked(history, questions)


def from_segments(workspace: Path, view: str, options: Mapping[str, Any]) -> float:
    """Seconds of a view of which nothing was kept."""
    with opened(workspace) as here:
        forget_steps(here.history)
        return _seconds(History.open(here.history, here.log), view, options)


def asked(history: History, questions: Sequence[Question]) -> Seconds:
    """Seconds of each view, one after the other."""
    return {view: _seconds(history, view, options) for view, options in questions}


def _seconds(history: History, view: str, options: Mapping[str, Any]) -> float:
    return timed(lambda: answer(history, view, options))


def told(options: Mapping[str, Any]) -> str:
    """The options as they are written, the instant of asking aside."""
    return " ".join(f"--{name} {value}" for name, value in options.items() if name != "now")

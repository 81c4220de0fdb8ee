"""The views `runs`, `sources` and `sources gaps`: what came in, from where, what is missing of it, and what lies in quarantine."""

from collections.abc import Callable
from typing import Any

from engine.workspace import Workspace
from events.instants import wire
from projections import intake
from projections.asked import Asked, Limits, limits
from projections.errors import QuestionError
from projections.history import History
from projections.result import Column, Result, Unit, instant

MICROS = 1_000_000
STATES = ("parked", "refused", "faulty")
LATE = 2  # times the usual silence
Read = Callable[[History, Limits], tuple[int, list[dict[str, Any]]]]

UNITS: dict[str, Unit] = {
    **dict.fromkeys(("events", "leads", "gaps", "runs", *STATES), "count"),
    **dict.fromkeys(("began", "ended", "last_event", "last_known", "after", "before"), "instant"),
    **dict.fromkeys(("quiet_s", "usual_s", "longest_gap_s", "length_s"), "s"),
}


def _columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, UNITS.get(name)) for name in names.split())


RUNS = _columns("run sources began ended events leads first_position last_position retracted parked refused faulty")
SOURCES = _columns(
    "source events runs last_run last_event last_known quiet_s usual_s overdue gaps longest_gap_s parked refused faulty"
)
GAPS = _columns("source after before length_s usual_s")


def runs(workspace: Workspace, asked: Asked, now: int) -> Result:
    """A run a row, by its first event. What only lies in quarantine has no position. Quarantine: as it is now."""
    cut, position, found = _read(workspace, asked, now, intake.runs)
    kept = _kept(workspace, "run")
    nothing = {
        "sources": [],
        "events": 0,
        "leads": 0,
        "first_position": None,
        "last_position": None,
        "retracted": False,
    }
    there = {row["run"] for row in found}
    found += [
        {"run": run, **nothing, **told} for run, told in sorted(kept.items(), key=str) if run and run not in there
    ]
    rows = [
        {
            **{column.name: row.get(column.name) for column in RUNS},
            "sources": ", ".join(row["sources"]),
            "began": instant(row["began"], None, cut.zone),
            "ended": instant(row["ended"], None, cut.zone),
            **{state: kept.get(row["run"], {}).get(state, 0) for state in STATES},
        }
        for row in found
    ]
    return _result("runs", RUNS, rows, position, cut)


def sources(workspace: Workspace, asked: Asked, now: int) -> Result:
    """A source a row: those that sent, those that only lie in quarantine, and those that leadlog.toml declares."""
    cut, position, found = _read(workspace, asked, now, intake.sources)
    kept = _kept(workspace, "source")
    there = {row["source"] for row in found}
    meant = _meant(asked)
    others = {*kept, *workspace.settings.source, *(meant or ())} - there
    nothing = dict.fromkeys(("last_run", "last_event", "last_known", "usual", "longest_gap"))
    found += [{"source": name, "events": 0, "runs": 0, "gaps": 0, **nothing} for name in others]
    rows = [
        {
            "source": row["source"],
            "events": row["events"],
            "runs": row["runs"],
            "last_run": row["last_run"],
            "last_event": instant(row["last_event"], None, cut.zone),
            "last_known": instant(row["last_known"], None, cut.zone),
            "quiet_s": _seconds(quiet := None if row["last_known"] is None else max(cut.asked - row["last_known"], 0)),
            "usual_s": _seconds(row["usual"]),
            "overdue": None if quiet is None or row["usual"] is None else quiet > LATE * row["usual"],
            "gaps": row["gaps"],
            "longest_gap_s": _seconds(row["longest_gap"]),
            **{state: kept.get(row["source"], {}).get(state, 0) for state in STATES},
        }
        for row in sorted(found, key=lambda row: (row["source"] is None, row["source"]))
        if meant is None or row["source"] in meant
    ]
    return _result("sources", SOURCES, rows, position, cut)


def gaps(workspace: Workspace, asked: Asked, now: int) -> Result:
    """A row for each span in which a source sent nothing, longer than is usual for it."""
    cut, position, found = _read(workspace, asked, now, intake.gaps)
    rows = [
        {
            "source": row["source"],
            "after": instant(row["after"], None, cut.zone),
            "before": instant(row["before"], None, cut.zone),
            "length_s": _seconds(row["length"]),
            "usual_s": _seconds(row["usual"]),
        }
        for row in found
        if (meant := _meant(asked)) is None or row["source"] in meant
    ]
    return _result("sources gaps", GAPS, rows, position, cut)


def _meant(asked: Asked) -> tuple[str | None, ...] | None:
    """The sources that are asked for; None for all. Raises QuestionError."""
    if unknown := sorted(asked.filter.keys() - {"source"}):
        raise QuestionError(f"sources has no filter `{unknown[0]}`; there is source")
    return asked.filter.get("source")


def _read(workspace: Workspace, asked: Asked, now: int, read: Read) -> tuple[Limits, int, list[dict[str, Any]]]:
    cut = limits(asked, workspace.settings.zone, lambda: now)
    position, rows = read(History.open(workspace.history, workspace.log), cut)
    return cut, position, rows


def _kept(workspace: Workspace, by: str) -> dict[str | None, dict[str, Any]]:
    """What lies in quarantine, by source or run: how many of each state, and when they came."""
    found: dict[str | None, dict[str, Any]] = {}
    with workspace.quarantine() as quarantine:
        for name, state, count, began, ended in quarantine.standing(by):
            told = found.setdefault(name, {"began": began, "ended": ended})
            told[state] = count
            told["began"], told["ended"] = min(told["began"], began), max(told["ended"], ended)
    return found


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / MICROS


def _result(view: str, columns: tuple[Column, ...], rows: list[dict[str, Any]], position: int, cut: Limits) -> Result:
    return Result(view, None, position, None if cut.as_of is None else wire(cut.as_of), columns, rows)

"""The view `quarantine`: what could not be taken, an entry a row."""

from collections.abc import Iterator
from typing import Any, get_args
from zoneinfo import ZoneInfo

from engine.intake.entry import Entry, State
from engine.intake.reasons import CONTENT, DECISIONS
from engine.intake.wanted import Wanted
from engine.workspace import Workspace
from projections.asked import Asked, limits
from projections.errors import QuestionError
from projections.result import Column, Result, instant

UNITS: dict[str, Any] = {"count": "count", "first_seen": "instant", "last_seen": "instant"}
COLUMNS = tuple(
    Column(name, UNITS.get(name))
    for name in "entry source lead type state reason count first_seen last_seen where behind run".split()
)
FILTERS = ("state", "reason", "source", "type", "run")
WORDS = {*CONTENT, *DECISIONS}


def quarantine(workspace: Workspace, asked: Asked, now: int) -> Result:
    """What lies there now. Options: since and until (seen last), filter by state, reason (its word), source, type, run."""
    cut = limits(asked, workspace.settings.zone, lambda: now)
    with workspace.quarantine() as opened:
        listed = [row(entry, cut.zone) for entry in opened.entries(wanted(asked, cut.since, cut.until))]
    return Result("quarantine", None, workspace.log.head().position, None, COLUMNS, listed)


def wanted(asked: Asked, since: int | None = None, until: int | None = None) -> Wanted:
    """The entries that a question means. Raises QuestionError."""
    told: dict[str, tuple[Any, ...]] = dict(asked.filter)
    if unknown := sorted(told.keys() - set(FILTERS)):
        raise QuestionError(f"quarantine has no filter `{unknown[0]}`; there are {', '.join(FILTERS)}")
    for name, known in (("state", set(get_args(State))), ("reason", WORDS)):
        if strange := [value for value in told.get(name, ()) if value not in known]:
            raise QuestionError(f"{name}: there is no {strange[0]!r}; there are {', '.join(sorted(known))}")
    return Wanted(
        states=told.get("state", ()),
        words=told.get("reason", ()),
        sources=told.get("source", ()),
        types=told.get("type", ()),
        runs=told.get("run", ()),
        since=since,
        until=until,
    )


def row(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    """An entry as a row."""
    return {
        "entry": entry.entry,
        "source": entry.source,
        "lead": entry.subject or (str(entry.stream) if entry.stream else None),
        "type": entry.type,
        "state": entry.state,
        "reason": entry.reason,
        "count": entry.count,
        "first_seen": instant(entry.first_seen, None, zone),
        "last_seen": instant(entry.last_seen, None, zone),
        "where": entry.where,
        "behind": list(entry.behind) or None,
        "run": entry.run,
    }


def lines(workspace: Workspace, meant: Wanted, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The rows one after the other; only a page of them is in memory."""
    with workspace.quarantine() as opened:
        for entry in opened.entries(meant, limit):
            yield row(entry, workspace.zone)

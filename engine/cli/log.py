"""`leadlog log`: raw events."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption
from engine.cli.output import write_view
from engine.export import exported
from engine.names import found
from engine.runs import retracted_runs
from engine.store.rows import Row
from engine.workspace import Workspace, opened
from events.cloudevents import wire_data
from events.instants import parse_instant
from events.registry import event_class
from projections.result import Column, Result, instant

LONGEST_TABLE = 200
COLUMNS = ("position", "source", "lead", "type", "time", "knowntime", "actor", "run", "retracted", "data")


def command(
    type_: Annotated[list[str] | None, typer.Option("--type", help="Events of this name; several times.")] = None,
    lead: Annotated[str | None, typer.Option(help="Events of this lead.")] = None,
    source: Annotated[str | None, typer.Option(help="Events from this source.")] = None,
    run: Annotated[str | None, typer.Option(help="Events of this intake run.")] = None,
    since: Annotated[str | None, typer.Option(help="That happened from this date or instant on.")] = None,
    until: Annotated[
        str | None, typer.Option(help="That happened before this instant; a plain date includes its day.")
    ] = None,
    after: Annotated[int, typer.Option(help="With positions after this one.")] = 0,
    limit: Annotated[int | None, typer.Option(help="At most so many; a table shows 200 unless told.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Print only how many.")] = False,
    counting: Annotated[bool, typer.Option("--counting", help="Leave the events of retracted runs out.")] = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The raw events by position. --format json prints CloudEvents, one a line: what `ingest` takes in.

    Events of retracted runs are there, and marked; --counting leaves them out, as views do.
    """
    for name in type_ or ():
        event_class(name)
    with opened(workspace) as here:
        filters: dict[str, Any] = {
            "types": tuple(type_ or ()),
            "lead": found(here.log, here.keys, lead) if lead else None,
            "since": parse_instant(since, here.zone, "earlier", "since", here.zone).start if since else None,
            "until": _until(until, here.zone) if until else None,
            "source": source,
            "run": run,
        }
        with here.log.reading() as reading:
            retracted = retracted_runs(reading)
        if count and not (counting and retracted):
            typer.echo(here.log.count(after, **filters))
            return
        rows = here.log.rows(after, limit=None if counting else limit, **filters)
        if counting:
            rows = islice((row for row in rows if row.run not in retracted), limit)
        if count:
            typer.echo(sum(1 for _ in rows))
        elif format_ is Format.JSON:
            for event in exported(here.log, rows):
                flag = {"retracted": True} if event.get("run") in retracted else {}
                typer.echo(json.dumps(event | flag, ensure_ascii=False))
        elif format_ is Format.TABLE and limit is None:
            shown = list(islice(rows, LONGEST_TABLE + 1))
            write_view(_result(here, shown[:LONGEST_TABLE], retracted), format_)
            if len(shown) > LONGEST_TABLE:
                typer.echo(f"… more than {LONGEST_TABLE}: --limit, --after and --format json show the rest.", err=True)
        else:
            write_view(_result(here, rows, retracted), format_)


def _result(workspace: Workspace, rows: Iterable[Row], retracted: frozenset[str]) -> Result:
    told = workspace.log.facts(rows)
    listed = [
        {
            "position": event.position,
            "source": event.source,
            "lead": event.subject or str(event.stream),
            "type": event.type,
            "time": instant(event.time.start, event.time.day, workspace.zone),
            "knowntime": instant(event.recorded_at, None, workspace.zone),
            "actor": event.actor,
            "run": event.run,
            "retracted": event.run in retracted,
            "data": json.dumps(wire_data(event.data), ensure_ascii=False, default=str),
        }
        for event in told
    ]
    columns = [Column(name) for name in COLUMNS]
    return Result("log", None, workspace.log.head().position, None, columns, listed)


def _until(text: str, zone: ZoneInfo) -> int:
    """µs before which it must have happened."""
    told = parse_instant(text, zone, "earlier", "until", zone)
    return told.start if told.day is None else told.end + 1

"""`leadlog sources`: is everything there?"""

import re
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.errors import BadOption
from engine.views import ask
from engine.workspace import opened

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
DURATION = re.compile(r"(\d+)(s|min|h|d|w)", re.ASCII)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "sources",
        epilog=examples("leadlog sources", "leadlog sources --gaps", "leadlog sources --quiet-for 24h --source crm"),
    )(command)


def command(
    source: Annotated[list[str] | None, typer.Option("--source", help="This one; several times.")] = None,
    gaps: Annotated[bool, typer.Option("--gaps", help="List the gaps themselves.")] = False,
    quiet_for: Annotated[
        str | None,
        typer.Option("--quiet-for", help="End with 1 where a source has been silent longer: 90min, 24h, 3d."),
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="As it was known then.")] = None,
    now: Annotated[
        str | None, typer.Option("--now", help="The instant at which it is asked; else --as-of, else the clock.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Per source: the last event, since when nothing has come, gaps, and what lies in quarantine. docs/sources.md."""
    longest = _seconds(quiet_for) if quiet_for is not None else None
    options: dict[str, Any] = {"as_of": as_of, "now": now, "filter": {"source": source} if source else None}
    with opened(workspace) as here:
        result = ask(here, "sources", options)
        write_view(ask(here, "sources gaps", options) if gaps else result, format_)
    quiet = [
        row["source"]
        for row in result.rows
        if longest is not None and row["source"] and (row["quiet_s"] is None or row["quiet_s"] > longest)
    ]
    if quiet:
        typer.echo(f"Nothing for more than {quiet_for} from {', '.join(quiet)}.", err=True)
    raise typer.Exit(1 if quiet else 0)


def _seconds(text: str) -> int:
    told = DURATION.fullmatch(text.strip())
    if told is None:
        raise BadOption(option="--quiet-for", fault=f"{text!r} is no duration; write 90min, 24h or 3d")
    return int(told[1]) * UNITS[told[2]]

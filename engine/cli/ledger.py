"""`leadlog verify | erase`."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.progress import progress
from engine.erasure import erase as erase_person
from engine.ledger.verify import verify as walk
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog verify"))(verify)
    app.command(epilog=examples("leadlog erase crm/L1 --request DSR-2026-17"))(erase)


def verify(format_: FormatOption = Format.TABLE, workspace: WorkspaceOption = None) -> None:
    """Walk the hash chain: any changed, removed, swapped, inserted or replaced event and a cut tail is named.

    Exit code 1 where something is wrong. What a chain cannot see: log and key file replaced together by older copies.
    """
    with opened(workspace) as here, progress("verifying", here.log.head().position) as advance:
        verdict = walk(here.log, advance)
    if format_ is Format.JSON:
        typer.echo(json.dumps(asdict(verdict) | {"hash": verdict.hash.hex(), "whole": verdict.whole}))
    else:
        for flaw in verdict.flaws:
            typer.echo(f"position {flaw.position}: {flaw.kind}: {flaw.detail}")
        said = "whole" if verdict.whole else f"NOT whole: {len(verdict.flaws)} flaws"
        typer.echo(
            f"The log is {said}; {verdict.events:,} events, position {verdict.position:,}, hash {verdict.hash.hex()}"
        )
    raise typer.Exit(0 if verdict.whole else 1)


def erase(
    lead: Annotated[str, typer.Argument(help="The lead's id, SOURCE/ID, or its stream's id.")],
    request: Annotated[str | None, typer.Option(help="The file number of the person's request.")] = None,
    actor: Annotated[str | None, typer.Option(help="Who erases.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Erase a person: her key is destroyed, the events remain, no number moves. It cannot be undone."""
    with opened(workspace) as here:
        if not yes and sys.stdin.isatty():
            typer.confirm(f"Erase {lead} for good?", abort=True, err=True)
        done = erase_person(here, lead, request, actor)
        ids = f"{len(done.streams)} ids of one person" if len(done.streams) > 1 else "1 id"
        said = "was erased before" if done.again else "is erased"
        typer.echo(
            f"{lead} {said} ({ids}); PersonErased stands at position {done.position}. Now known as {done.streams[0]}."
        )

"""`leadlog verify`."""

import json
from dataclasses import asdict

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.progress import progress
from engine.ledger.verify import verify as walk
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("leadlog verify"))(verify)


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

"""`leadlog backup | restore`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.backups.backup import back_up
from engine.backups.restore import Asked
from engine.backups.restore import restore as put_back
from engine.cli.options import WorkspaceOption, examples
from engine.cli.progress import progress
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples("leadlog backup /mnt/backups/2026-03-31", "leadlog backup /mnt/log/1 --keys /mnt/keys/1")
    )(backup)
    app.command(
        epilog=examples(
            "leadlog restore /mnt/backups/2026-03-31 --erasures /mnt/other/erasures.ndjson",
            "leadlog restore /mnt/backups/2026-03-31 --accept-loss",
            "leadlog restore --accept-loss",
        )
    )(restore)


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    keys: Annotated[Path | None, typer.Option(help="Another new folder for the key file, apart from the log.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Copy log, keys and settings, of one moment, while others write. The list of erasures does not go with it."""
    with opened(workspace) as here, progress("copying", 100) as advance:
        made = back_up(here, folder, keys, advance)
        erasures = here.settings.privacy.erasures
    typer.echo(
        f"Copied the log up to position {made.position:,} and its keys to {folder}{f' and {keys}' if keys else ''}."
    )
    typer.echo(
        f"Keep {erasures} somewhere else: the backup brings back whoever is erased from now on, the list erases again."
    )


def restore(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The backup; left out: log and key file were put into the workspace by hand."),
    ] = None,
    keys: Annotated[Path | None, typer.Option(help="The folder of the key file's copy, where it lies apart.")] = None,
    erasures: Annotated[Path | None, typer.Option(help="A list of erasures, beside the workspace's own.")] = None,
    no_erasures: Annotated[bool, typer.Option("--no-erasures", help="There is no list: nobody was erased.")] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Give up what came after the backup; it is written down in the log.")
    ] = False,
    actor: Annotated[str | None, typer.Option("--actor", help="Who does it; it is recorded.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Put a backup back into the workspace, and erase again whoever was erased since."""
    environment = os.environ.get("LEADLOG_WORKSPACE")
    target = workspace or (Path(environment) if environment else Path.cwd())
    done = put_back(target, Asked(folder, keys, erasures, no_erasures, accept_loss, actor))
    typer.echo(f"The log stands at position {done.position:,}.")
    if done.lost is not None:
        typer.echo(
            f"Lost: positions {done.lost[0]:,} to {done.lost[1]:,}; PositionsLost says so in the log. Send again what came in since"
            " then: what is known already is not doubled."
        )
    typer.echo(f"{done.erased.streams:,} ids were erased again, {len(done.erased.positions):,} PersonErased recorded.")

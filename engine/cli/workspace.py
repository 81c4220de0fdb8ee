"""`leadlog init`."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import examples
from engine.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog init sales --zone Europe/Berlin --currency EUR"))(init)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make; one that exists is filled.")],
    zone: Annotated[str, typer.Option(help="IANA time zone in which periods are cut.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the currency that reports use.")] = "EUR",
) -> None:
    """Make a workspace: settings, an empty log and its key file."""
    made = Workspace.init(folder, zone, currency)
    typer.echo(f"Made the workspace {made.folder}: leadlog.toml (settings), log.db (the log), keys.db (its keys).")
    typer.echo("Back up log.db and keys.db, apart from each other: without its key no personal field can be read.")

"""`leadlog demo`: the main job, on a sample, by the very commands that a user types."""

import os
import shlex
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from engine.cli.options import examples
from engine.workspace import SETTINGS, opened

LEADS, SEED = 1000, 7
TELLING = ("LeadRecycled", "HandoffRejected", "OfferRevised", "DealWon")  # what makes a story worth showing


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(epilog=examples("leadlog demo", "leadlog demo /tmp/try-leadlog"))
    def demo(folder: Annotated[Path, typer.Argument(help="Where the sample workspace goes.")] = Path("demo")) -> None:
        """Take in a sample history and show what can be asked of it. Run again, it adds nothing."""
        sample = folder / "sample.ndjson"
        if not (folder / SETTINGS).is_file():
            _do(app, f"init {shlex.quote(str(folder))} --zone Europe/Berlin --currency EUR")
            _declare_archives(folder)
        _do(app, f"simulate --leads {LEADS} --seed {SEED} --dirt --output {shlex.quote(str(sample))}")
        os.environ["LEADLOG_WORKSPACE"] = str(folder)
        typer.echo(f"\n$ export LEADLOG_WORKSPACE={folder}")
        _do(app, f"ingest {shlex.quote(str(sample))}")
        _do(app, "funnel")
        _do(app, "funnel --by channel --format csv --period 2024-Q4 --open won")
        _do(app, f"lead {shlex.quote(_telling(folder))}")
        _do(app, "quarantine list")
        _do(app, "verify")
        typer.echo(
            f"\nAll of it lies in {folder.absolute()}: leadlog.toml (settings), log.db (the log), keys.db (keys of persons),"
        )
        typer.echo(
            "sample.ndjson (what came in). Remove the folder and it is gone. `leadlog --help` shows what else can be asked."
        )


def _do(app: typer.Typer, command: str) -> None:
    """A command as a user types it, and what it prints."""
    typer.echo(f"\n$ leadlog {command}")
    try:
        get_command(app).main(shlex.split(command), prog_name="leadlog", standalone_mode=False)
    except typer.Exit as done:  # its code is part of what is shown, no fault of the demo
        if done.exit_code not in (0, 3):
            raise


def _declare_archives(folder: Path) -> None:
    """The sample brings its own past: its sources may say when something was learned."""
    from engine.simulate import SOURCES

    with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.writelines(f"\n[source.{source}]\narchive = true\n" for source in SOURCES)


def _telling(folder: Path) -> str:
    """The id of a lead whose story shows most."""
    with opened(folder) as here:
        types = defaultdict[int, set[str]](set)
        for row in here.log.rows(types=TELLING):
            types[row.lead].add(row.type)
        lead = max(types, key=lambda lead: (len(types[lead]), -lead))
        name = here.log.names([lead])[lead]
        return f"{name.source}/{name.subject}"

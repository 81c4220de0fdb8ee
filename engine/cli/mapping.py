"""`leadlog mapping check`."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import WorkspaceOption, examples
from engine.errors import NoWorkspace
from engine.intake.check import Checked, check
from engine.workspace import Workspace
from events.cloudevents import wire_data


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Mapping files: what rows and columns mean.")
    room.callback()(_only_names)  # one command alone would take the room's place
    room.command("check", epilog=examples("leadlog mapping check olist-mql.toml --sample leads.csv"))(command)
    app.add_typer(room, name="mapping")


def command(
    mapping: Annotated[Path, typer.Argument(help="The mapping file (TOML): docs/mappings.md.")],
    sample: Annotated[Path, typer.Option(help="A table to try it on.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Try a mapping on a table without taking anything in. Exit code 1 where a row cannot be read."""
    try:
        checked = check(mapping, sample, Workspace.find(workspace).sender_of)
    except NoWorkspace:
        checked = check(mapping, sample)
    _print(checked)
    raise typer.Exit(1 if checked.faulty else 0)


def _only_names() -> None:
    """Mapping files: what rows and columns mean."""


def _print(checked: Checked) -> None:
    typer.echo(
        f"{checked.rows:,} rows: {checked.events.total():,} events, {checked.faulty:,} faults, {checked.ignored:,} left out"
    )
    for of, count in checked.events.most_common():
        typer.echo(f"  {count:>9,} {of}")
        for one in checked.examples[of]:
            told = ", ".join(f"{name}: {value}" for name, value in wire_data(one.data).items())
            typer.echo(f"            {one.time} {one.source}/{one.subject} {told}")
    for fault in checked.faults:
        at = f", column {fault.column}, value {fault.value!r}" if fault.column else ""
        typer.echo(f"{fault.where}{at}: {fault.reason}")
    if checked.faulty > len(checked.faults):
        typer.echo(f"… and {checked.faulty - len(checked.faults):,} more faults")

"""`leadlog history status | build | drop`."""

import typer

from engine.cli.options import WorkspaceOption, examples
from engine.cli.progress import progress
from engine.workspace import Workspace, opened
from projections.history import History


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="The log's columnar mirror, which views read: derived, disposable.",
    )
    room.command(epilog=examples("leadlog history status"))(status)
    room.command(epilog=examples("leadlog history build"))(build)
    room.command(epilog=examples("leadlog history drop"))(drop)
    app.add_typer(room, name="history")


def status(workspace: WorkspaceOption = None) -> None:
    """How much of the log lies in segments, and how much is read as tail."""
    with opened(workspace) as here:
        found = _history(here).status()
        typer.echo(
            f"{here.history}: {found.segments} segments, {found.bytes:,} bytes, positions 1 to {found.covered:,} of {found.head:,}"
        )
        typer.echo(f"{found.tail:,} events are read from the log when a view is asked for.")
        if found.strangers:
            typer.echo(
                f"{found.strangers} files belong to another log or time and are not read; `leadlog history build` removes them."
            )


def build(workspace: WorkspaceOption = None) -> None:
    """Write segments up to the log's head. Views need it for nothing but speed."""
    with opened(workspace) as here:
        history = _history(here)
        with progress("building", here.log.head().position) as advance:
            found = history.build(None if advance is None else lambda reached, _: advance(reached))
        typer.echo(f"{found.segments} segments hold positions 1 to {found.covered:,} in {found.bytes:,} bytes.")


def drop(workspace: WorkspaceOption = None) -> None:
    """Remove all segments; they are built again from the log."""
    with opened(workspace) as here:
        typer.echo(f"Removed {_history(here).drop()} segments; the log is untouched.")


def _history(workspace: Workspace) -> History:
    return History.open(workspace.history, workspace.log)

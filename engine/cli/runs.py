"""`leadlog runs | retract | restore-run`: intake runs, and their undoing."""

from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.retraction import Undone
from engine.retraction import restore as restored
from engine.retraction import retract as retracted
from engine.views import ask
from engine.workspace import opened

RunArgument = Annotated[str, typer.Argument(help="The run's id, as `leadlog runs` prints it.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, in a few words; it is recorded.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Who does it, for instance ops:anna.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog runs", "leadlog runs --format csv"))(runs)
    app.command(epilog=examples("leadlog retract 20260302-090000-a1b2c3 --reason 'wrong mapping'"))(retract)
    app.command("restore-run", epilog=examples("leadlog restore-run 20260302-090000-a1b2c3"))(restore)


def runs(
    as_of: Annotated[str | None, typer.Option("--as-of", help="As it was known then.")] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The intake runs: when, from where, how much, what of it lies in quarantine, and whether it is retracted."""
    with opened(workspace) as here:
        write_view(ask(here, "runs", {"as_of": as_of}), format_)


def retract(
    run: RunArgument, reason: ReasonOption = None, actor: ActorOption = None, workspace: WorkspaceOption = None
) -> None:
    """Undo an import: from now on views leave the run's events out. The log keeps them; as of earlier nothing changes."""
    with opened(workspace) as here:
        done = retracted(here, run, reason, actor)
    if done.position is None:
        typer.echo(f"Run {run} was retracted before. Nothing was changed.")
        return
    typer.echo(
        f"Run {run} is retracted: its {done.events:,} events count no more from position {done.position} on."
        f" `leadlog restore-run {run}` takes that back."
    )
    if done.parked:
        typer.echo(f"{done.parked:,} of its decisions are parked and wait until it is restored, or are dropped.")
    _tell_moved(done)


def restore(
    run: RunArgument, reason: ReasonOption = None, actor: ActorOption = None, workspace: WorkspaceOption = None
) -> None:
    """Take a retraction back: the run's events count again."""
    with opened(workspace) as here:
        done = restored(here, run, reason, actor)
    if done.position is None:
        typer.echo(f"Run {run} is not retracted. Nothing was changed.")
        return
    typer.echo(f"Run {run} is restored: its {done.events:,} events count again from position {done.position} on.")
    _tell_moved(done)


def _tell_moved(done: Undone) -> None:
    if done.moved:
        typer.echo(f"{done.moved:,} parked decisions became legal by that and are recorded.")

"""`leadlog quarantine list | show | retry | drop`."""

from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.errors import NoSuchEntry
from engine.intake.quarantine import Entry, Quarantine
from engine.intake.retry import retry as try_again
from engine.views import ask
from engine.workspace import Workspace, opened
from events.instants import wire

EntryArgument = Annotated[int, typer.Argument(help="The entry's number, as `list` prints it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="What could not be taken, why, and what can be done."
    )
    room.command("list", epilog=examples("leadlog quarantine list", "leadlog quarantine list --format csv > kept.csv"))(
        listed
    )
    room.command(epilog=examples("leadlog quarantine show 17"))(show)
    room.command(epilog=examples("leadlog quarantine retry", "leadlog quarantine retry 17"))(retry)
    room.command(epilog=examples("leadlog quarantine drop 17"))(drop)
    app.add_typer(room, name="quarantine")


def listed(workspace: WorkspaceOption = None, format_: FormatOption = Format.TABLE) -> None:
    """What lies in quarantine, and why."""
    with opened(workspace) as here:
        write_view(ask(here, "quarantine", {}), format_)


def show(entry: EntryArgument, workspace: WorkspaceOption = None) -> None:
    """One entry with all that came in."""
    with opened(workspace) as here:
        found = _entry(here, entry)
        for name, value in _told(found).items():
            typer.echo(f"{name + ':':<12} {value}")
        typer.echo(found.raw.decode(errors="backslashreplace") if found.raw is not None else "(the person was erased)")


def retry(
    entry: Annotated[int | None, typer.Argument(help="One entry; left out: all.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Try again what lies in quarantine, for instance after a mapping was mended."""
    with opened(workspace) as here:
        if entry is not None:
            _entry(here, entry)
        summary = try_again(here, entry)
        typer.echo(
            f"{summary.recorded} recorded, {summary.known} were known already, {summary.left} stay in quarantine."
        )
        raise typer.Exit(3 if summary.left else 0)


def drop(
    entry: EntryArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take an entry out for good: what came in is gone then."""
    with opened(workspace) as here:
        found = _entry(here, entry)
        if not yes:
            typer.confirm(f"Drop entry {entry} ({found.reason})?", abort=True, err=True)
        with here.log.writing() as writing:
            Quarantine(writing, here.keys).remove(entry)
        typer.echo(f"Dropped entry {entry}.")


def _entry(workspace: Workspace, number: int) -> Entry:
    with workspace.quarantine() as quarantine:
        found = quarantine.entries(number)
    if not found:
        raise NoSuchEntry(entry=number)
    return found[0]


def _told(entry: Entry) -> dict[str, object]:
    return {
        "entry": entry.entry,
        "state": entry.state,
        "reason": entry.reason,
        "where": entry.where or "–",
        "source": entry.source or "–",
        "lead": entry.subject or entry.stream or "–",
        "type": entry.type or "–",
        "id": entry.id or "–",
        "run": entry.run or "–",
        "seen": f"{entry.count} times, first {wire(entry.first_seen)}, last {wire(entry.last_seen)}",
        "tried": f"{entry.tries} times" + (f", last {wire(entry.last_try)}" if entry.last_try else ""),
    }

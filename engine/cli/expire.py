"""`leadlog expire`: what nobody answered within the agreement's limit."""

from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.expiry import expire as expire_handoffs
from engine.expiry import would_expire
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("leadlog expire --dry-run", "leadlog expire --format json"))(expire)


def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would expire, and record nothing.")] = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Record HandoffExpired for open handoffs past the agreement's `expires_after`; a paused one never. Twice does no more than once."""
    with opened(workspace) as here:
        if dry_run:
            write_view(would_expire(here), format_)
            return
        done = expire_handoffs(here)
        write_view(done.result, format_)
        if format_ is Format.TABLE:
            typer.echo(_told(len(done.result.rows), done.run, done.moved))


def _told(count: int, run: str, moved: int) -> str:
    if not count:
        return "Nothing expires."
    more = f" {moved:,} parked decisions are recorded because of it." if moved else ""
    return f"{count:,} handoffs expired in run {run}; `leadlog retract {run}` takes it back.{more}"

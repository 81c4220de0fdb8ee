"""`leadlog status`."""

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog=examples("leadlog status", "leadlog status --format json"))(command)


def command(format_: FormatOption = Format.TABLE, workspace: WorkspaceOption = None) -> None:
    """How far Kafka's partitions are taken in: position, lag, rate (messages a second), last event.

    The lag asks the broker; where it does not answer, it is unknown.
    """
    from engine.kafka.status import status

    with opened(workspace) as here:
        write_view(status(here), format_)

"""`leadlog consume`."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from engine.cli.ingest import print_summary
from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.workspace import opened


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "consume",
        epilog=examples(
            "leadlog consume",
            "leadlog consume --topic leads --until-end --format json",
            "leadlog consume --max-stall 300",
        ),
    )(command)


def command(
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="One of the topics of leadlog.toml; several; default all.")
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop where the partitions ended when they were taken up.")
    ] = False,
    max_stall: Annotated[
        float | None,
        typer.Option("--max-stall", min=0.1, help="Seconds without progress after which it ends with exit code 75."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Take events in from Kafka, as a member of the consumer group, until SIGTERM or Ctrl-C.

    What is committed in the log is where it goes on; a topic read from its beginning changes nothing.
    Exit code 3: done, but something of this run is in quarantine.
    """
    from engine.kafka.worker import Consumption, Worker

    with opened(workspace) as here, _stopping() as stop:
        worker = Worker(here, Consumption(topic or (), until_end, max_stall), _say, stop)
        summary = worker.run()
        left = summary.left
    print_summary(summary, format_)
    raise typer.Exit(3 if left else 0)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C: the batch is finished, then the worker leaves the group. The second time they end at once."""
    stop = threading.Event()
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    for one in before:
        signal.signal(one, end)
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)

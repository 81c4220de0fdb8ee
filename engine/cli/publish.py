"""`leadlog publish`."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.kafka.errors import NothingToPublish
from engine.kafka.settings import KafkaSettings
from engine.workspace import SETTINGS, Workspace, opened

if TYPE_CHECKING:
    from engine.kafka.publish import Published

FIRST_ANSWER, LATER = 30, 300  # s that --until-end waits for a broker


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "publish",
        epilog=examples(
            "leadlog publish", "leadlog publish --until-end", "leadlog publish --until-end --leave-out 1207"
        ),
    )(command)


def command(
    until_end: Annotated[
        bool, typer.Option("--until-end", help="End where the log stands now; else go on with what is recorded.")
    ] = False,
    topic: Annotated[str | None, typer.Option(help="The topic; else that of [kafka.publish].")] = None,
    servers: Annotated[str | None, typer.Option(help="The broker, HOST:PORT; else that of [kafka].")] = None,
    leave_out: Annotated[
        int | None,
        typer.Option("--leave-out", help="Give up on the event at that position, which the broker refuses."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Send what is recorded to a topic as CloudEvents (binary mode, the lead as key), each event at least once.

    Exit code 3: done, but the broker refuses something: it is held back with what comes behind it of the same lead.
    """
    from engine.kafka import outbox
    from engine.kafka.publish import alone

    with opened(workspace) as here, _until_told() as stop:
        settings = here.settings.kafka
        named = topic or (settings.publish.topic if settings.publish else None)
        if named is None:
            raise NothingToPublish(file=here.folder / SETTINGS)
        with alone(here.log, named):
            if leave_out is not None:
                outbox.leave_out(here.log, named, leave_out)
            done = _published(here, settings, named, servers, until_end, stop)
    _print(done, format_)
    raise typer.Exit(3 if done.held else 0)


def _published(
    here: Workspace, settings: KafkaSettings, topic: str, servers: str | None, until_end: bool, stop: Event
) -> "Published":
    from engine.kafka.client import client_options
    from engine.kafka.producer import Producer
    from engine.kafka.publish import Publisher

    client = client_options(settings, here.folder) | ({"bootstrap_servers": servers.split(",")} if servers else {})
    say = partial(typer.echo, err=True)
    producer = Producer(
        client,
        topic,
        settings,
        first_answer=FIRST_ANSWER if until_end else None,
        patience=LATER if until_end else None,
        stop=stop,
        say=say,
    )
    with closing(producer):
        personal = settings.publish.personal if settings.publish else False
        publisher = Publisher(here.log, producer, personal=personal, stop=stop, say=say)
        return publisher.run(until_end=until_end)


@contextmanager
def _until_told() -> Iterator[Event]:
    """Set by SIGTERM and Ctrl-C: what is on its way is confirmed first. The second time they end at once."""
    stop = Event()
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for sign, handler in before.items():
            signal.signal(sign, handler)

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    for sign in before:
        signal.signal(sign, end)
    try:
        yield stop
    finally:
        restore()


def _print(done: "Published", format_: Format) -> None:
    refused = [
        {
            "position": one.position,
            "type": one.type,
            "bytes": one.size,
            "reason": one.cause,
            "held": one.held_from is not None,
        }
        for one in done.refused
    ]
    told = {"topic": done.topic, "published": done.published, "position": done.position, "held": done.held}
    match format_:
        case Format.JSON:
            typer.echo(json.dumps(told | {"refused": refused}))
        case Format.CSV:
            typer.echo(",".join(told))
            typer.echo(",".join(str(value) for value in told.values()))
        case Format.MD | Format.TABLE:
            typer.echo(f"{done.published:,} published to {done.topic}, up to position {done.position:,}")
            for one in refused:
                held = "held back with what follows of its lead" if one["held"] else "left out"
                typer.echo(
                    f"  position {one['position']}: {one['type']}, {one['bytes']:,} bytes, {one['reason']}; {held}"
                )

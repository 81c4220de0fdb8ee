"""`leadlog simulate | schema`."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import examples
from engine.cli.progress import progress
from engine.errors import BadOption, NoWorkspace
from engine.kafka.settings import KafkaSettings
from engine.simulate import history, write
from engine.workspace import Workspace
from events.registry import LATEST, TYPES, kind
from events.registry import schema as schema_of


class Mode(StrEnum):
    """The two forms of CloudEvents on Kafka."""

    STRUCTURED = "structured"
    BINARY = "binary"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog simulate --leads 1000 --seed 7 > sample.ndjson",
            "leadlog simulate --leads 1000 --to-topic leads --servers 127.0.0.1:9092",
        )
    )(simulate)
    app.command(epilog=examples("leadlog schema", "leadlog schema HandoffRejected"))(schema)


def simulate(
    leads: Annotated[int, typer.Option(min=1, help="How many leads.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    dirt: Annotated[
        bool, typer.Option("--dirt", help="With some broken deliveries, as real sources send them.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    to_topic: Annotated[
        str | None, typer.Option("--to-topic", metavar="TOPIC", help="Send it to this topic instead, the lead as key.")
    ] = None,
    servers: Annotated[
        str | None, typer.Option(help="With --to-topic: the broker, HOST:PORT; else that of the workspace's [kafka].")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="With --to-topic: how CloudEvents are written there.")] = Mode.STRUCTURED,
) -> None:
    """Write a plausible history of a German machine builder that does not exist, as CloudEvents NDJSON."""
    if to_topic is not None:
        if output is not None:
            raise BadOption(option="--output", fault="is for a file, --to-topic for a topic: give one of them")
        _send(to_topic, servers, mode, history(leads, seed, dirt=dirt))
        return
    with progress("simulating", leads) as advance:
        write(sys.stdout.buffer if output is None else output, leads, seed, dirt=dirt, advance=advance)


def _send(topic: str, servers: str | None, mode: Mode, events: Iterator[dict[str, Any]]) -> None:
    from engine.kafka import sample
    from engine.kafka.client import client_options
    from engine.kafka.producer import Producer

    settings, folder = KafkaSettings(), Path()
    with suppress(NoWorkspace):
        here = Workspace.find()
        settings, folder = here.settings.kafka, here.folder
    client = client_options(settings, folder) | ({"bootstrap_servers": servers.split(",")} if servers else {})
    with closing(Producer(client, topic, settings, say=partial(typer.echo, err=True))) as producer:
        shown = (lambda count: typer.echo(f"\r{count:,} sent", nl=False, err=True)) if sys.stderr.isatty() else None
        count = sample.send(events, producer, mode.value, *filter(None, [shown]))
    typer.echo(f"{count:,} events sent to {topic} at {producer.servers}")


def schema(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="An event; left out: the list of all.")] = None,
) -> None:
    """The JSON Schema of an event's data; without a name the vocabulary."""
    if type_ is not None:
        typer.echo(json.dumps(schema_of(type_), indent=2, ensure_ascii=False))
        return
    for name, of in TYPES.items():
        said = (of.__doc__ or "").strip().splitlines()[0]
        typer.echo(f"{name:<22} {kind(of):<12} v{LATEST[name]}  {said}")

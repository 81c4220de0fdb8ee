"""`leadlog simulate | schema`."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from enum import StrEnum
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, WorkspaceOption, examples
from engine.cli.progress import progress
from engine.errors import BadOption, NoWorkspace
from engine.kafka.settings import KafkaSettings
from engine.workspace import Workspace
from events.registry import LATEST, TYPES, kind
from events.registry import schema as schema_of

PARQUET = ".parquet"


class Mode(StrEnum):
    """The two forms of CloudEvents on Kafka."""

    STRUCTURED = "structured"
    BINARY = "binary"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog simulate --leads 1000 --seed 7 > sample.ndjson",
            "leadlog simulate --leads 450000 --output sample.parquet",
            "leadlog simulate --leads 1000 --into-log",
            "leadlog simulate --leads 1000 --to-topic leads --servers 127.0.0.1:9092",
        )
    )(simulate)
    app.command(epilog=examples("leadlog schema", "leadlog schema HandoffRejected"))(schema)


def simulate(
    leads: Annotated[int, typer.Option(min=1, help="How many leads; each makes some twenty events.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    dirt: Annotated[
        bool, typer.Option("--dirt", help="With some broken deliveries, as real sources send them.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A file, in the form that its name says (.parquet, .ndjson, also .gz, .zst); else standard output.",
        ),
    ] = None,
    into_log: Annotated[
        bool, typer.Option("--into-log", help="Take it into the log instead, as `leadlog ingest` would.")
    ] = False,
    to_topic: Annotated[
        str | None, typer.Option("--to-topic", metavar="TOPIC", help="Send it to this topic instead, the lead as key.")
    ] = None,
    servers: Annotated[
        str | None, typer.Option(help="With --to-topic: the broker, HOST:PORT; else that of the workspace's [kafka].")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="With --to-topic: how CloudEvents are written there.")] = Mode.STRUCTURED,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a plausible history of a German machine builder that does not exist, as CloudEvents NDJSON or Parquet."""
    from engine.simulate import history, write

    _one_way_only(output, into_log, to_topic, dirt)
    if into_log:
        _take_in(workspace, leads, seed, dirt)
    elif to_topic is not None:
        _send(to_topic, servers, mode, history(leads, seed, dirt=dirt))
    else:
        with progress("simulating", leads) as advance:
            write(sys.stdout.buffer if output is None else output, leads, seed, dirt=dirt, advance=advance)


def _one_way_only(output: Path | None, into_log: bool, to_topic: str | None, dirt: bool) -> None:
    if to_topic is not None and output is not None:
        raise BadOption(option="--output", fault="is for a file, --to-topic for a topic: give one of them")
    if into_log and (to_topic is not None or output is not None):
        raise BadOption(option="--into-log", fault="writes to the log and nowhere else: give no other way beside it")
    if dirt and output is not None and output.suffix.lower() == PARQUET:
        raise BadOption(option="--dirt", fault="breaks what the columns of a table hold: write NDJSON")


def _take_in(workspace: Path | None, leads: int, seed: int, dirt: bool) -> None:
    from engine.cli.ingest import print_summary
    from engine.intake.ingest import Ingestion, ingest
    from engine.simulate import Sample
    from engine.workspace import opened

    with opened(workspace) as here, progress("taking in", leads) as advance:
        sample = Sample(leads, seed, dirt=dirt, advance=advance)
        summary = ingest(here, Ingestion([BufferedReader(sample)], kind="ndjson"))
    print_summary(summary, Format.TABLE, dry_run=False)
    raise typer.Exit(3 if summary.left else 0)


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

"""`leadlog simulate | schema`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import examples
from engine.simulate import write
from events.registry import LATEST, TYPES, kind
from events.registry import schema as schema_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog simulate --leads 1000 --seed 7 > sample.ndjson"))(simulate)
    app.command(epilog=examples("leadlog schema", "leadlog schema HandoffRejected"))(schema)


def simulate(
    leads: Annotated[int, typer.Option(min=1, help="How many leads.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    dirt: Annotated[
        bool, typer.Option("--dirt", help="With some broken deliveries, as real sources send them.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
) -> None:
    """Write a plausible history of a German machine builder that does not exist, as CloudEvents NDJSON."""
    if output is None:
        write(sys.stdout, leads, seed, dirt=dirt)
        return
    with output.open("w", encoding="utf-8") as stream:
        write(stream, leads, seed, dirt=dirt)


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

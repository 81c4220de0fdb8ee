"""`leadlog ingest`."""

import json
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.progress import progress
from engine.intake.ingest import Ingestion, ingest
from engine.intake.summary import Summary
from engine.workspace import opened

Kind = StrEnum("Kind", {"NDJSON": "ndjson", "CSV": "csv", "BATCH": "batch", "PARQUET": "parquet", "XES": "xes"})
SAID = ("recorded", "known", "repeats", "parked", "quarantined", "ignored")
MEANING = {
    "known": "known already",
    "repeats": "repeats without an id",
    "parked": "parked until their lead moves on",
    "quarantined": "in quarantine",
    "ignored": "left out by the mapping or the source's mode",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "ingest",
        epilog=examples(
            "leadlog ingest events.ndjson.gz",
            "leadlog ingest --map olist-mql.toml olist_marketing_qualified_leads_dataset.csv",
            "zcat events.ndjson.gz | leadlog ingest --source web-form -",
            "leadlog ingest --dry-run --map crm.toml export.csv",
            "leadlog ingest --kind batch delivery.json",
        ),
    )(command)


def command(
    files: Annotated[
        list[str],
        typer.Argument(help="Files (NDJSON of CloudEvents, CSV, Parquet, XES; also gz, zst); - is standard input."),
    ],
    map_: Annotated[
        Path | None, typer.Option("--map", help="Mapping file (TOML) for tables and JSON objects: docs/mappings.md.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Source of events that name none.")] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(
            "--kind", help="What the files are; else told by content and name. batch: a JSON array of events."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of it; change nothing.")] = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Take events in from files or standard input. The same file twice, or in pieces, leaves the same log.

    Exit code 3: done, but something of this run is in quarantine.
    """
    with opened(workspace) as here:
        total = sum(Path(file).stat().st_size for file in files if Path(file).is_file())
        asked = Ingestion(files, map_, source, kind.value if kind else None, beside=True)
        with (
            here.copied() if dry_run else nullcontext(here) as target,
            progress("taking in", total, of_bytes=True) as advance,
        ):
            summary = ingest(target, asked, advance)
            left = summary.left
    print_summary(summary, format_, dry_run)
    raise typer.Exit(3 if left else 0)


def print_summary(summary: Summary, format_: Format, dry_run: bool = False) -> None:
    """What became of a run."""
    told = {"run": summary.run, "read": summary.read} | {name: getattr(summary, name) for name in SAID}
    match format_:
        case Format.JSON:
            more = {"reasons": summary.reasons, "released": summary.released, "unknown": summary.strange}
            typer.echo(json.dumps(told | more))
        case Format.CSV:
            typer.echo(",".join(told))
            typer.echo(",".join(str(value) for value in told.values()))
        case Format.MD | Format.TABLE:
            would = "would be " if dry_run else ""
            typer.echo(f"{summary.read:,} read: {summary.recorded:,} {would}recorded")
            for name in SAID[1:]:
                if count := getattr(summary, name):
                    typer.echo(f"  {count:,} {MEANING[name]}" + (_reasons(summary) if name == "quarantined" else ""))
            if summary.released:
                typer.echo(f"  {summary.released:,} of those recorded had been waiting since an earlier run")
            if summary.strange:
                typer.echo(
                    f"  of unknown fields, kept or left out as their source's mode says: {_counted(summary.strange)}"
                )
            for run, count in summary.undone.items():
                typer.echo(
                    f"  {count:,} of the known ones are of run {run}, which is retracted: `leadlog restore-run {run}`"
                )
            if summary.parked or summary.quarantined:
                typer.echo("`leadlog quarantine list` says why.")


def _reasons(summary: Summary) -> str:
    return f" ({_counted(summary.reasons)})" if summary.reasons else ""


def _counted(words: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in sorted(words.items(), key=lambda item: -item[1]))

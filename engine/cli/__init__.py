"""The command line: a door to the same commands and views as any other; no rule of the business lives here."""

import gc
import os
import sqlite3
import sys
from typing import Annotated

import duckdb
import typer

from engine.cli import (
    agree,
    attribution,
    backups,
    calendar,
    cases,
    cohorts,
    consume,
    demo,
    erasures,
    experiments,
    expire,
    handoffs,
    history,
    ingest,
    journey,
    kpi,
    ledger,
    mapping,
    pipeline,
    publish,
    quarantine,
    record,
    runs,
    samples,
    scorecards,
    sla,
    sources,
    status,
    views,
    wait,
    workspace,
)
from engine.errors import Trouble
from engine.version import program
from events.faults import Fault
from projections.errors import QuestionError

# Objects between two searches for cycles: by default they take a sixth of the time of intake.
GARBAGE = (50_000, 20, 100)

app = typer.Typer(
    name="leadlog",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(program())
        raise typer.Exit


@app.callback()
def leadlog(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Lead management as a log of facts: take events in, rebuild funnels, audit handoffs, as of any instant."""


for room in (
    workspace,
    ingest,
    kpi,
    record,
    pipeline,
    consume,
    publish,
    status,
    quarantine,
    runs,
    sources,
    views,
    journey,
    attribution,
    experiments,
    cohorts,
    handoffs,
    expire,
    wait,
    scorecards,
    agree,
    sla,
    calendar,
    history,
    ledger,
    erasures,
    backups,
    mapping,
    cases,
    samples,
    demo,
):
    room.register(app)


def main() -> None:
    """Run the command line; whatever goes wrong is one sentence on standard error and a documented exit code."""
    gc.set_threshold(*GARBAGE)
    try:
        app()
    except Trouble as trouble:
        _end(str(trouble), trouble.exit_code)
    except (Fault, QuestionError) as error:
        _end(str(error), 1)
    except KeyboardInterrupt:
        _end("Stopped. What was committed stays; the same command again goes on from there.", 130)
    except duckdb.OutOfMemoryException:
        _end(
            "The question needs more memory than it may take. Ask for a shorter period, or fewer dimensions at once.", 1
        )
    except (OSError, sqlite3.OperationalError) as error:
        _end(f"The machine refuses: {error}. Nothing was half-written; mend that and try again.", 1)
    except Exception as error:  # a traceback is nothing that a user can mend
        if os.environ.get("LEADLOG_TRACEBACK"):
            raise
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        _end(
            f"This is a fault of leadlog itself ({told}). What was not committed is undone; LEADLOG_TRACEBACK=1 shows where.",
            70,
        )


def _end(sentence: str, code: int) -> None:
    typer.echo(sentence, err=True)
    sys.exit(code)

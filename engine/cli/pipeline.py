"""`leadlog pipeline | movement | forecast`: what is open, how it moved, and what is to be expected of it."""

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.views import (
    AsOfOption,
    ByOption,
    FilterOption,
    NowOption,
    PeriodOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    asked_options,
    write_answer,
)
from engine.workspace import opened

AtOption = Annotated[
    str | None, typer.Option(help="Take dimensions first, last or as at the stage; else each by its own rule.")
]
CurrencyOption = Annotated[
    str | None, typer.Option(help="Report money in this currency; else the one it is all in, else the workspace's.")
]


class Grain(StrEnum):
    """Into which periods time is cut."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog pipeline",
            "leadlog pipeline --by owner --by month",
            "leadlog pipeline --until 2026-03-31 --as-of 2026-03-31 --currency EUR --format csv",
            "leadlog pipeline --filter owner=ae:ben --open all",
            "leadlog pipeline --open offer,close_overdue",
        )
    )(pipeline)
    app.command(
        epilog=examples(
            "leadlog movement --since 2026-03-01 --until 2026-03-31",
            "leadlog movement --period month --since 2026-01-01 --by owner",
            "leadlog movement --since 2026-03-01 --filter owner=ae:ben --filter expected_close=2026-Q2",
            "leadlog movement --period 2026-03 --open lowered",
        )
    )(movement)
    app.command(
        epilog=examples(
            "leadlog forecast",
            "leadlog forecast --period 2026-Q2 --by owner",
            "leadlog forecast --period 2026-Q2 --as-of 2026-04-01 --open likely",
            "leadlog forecast --replay month --since 2026-01-01",
        )
    )(forecast)


def pipeline(
    by: ByOption = None,
    until: UntilOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    currency: CurrencyOption = None,
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="STAGE[,COLUMN]", help="List the deals behind a number; of all stages: all."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Open deals by stage: how many, what they are worth, how old, how often put off, what is overdue.

    With a grain in --by, cut by when they are expected to close. docs/pipeline.md says what counts.
    """
    options = asked_options(locals(), "by until as_of now zone filter_ at currency")
    with opened(workspace) as here:
        write_answer(here, "pipeline", options, open_, format_)


def movement(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    currency: CurrencyOption = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="BUCKET", help="List the deals and events behind a bucket.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """How the pipeline moved between two instants: start + new + raised + moved in − lowered − moved out − lost − won = end."""
    options = asked_options(locals(), "by since until period as_of now zone filter_ at currency")
    with opened(workspace) as here:
        write_answer(here, "movement", options, open_, format_)


def forecast(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    currency: CurrencyOption = None,
    replay: Annotated[
        Grain | None,
        typer.Option(help="How good it was: each past period as it was forecast when it began, beside what came."),
    ] = None,
    open_: Annotated[
        str | None,
        typer.Option(
            "--open",
            metavar="COLUMN",
            help="List what stands behind won, open, likely or submitted; of a replay low, forecast, high, submitted, actual.",
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What a period is to bring: won so far, and what is open and expected to close in it, by the measured conversion of its stage.

    Without a period: this quarter. docs/pipeline.md says how low, likely and high come about.
    """
    options = asked_options(locals(), "by since until period as_of now zone filter_ at currency")
    with opened(workspace) as here:
        if replay is not None:
            write_answer(here, "forecast replay", {**options, "period": replay.value}, open_, format_)
        else:
            write_answer(here, "forecast", options, open_, format_)

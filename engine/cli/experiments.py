"""`leadlog experiments`."""

from typing import Annotated

import typer

from engine.cli.journey import AtOption, ModelOption
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

GoalOption = Annotated[str, typer.Option(help="The stage of the model that counts as reached.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "leadlog experiments",
            "leadlog experiments --goal sql --by channel --period 2026-Q1",
            "leadlog experiments --open subject-line/B,converted",
        )
    )(experiments)


def experiments(
    goal: GoalOption = "won",
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    model: ModelOption = "waterfall",
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="EXPERIMENT/VARIANT[,COLUMN]", help="List the leads behind a number."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """By the first variant seen: how many leads reached the goal, between which limits, and whether variants differ."""
    options = asked_options(locals(), "goal by since until period as_of now zone filter_ at model")
    with opened(workspace) as here:
        write_answer(here, "experiments", options, open_, format_)

"""`leadlog cohorts`."""

from typing import Annotated

import typer

from engine.cli.experiments import GoalOption
from engine.cli.journey import AtOption, ModelOption
from engine.cli.kpi import CurrencyOption
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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "leadlog cohorts",
            "leadlog cohorts --goal opportunity --period quarter --by channel",
            "leadlog cohorts --since 2026-01-01 --as-of 2026-06-30 --format csv",
            "leadlog cohorts --open 2026-01/3,revenue",
        )
    )(cohorts)


def cohorts(
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
    currency: CurrencyOption = None,
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="PERIOD/AFTER[,COLUMN]", help="List the leads or deals behind a number."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Leads by the month of their capture: how many had reached the goal, and what they brought, in each month after it."""
    options = asked_options(locals(), "goal by since until period as_of now zone filter_ at model currency")
    with opened(workspace) as here:
        write_answer(here, "cohorts", options, open_, format_)

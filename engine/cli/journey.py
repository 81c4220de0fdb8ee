"""`leadlog journey`."""

from pathlib import Path
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
    str | None,
    typer.Option(help="Take dimensions first, last or as at the instant counted (stage); else each by its own rule."),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="What is a touch, which path was agreed: docs/journey.md."),
]
ModelOption = Annotated[str, typer.Option(help="waterfall, sales_funnel, buyers_journey, or a TOML file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "leadlog journey",
            "leadlog journey --through touches --by channel --period 2026-Q1",
            "leadlog journey --through types --format csv",
            "leadlog journey --open 'lead > mql > won,conversion'",
        )
    )(journey)


def journey(
    through: Annotated[
        str,
        typer.Option("--through", "--of", help="stages of the model; types of events; touches: interactions by kind."),
    ] = "stages",
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
    rules: RulesOption = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="PATH[,COLUMN]", help="List the journeys behind a number.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The paths that leads take: how many, how they end, how long they take, where they turn back or leave the agreed path."""
    options = asked_options(locals(), "through by since until period as_of now zone filter_ at model")
    options |= {} if rules is None else {"rules": str(rules)}
    with opened(workspace) as here:
        write_answer(here, "journey", options, open_, format_)

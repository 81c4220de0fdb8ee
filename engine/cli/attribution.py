"""`leadlog attribution`."""

from typing import Annotated

import typer

from engine.cli.journey import AtOption, RulesOption
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
            "leadlog attribution --by campaign",
            "leadlog attribution --model first,last --by channel --period 2026-Q1",
            "leadlog attribution --model time_decay --within 90d --per lead --format csv",
            "leadlog attribution --by kind --open call,amount_linear",
        )
    )(attribution)


def attribution(
    model: Annotated[
        str, typer.Option(help="first, last, linear, u, w, time_decay; two of them with a comma: side by side.")
    ] = "linear",
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    per: Annotated[str, typer.Option(help="Touches of the journey of the win, or all of the lead's.")] = "journey",
    within: Annotated[str | None, typer.Option(help="Only touches so long before the win: 90d, 12h.")] = None,
    rules: RulesOption = None,
    currency: CurrencyOption = None,
    open_: Annotated[
        str | None,
        typer.Option(
            "--open", metavar="VALUE[,COLUMN]", help="List the touches behind a number; VALUE of the first --by."
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Which touches won deals are credited to. The credits of a deal add up to its amount, to the cent."""
    options = asked_options(locals(), "model by since until period as_of now zone filter_ at per within currency")
    options |= {} if rules is None else {"rules": str(rules)}
    with opened(workspace) as here:
        write_answer(here, "attribution", options, open_, format_)

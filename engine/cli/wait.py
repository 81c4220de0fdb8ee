"""`leadlog wait`: where the time went between capture and first response."""

from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.views import (
    AsOfOption,
    ByOption,
    FilterOption,
    LeadOption,
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
            "leadlog wait",
            "leadlog wait --by lead_source --period 2026-Q1 --format md",
            "leadlog wait --lead crm/L1 --journeys",
            "leadlog wait --period 2026-03 --open queue",
        )
    )(wait)


def wait(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    lead: LeadOption = None,
    journeys: Annotated[
        bool, typer.Option("--journeys", help="Every piece of every journey, with whom it lay and from when to when.")
    ] = False,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="PARTY[,COLUMN]", help="List the journeys behind a number.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """From capture to first response: how much of the time is charged to system, marketing, queue or person, in business and in all time."""
    if journeys and open_ is not None:
        raise typer.BadParameter("--journeys lists the pieces of all of them already", param_hint="--open")
    options = asked_options(locals(), "since until period as_of now zone filter_ lead" + ("" if journeys else " by"))
    with opened(workspace) as here:
        write_answer(here, "wait journeys" if journeys else "wait", options, open_, format_)

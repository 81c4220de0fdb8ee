"""`leadlog sla`: which promise of which handoff was kept, the proof, the work list, and what another agreement would say."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, ListFormat, ListFormatOption, WorkspaceOption, examples
from engine.cli.output import write_list, write_view
from engine.cli.views import (
    AsOfOption,
    AtHandoffOption,
    ByOption,
    FilterOption,
    HandoffOption,
    LeadOption,
    NowOption,
    PeriodOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    asked_options,
    write_answer,
)
from engine.views import ask
from engine.workspace import opened

WINDOW = "since until period as_of now zone"
WhatIfOption = Annotated[
    Path | None, typer.Option("--what-if", metavar="FILE", help="The same history under this agreement instead.")
]
OpenPromiseOption = Annotated[
    str | None, typer.Option("--open", metavar="PROMISE[,COLUMN]", help="List the handoffs behind a number.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=False, rich_markup_mode=None)
    room.callback(
        invoke_without_command=True,
        epilog=examples(
            "leadlog sla --by team --by tier",
            "leadlog sla --period 2026-03 --by owner --format csv",
            "leadlog sla --period 2026-03 --open response,breached",
            "leadlog sla --what-if stricter.toml",
        ),
    )(sla)
    for command, lines in (
        (verdicts, ("leadlog sla verdicts --lead L1", "leadlog sla verdicts --what-if stricter.toml --format csv")),
        (owners, ("leadlog sla owners --period 2026-W11", "leadlog sla owners --filter owner=ae:ben")),
        (marketing, ("leadlog sla marketing", "leadlog sla marketing --period 2026-Q1 --open qualified_leads")),
        (explain, ("leadlog sla explain H1", "leadlog sla explain crm/H1 --as-of 2026-03-31")),
        (
            due,
            (
                "leadlog sla due --within 4h",
                "leadlog sla due --within '8h wall' --filter owner=ae:ben --format ics > due.ics",
            ),
        ),
        (
            suggest,
            (
                "leadlog sla suggest",
                "leadlog sla suggest --met 0.95 --since 2026-01-01",
                "leadlog sla suggest --open response,waiting",
            ),
        ),
    ):
        room.command(epilog=examples(*lines))(command)
    app.add_typer(room, name="sla")


def sla(
    context: typer.Context,
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    handoff: HandoffOption = None,
    open_: OpenPromiseOption = None,
    what_if: WhatIfOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """How many promises of the agreement were kept: response, decision, follow-up; by team, owner, tier, month or anything else.

    docs/agreement.md says what counts. A promise belongs to the period of its handoff.
    """
    from engine.sla import opened as handoffs_behind
    from engine.sla import what_if as compared

    if context.invoked_subcommand is not None:
        return
    options = asked_options(locals(), f"by {WINDOW} filter_ at lead handoff")
    with opened(workspace) as here:
        if open_ is not None:
            promise, _, column = open_.partition(",")
            told = options if what_if is None else {**options, "what_if": str(what_if)}
            write_view(handoffs_behind(here, promise, column or "promised", told), format_)
        elif what_if is not None:
            write_view(compared(here, "sla", str(what_if), options), format_)
        else:
            write_view(ask(here, "sla", options), format_)


def verdicts(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    handoff: HandoffOption = None,
    what_if: WhatIfOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Each promise of each handoff: met, breached, running or excluded, when it was due and done, and how late.

    With --what-if only the handoffs whose verdict changes.
    """
    from engine.sla import what_if as compared

    options = asked_options(locals(), f"{WINDOW} filter_ at lead handoff")
    with opened(workspace) as here:
        if what_if is not None:
            write_view(compared(here, "sla verdicts", str(what_if), options), format_)
        else:
            write_view(ask(here, "sla verdicts", options), format_)


def owners(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    handoff: HandoffOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """With whom the time of each promise was spent: a row for each owner that the handoff lay with."""
    options = asked_options(locals(), f"{WINDOW} filter_ at lead handoff")
    with opened(workspace) as here:
        write_view(ask(here, "sla owners", options), format_)


def marketing(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    open_: OpenPromiseOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Marketing's side: qualified leads promised and delivered, the share that sales accepted, and the pace of a running period."""
    with opened(workspace) as here:
        write_answer(here, "sla marketing", asked_options(locals(), WINDOW), open_, format_)


def explain(
    handoff: Annotated[str, typer.Argument(help="The handoff's id, or SOURCE/ID.")],
    lead: LeadOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The proof of a handoff's verdicts: every interval, worked, paused or closed, why, with whom, and the sum."""
    from engine.sla import explained

    with opened(workspace) as here:
        write_view(explained(here, handoff, asked_options(locals(), "lead as_of now zone")), format_)


def due(
    within: Annotated[
        str | None, typer.Option(help="Only what is due within 4h or 90min of business time, or `8h wall`.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="What is past due and not answered too.")] = False,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    lead: LeadOption = None,
    format_: ListFormatOption = ListFormat.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The work list: promises that run, soonest first."""
    from engine.sla import calendar

    options: dict[str, Any] = asked_options(locals(), "within overdue as_of now zone filter_ lead")
    with opened(workspace) as here:
        result = ask(here, "sla due", options)
        write_list(result, format_, lambda: calendar(result, here.clock()))


def suggest(
    met: Annotated[float, typer.Option(help="The share of promises that is to be kept.")] = 0.9,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    open_: OpenPromiseOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Which promise would have been kept in that share of the cases, per tier and team, the ones still waiting honestly counted."""
    with opened(workspace) as here:
        write_answer(here, "sla suggest", asked_options(locals(), f"met {WINDOW} filter_"), open_, format_)

"""`leadlog handoffs`: who gave which lead to whom, what was known then, how it ended and why; and the dossier for one."""

from typing import Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
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
)
from engine.views import ask
from engine.workspace import opened

WINDOW = "since until period as_of now zone filter_ at lead"
AtOption = Annotated[
    str | None,
    typer.Option(help="Take dimensions first, last or as at the handoff (stage); else each by its own rule."),
]
LeadOption = Annotated[str | None, typer.Option("--lead", help="Of this lead: its id, SOURCE/ID, or its stream's id.")]
HandoffOption = Annotated[str | None, typer.Option("--handoff", help="This handoff: its id, or SOURCE/ID.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=False, rich_markup_mode=None)
    room.callback(
        invoke_without_command=True,
        epilog=examples(
            "leadlog handoffs",
            "leadlog handoffs --by team --by campaign",
            "leadlog handoffs --since 2026-03-01 --filter tier=hot --format csv",
        ),
    )(handoffs)
    for command, lines in (
        (matrix, ("leadlog handoffs matrix", "leadlog handoffs matrix --teams --period 2026-Q1 --format md")),
        (reasons, ("leadlog handoffs reasons --by team", "leadlog handoffs reasons --by campaign --period month")),
        (pingpong, ("leadlog handoffs pingpong", "leadlog handoffs pingpong --filter team=sales")),
        (unanswered, ("leadlog handoffs unanswered", "leadlog handoffs unanswered --filter team=sales --format csv")),
        (orphans, ("leadlog handoffs orphans", "leadlog handoffs orphans --as-of 2026-03-31")),
        (self_, ("leadlog handoffs self", "leadlog handoffs self --since 2026-01-01")),
    ):
        room.command(command.__name__.rstrip("_"), epilog=examples(*lines))(command)
    app.add_typer(room, name="handoffs")


def handoffs(
    context: typer.Context,
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    handoff: HandoffOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Who gave which lead to whom, at which score and BANT, what the agreement requires and was missing, how it ended and why.

    With --by or a grain as --period: how many there were, how they were answered, and how long that took. docs/handoffs.md says what counts.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(workspace) as here:
        write_view(ask(here, "handoffs", asked_options(locals(), f"by {WINDOW} handoff")), format_)


def matrix(
    teams: Annotated[bool, typer.Option("--teams", help="Teams instead of owners.")] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Who gives to whom: how many, how they were answered, and how long that took. Where no owner is named, the team stands."""
    told = asked_options(locals(), "since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_view(ask(here, "handoffs matrix teams" if teams else "handoffs matrix", told), format_)


def reasons(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Why handoffs were rejected, and the share of each reason."""
    told = asked_options(locals(), "by since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_view(ask(here, "handoffs reasons", told), format_)


def pingpong(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Leads that were handed back and forth: back to the giver, or once more after a rejection. Their whole past counts."""
    told = asked_options(locals(), "since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_view(ask(here, "handoffs pingpong", told), format_)


def unanswered(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Handoffs that nobody answered, the oldest first, and when the agreement lets them expire (`leadlog expire`)."""
    with opened(workspace) as here:
        write_view(ask(here, "handoffs unanswered", asked_options(locals(), WINDOW)), format_)


def orphans(
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Open leads that nobody owns: since their capture, since a handoff, or since their owner was cleared."""
    with opened(workspace) as here:
        write_view(ask(here, "handoffs orphans", asked_options(locals(), "as_of now zone lead")), format_)


def self_(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Handoffs in which who gave the lead is who received it."""
    told = asked_options(locals(), "since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_view(ask(here, "handoffs self", told), format_)

"""`leadlog handoffs`: who gave which lead to whom, what was known then, how it ended and why; and the dossier for one."""

import json
from enum import StrEnum
from typing import Annotated, assert_never

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
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

WINDOW = "since until period as_of now zone filter_ at lead"


class DossierFormat(StrEnum):
    """How a dossier is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class Language(StrEnum):
    """In which words."""

    EN = "en"
    DE = "de"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=False, rich_markup_mode=None)
    room.callback(
        invoke_without_command=True,
        epilog=examples(
            "leadlog handoffs",
            "leadlog handoffs --by team --by campaign",
            "leadlog handoffs --since 2026-03-01 --filter tier=hot --format csv",
            "leadlog handoffs --by campaign --period 2026-Q1 --open acceptance_rate",
        ),
    )(handoffs)
    for command, lines in (
        (
            matrix,
            (
                "leadlog handoffs matrix",
                "leadlog handoffs matrix --teams --period 2026-Q1 --format md",
                "leadlog handoffs matrix --open sdr:anna/ae:ben,rejected",
            ),
        ),
        (
            reasons,
            (
                "leadlog handoffs reasons --by team",
                "leadlog handoffs reasons --by campaign --period month",
                "leadlog handoffs reasons --open 'no budget'",
            ),
        ),
        (pingpong, ("leadlog handoffs pingpong", "leadlog handoffs pingpong --filter team=sales")),
        (unanswered, ("leadlog handoffs unanswered", "leadlog handoffs unanswered --filter team=sales --format csv")),
        (orphans, ("leadlog handoffs orphans", "leadlog handoffs orphans --as-of 2026-03-31")),
        (
            show,
            (
                "leadlog handoffs show H1",
                "leadlog handoffs show crm/L1/H1 --format html --lang de > uebergabe.html",
                "leadlog handoffs show H1 --as-of 2026-03-31 --format json",
            ),
        ),
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
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    handoff: HandoffOption = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="COLUMN", help="List the handoffs behind a column of the numbers.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Who gave which lead to whom, at which score and BANT, what the agreement requires and was missing, how it ended and why.

    With --by or a grain as --period: how many there were, how they were answered, and how long that took. docs/handoffs.md says what counts.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(workspace) as here:
        write_answer(here, "handoffs", asked_options(locals(), f"by {WINDOW} handoff"), open_, format_)


def matrix(
    teams: Annotated[bool, typer.Option("--teams", help="Teams instead of owners.")] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="GIVER/RECEIVER[,COLUMN]", help="List the handoffs behind a number."),
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Who gives to whom: how many, how they were answered, and how long that took. Where no owner is named, the team stands."""
    told = asked_options(locals(), "since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_answer(here, "handoffs matrix teams" if teams else "handoffs matrix", told, open_, format_)


def reasons(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="REASON[,COLUMN]", help="List the handoffs behind a number.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Why handoffs were rejected, and the share of each reason."""
    told = asked_options(locals(), "by since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_answer(here, "handoffs reasons", told, open_, format_)


def pingpong(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtHandoffOption = None,
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
    at: AtHandoffOption = None,
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
    at: AtHandoffOption = None,
    lead: LeadOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Handoffs in which who gave the lead is who received it."""
    told = asked_options(locals(), "since until period as_of zone filter_ at lead")
    with opened(workspace) as here:
        write_view(ask(here, "handoffs self", told), format_)


def show(
    handoff: Annotated[str, typer.Argument(help="The handoff's id, SOURCE/ID, or LEAD/HANDOFF.")],
    lead: LeadOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    format_: Annotated[
        DossierFormat, typer.Option("--format", help="text for people, json for pipes, html to print or send.")
    ] = DossierFormat.TEXT,
    lang: Annotated[Language, typer.Option(help="The words of text and html.")] = Language.EN,
    workspace: WorkspaceOption = None,
) -> None:
    """The dossier of one handoff: who, when, what was known and missing, why this owner, every contact, the verdicts with their proof, the events."""
    from engine.dossier.dossier import dossier
    from engine.dossier.rendering import page, text

    with opened(workspace) as here:
        found = dossier(here, handoff, asked_options(locals(), "lead as_of now zone"))
        match format_:
            case DossierFormat.JSON:
                typer.echo(json.dumps(found.document(), ensure_ascii=False))
            case DossierFormat.HTML:
                typer.echo(page(found, lang.value), nl=False)
            case DossierFormat.TEXT:
                typer.echo(text(found, lang.value), nl=False)
            case _:
                assert_never(format_)

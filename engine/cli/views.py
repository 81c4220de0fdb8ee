"""`leadlog funnel | anomalies | lead | log`."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from engine.cli.log import command as log_command
from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.views import ask, open_cell, open_number
from engine.workspace import Workspace, opened

ByOption = Annotated[
    list[str] | None, typer.Option("--by", help="Cut by a dimension or a time grain; several times or with commas.")
]
SinceOption = Annotated[str | None, typer.Option(help="From this date or instant on.")]
UntilOption = Annotated[str | None, typer.Option(help="Before this instant; a plain date includes its day.")]
PeriodOption = Annotated[
    str | None, typer.Option(help="2026, 2026-Q1, 2026-03, 2026-W09, a date; or day, week, month, quarter, year.")
]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="As it was known then.")]
NowOption = Annotated[
    str | None, typer.Option(help="The instant at which it is asked (for ages); else --as-of, else the clock.")
]
ZoneOption = Annotated[str | None, typer.Option(help="Time zone in which periods are cut; else the workspace's.")]
FilterOption = Annotated[
    list[str] | None, typer.Option("--filter", help="dimension=value,value; several times: all must hold.")
]


LeadOption = Annotated[str | None, typer.Option("--lead", help="Of this lead: its id, SOURCE/ID, or its stream's id.")]
HandoffOption = Annotated[str | None, typer.Option("--handoff", help="This handoff: its id, or SOURCE/ID.")]
AtHandoffOption = Annotated[
    str | None,
    typer.Option("--at", help="Take dimensions first, last or as at the handoff (stage); else each by its own rule."),
]


class Per(StrEnum):
    """What a row of the funnel counts."""

    JOURNEY = "journey"
    LEAD = "lead"
    OPPORTUNITY = "opportunity"


class Compare(StrEnum):
    """With what values are compared."""

    PREVIOUS = "previous"
    YEAR_AGO = "year-ago"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog funnel --by lead_source",
            "leadlog funnel --period month --since 2026-01-01 --until 2026-06-30 --basis period --format csv",
            "leadlog funnel --as-of 2026-03-31 --count strict",
            "leadlog funnel --filter region=Bayern --open opportunity,lost",
            "leadlog funnel --period 2026-Q1 --compare year-ago --money --format csv",
            "leadlog funnel --per opportunity --within opportunity=10bd,30d",
        )
    )(funnel)
    app.command(epilog=examples("leadlog anomalies --format md"))(anomalies)
    app.command(epilog=examples("leadlog lead L1", "leadlog lead crm/L1 --as-of 2026-03-31"))(lead)
    app.command(
        "log",
        epilog=examples(
            "leadlog log --type OfferMade --count", "leadlog log --lead L1", "leadlog log --format json > export.ndjson"
        ),
    )(log_command)


def funnel(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: Annotated[
        str | None, typer.Option(help="Take dimensions first, last or as at the stage; else each by its own rule.")
    ] = None,
    model: Annotated[str, typer.Option(help="waterfall, sales_funnel, buyers_journey, or a TOML file.")] = "waterfall",
    count: Annotated[str, typer.Option(help="any: reached; strict: in order; furthest: it or a later one.")] = "any",
    basis: Annotated[
        str, typer.Option(help="cohort: what began in the period; period: what happened in it.")
    ] = "cohort",
    per: Annotated[
        Per, typer.Option(help="What a row counts: journeys, leads with all of theirs as one, or opportunities.")
    ] = Per.JOURNEY,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="[STAGE=]SPAN[,…]",
            help="How long a step may take: 30d, 12h, 10bd of working days, 16bh of business hours; mql=10bd,30d by stage.",
        ),
    ] = None,
    compare: Annotated[
        Compare | None,
        typer.Option(help="Beside each number that of the period before, or of a year ago, and the change."),
    ] = None,
    money: Annotated[
        bool, typer.Option("--money", help="What those who entered a stage were worth at that instant.")
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="That in this currency; else the one it is all in, else the workspace's.")
    ] = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="STAGE[,COLUMN]", help="List the leads behind a number.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """The funnel: who entered which stage, who passed, waits, was lost or recycled, how long it took, and the bottleneck."""
    options = asked_options(
        locals(), "by since until period as_of now zone filter_ at model count basis within currency"
    )
    options |= {"per": per.value} | ({"compare": compare.value} if compare else {}) | ({"money": True} if money else {})
    with opened(workspace) as here:
        if open_ is not None:
            stage, _, column = open_.partition(",")
            write_view(open_cell(here, stage, column or "entered", options), format_)
        else:
            write_view(ask(here, "funnel", options), format_)


def anomalies(
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What breaks the lifecycle in what is recorded: trusted data, and what earlier-dated news made illegal."""
    with opened(workspace) as here:
        write_view(ask(here, "anomalies", asked_options(locals(), "as_of zone")), format_)


def lead(
    lead: Annotated[str, typer.Argument(help="The lead's id, SOURCE/ID, or its stream's id.")],
    as_of: AsOfOption = None,
    zone: ZoneOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """A lead's whole story in the order in which it happened, with both clocks."""
    with opened(workspace) as here:
        write_view(ask(here, "lead", asked_options(locals(), "lead as_of zone")), format_)


def asked_options(given: dict[str, Any], names: str) -> dict[str, Any]:
    """The options that were given, by their names."""
    return {name.rstrip("_"): given[name] for name in names.split() if given[name] is not None}


def write_answer(here: Workspace, view: str, options: dict[str, Any], open_: str | None, format_: Format) -> None:
    """Prints the answer of a view, or what stands behind the number of it that is to be opened."""
    write_view(ask(here, view, options) if open_ is None else open_number(here, view, open_, options), format_)

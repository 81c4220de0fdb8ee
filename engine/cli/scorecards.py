"""`leadlog reps | channels | activity | segments`."""

from typing import Annotated, Any

import typer

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

AtOption = Annotated[
    str | None,
    typer.Option(help="Take dimensions first, last or as at the instant counted; else each by its own rule."),
]
BasisOption = Annotated[
    str, typer.Option(help="Conversion by cohort: of what came in the period; by period: of what happened in it.")
]
OpenOption = Annotated[
    str | None, typer.Option("--open", metavar="COLUMN", help="List the leads, deals and events behind a column.")
]
CustomersOption = Annotated[
    bool, typer.Option("--customers", help="A row for each customer instead, classed by revenue and by potential.")
]
OPTIONS = "by since until period as_of now zone filter_ at basis currency"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog reps --period 2026-Q1",
            "leadlog reps --period month --since 2026-01-01 --by team --format csv",
            "leadlog reps --period 2026-Q1 --filter owner=ae:ben --open revenue",
        )
    )(reps)
    app.command(
        epilog=examples(
            "leadlog channels --period 2026-Q1",
            "leadlog channels --by channel,campaign --since 2026-01-01",
            "leadlog channels --period 2026-Q1 --as-of 2026-04-10 --open leads",
        )
    )(channels)
    app.command(
        epilog=examples(
            "leadlog activity --period week --since 2026-03-01",
            "leadlog activity --by owner --period 2026-03",
            "leadlog activity --by kind --filter team=sales --format csv",
        )
    )(activity)
    app.command(
        epilog=examples(
            "leadlog segments --by industry --period 2026",
            "leadlog segments --by region,company_size",
            "leadlog segments --customers --period 2026 --filter region=Bayern",
        )
    )(segments)


def reps(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    basis: BasisOption = "cohort",
    currency: CurrencyOption = None,
    open_: OpenOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Representatives: leads and handoffs, responses in time, deals, revenue against quota, cycle, activity, time selling."""
    _write("reps", locals())


def channels(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    basis: BasisOption = "cohort",
    currency: CurrencyOption = None,
    open_: OpenOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Channels: from leads to revenue, what they cost and bring, and the leads that the target needs against those so far."""
    _write("channels", locals())


def activity(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    open_: OpenOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Activity: calls, e-mails, meetings and visits by representative and kind; what people did beside what machines sent."""
    _write("activity", locals())


def segments(
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: AtOption = None,
    basis: BasisOption = "cohort",
    currency: CurrencyOption = None,
    customers: CustomersOption = False,
    open_: OpenOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Segments: effort beside what it brings, by segment, industry, region or size; customers by revenue and potential."""
    _write("segments customers" if customers else "segments", locals())


def _write(view: str, given: dict[str, Any]) -> None:
    options = asked_options(given, " ".join(name for name in OPTIONS.split() if name in given))
    with opened(given["workspace"]) as here:
        write_answer(here, view, options, given["open_"], given["format_"])

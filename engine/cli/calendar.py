"""`leadlog calendar show | due | between`: the business calendar, for people."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import Format, FormatOption, ListFormat, ListFormatOption, WorkspaceOption, examples
from engine.cli.output import write_list, write_view
from engine.clock import now
from engine.errors import BadOption
from engine.workspace import opened
from events.instants import EPOCH, Instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from projections.definitions.business_calendar import BusinessCalendar

SHORT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?", re.ASCII)
AgreementOption = Annotated[
    str | None, typer.Option("--agreement", help="A TOML file; else the agreement in force at that time.")
]
TierOption = Annotated[str | None, typer.Option("--tier", help="The calendar of this tier, where it has its own.")]
WHEN = "2026-03-07 15:00 in the calendar's zone, RFC 3339, or a date."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="When people work: docs/calendars.md.")
    room.command(
        epilog=examples(
            "leadlog calendar show --month 2026-12",
            "leadlog calendar show --month 2026-W09 --agreement examples/agreements/german-working-time.toml",
        )
    )(show)
    room.command(
        epilog=examples(
            "leadlog calendar due '2026-03-07 15:00' 1h", "leadlog calendar due 2026-12-23T16:00:00Z '8h wall'"
        )
    )(due)
    room.command(
        epilog=examples(
            "leadlog calendar between 2026-12-21 2027-01-06 --format csv",
            "leadlog calendar between 2027-01-01 2027-12-31 --format ics > open.ics",
        )
    )(between)
    app.add_typer(room, name="calendar")


def show(
    month: Annotated[
        str | None, typer.Option(help="2026-12; also a year, quarter, week or date. This month if left out.")
    ] = None,
    agreement: AgreementOption = None,
    tier: TierOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Day by day: the open hours, the holidays by name, what is closed or open out of turn, and when clocks are changed."""
    from engine.calendar_view import days
    from events.instants import midnight
    from projections.periods import days_of

    period = days_of(month or f"{EPOCH + timedelta(microseconds=now()):%Y-%m}")
    calendar, definition = _calendar(agreement, tier, workspace, lambda zone: midnight(period.first, zone))
    write_view(days(calendar, definition, period), format_)


def due(
    start: Annotated[str, typer.Argument(metavar="START", help=WHEN)],
    span: Annotated[str, typer.Argument(metavar="SPAN", help="1h, 90min, 1h 30min; 8h wall counts every hour.")],
    agreement: AgreementOption = None,
    tier: TierOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """When a promise that begins at START is due, and each interval that counts towards it."""
    from engine import calendar_view
    from projections.definitions.span import Span

    try:
        promised = Span.of(span)
    except ValueError as error:
        raise BadOption(option="SPAN", fault=error) from None
    calendar, definition = _calendar(agreement, tier, workspace, lambda zone: _when(start, zone).start)
    write_view(calendar_view.due(calendar, definition, _when(start, calendar.zone).start, promised), format_)


def between(
    start: Annotated[str, typer.Argument(metavar="START", help=WHEN)],
    end: Annotated[str, typer.Argument(metavar="END", help="Likewise; a date includes its day.")],
    agreement: AgreementOption = None,
    tier: TierOption = None,
    format_: ListFormatOption = ListFormat.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """How much is open between two instants, opening by opening."""
    from engine import calendar_view

    calendar, definition = _calendar(agreement, tier, workspace, lambda zone: _when(start, zone).start)
    begins, last = _when(start, calendar.zone).start, _when(end, calendar.zone)
    ends = last.start if last.day is None else last.end + 1
    if last.start < begins:
        raise BadOption(option="END", fault=f"{end} is before {start}")
    result = calendar_view.between(calendar, definition, begins, ends)
    write_list(result, format_, lambda: calendar_view.exported(result, now()))


def _calendar(
    file: str | None, tier: str | None, workspace: "Path | None", at: "Callable[[ZoneInfo], int]"
) -> "tuple[BusinessCalendar, str]":
    """The calendar that is meant, and the definition it is part of. at: the instant in question, by the zone of times without one."""
    from projections.definitions.agreement import agreement

    if file is not None:
        told = agreement(file)
    else:
        from engine.agreements import agreement_in_force

        with opened(workspace) as here:
            told = agreement_in_force(here, at(here.zone))
    if tier is None:
        return told.calendar, told.definition
    for one in told.sales.tier:
        if one.id == tier:
            return told.calendar_of(one), told.definition
    raise BadOption(
        option="--tier", fault=f"there is no tier {tier!r}; there are {', '.join(one.id for one in told.sales.tier)}"
    )


def _when(text: str, zone: "ZoneInfo") -> Instant:
    """The instant that is typed; `2026-03-07 15:00` is that time in the zone."""
    if found := SHORT.fullmatch(text):
        text = f"{found[1]}T{found[2]}{found[3] or ':00'}"
    return parse_instant(text, zone, "earlier")

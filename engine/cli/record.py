"""`leadlog record`: what concerns the business, and what counts of it now."""

import json
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.errors import BadOption
from engine.records import Done, listed
from engine.records import record as record_of
from engine.workspace import Workspace, opened
from events.instants import EPOCH

RepArgument = Annotated[str, typer.Argument(help="The representative, as owners are named: ae:ben.")]
PeriodArgument = Annotated[str, typer.Argument(help="2026, 2026-Q1, 2026-03, 2026-W09 or a date.")]
AmountArgument = Annotated[str, typer.Argument(help="Major units: 50000 or 1234.50.")]
CurrencyArgument = Annotated[str | None, typer.Argument(help="ISO 4217; else the workspace's.")]
OnOption = Annotated[str | None, typer.Option("--on", help="The date or instant; else today.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Who records it, for instance ops:anna.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be recorded.")]


class Of(StrEnum):
    """On what money was spent."""

    MARKETING = "marketing"
    SALES = "sales"


class Turn(StrEnum):
    """Whether somebody comes or goes."""

    JOINED = "joined"
    LEFT = "left"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(no_args_is_help=True, rich_markup_mode=None, invoke_without_command=True)
    room.callback(epilog=examples("leadlog record --list quota", "leadlog record quota ae:ben 2026-Q1 50000"))(record)
    for command, name, lines in (
        (
            quota,
            "quota",
            ("leadlog record quota ae:ben 2026-Q1 50000 EUR", "leadlog record quota ae:ben 2026-Q1 60000 --dry-run"),
        ),
        (
            target,
            "target",
            (
                "leadlog record target revenue 2026-Q1 250000 --channel events",
                "leadlog record target leads 2026-03 120 --team marketing",
            ),
        ),
        (
            spend,
            "spend",
            (
                "leadlog record spend marketing 3000 EUR --period 2026-03 --channel search --campaign spring",
                "leadlog record spend sales 180.50 EUR --on 2026-03-09",
            ),
        ),
        (working_time, "working-time", ("leadlog record working-time ae:ben 480 290 --on 2026-03-09",)),
        (
            member,
            "member",
            (
                "leadlog record member joined ae:ben sales AE --on 2026-01-01",
                "leadlog record member left ae:ben sales AE --on 2026-06-30",
            ),
        ),
        (rate, "rate", ("leadlog record rate USD EUR 0.92 --on 2026-03-01",)),
        (forecast, "forecast", ("leadlog record forecast ae:ben 2026-Q2 45000 EUR --category commit",)),
    ):
        room.command(name, epilog=examples(*lines))(command)
    app.add_typer(room, name="record")


def record(
    list_: Annotated[
        str | None, typer.Option("--list", metavar="KIND", help="What counts now of a kind, instead of recording.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Record what concerns the business: quotas, targets, spend, working time, people, rates, forecasts. The same again changes nothing.

    Many at once come from a table: `leadlog ingest --map quotas.toml quotas.csv`, as examples/mappings shows.
    """
    if list_ is not None:
        with opened(workspace) as here:
            write_view(listed(here, list_), format_)


def quota(
    rep: RepArgument,
    period: PeriodArgument,
    amount: AmountArgument,
    currency: CurrencyArgument = None,
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What a representative is to sell in a period. Of several for the same period the one recorded last counts."""
    _record(
        workspace, "quota", "QuotaSet", {"rep": rep, "period": period}, on, actor, dry_run, format_, (amount, currency)
    )


def target(
    measure: Annotated[str, typer.Argument(help="What is to be reached: revenue, leads, or any word of yours.")],
    period: PeriodArgument,
    value: Annotated[str, typer.Argument(help="How much of it; money in major units of the workspace's currency.")],
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    channel: Annotated[str | None, typer.Option(help="Through this channel.")] = None,
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What a team or a channel is to reach in a period."""
    data = {"measure": measure, "period": period, "value": value, "team": team, "channel": channel}
    _record(workspace, "target", "TargetSet", data, on, actor, dry_run, format_)


def spend(
    of: Annotated[Of, typer.Argument(metavar="KIND", help="marketing or sales.")],
    amount: AmountArgument,
    currency: CurrencyArgument = None,
    period: Annotated[str | None, typer.Option(help="For this period as a whole, instead of a day.")] = None,
    channel: Annotated[str | None, typer.Option(help="For this channel.")] = None,
    campaign: Annotated[str | None, typer.Option(help="For this campaign.")] = None,
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What marketing or sales spent, on a day or for a period; a credit note is negative (write -- before it)."""
    data = {"kind": of.value, "channel": channel, "campaign": campaign, "period": period}
    _record(workspace, "spend", "SpendRecorded", data, on, actor, dry_run, format_, (amount, currency))


def working_time(
    rep: RepArgument,
    minutes: Annotated[int, typer.Argument(min=0, help="Minutes worked.")],
    selling_minutes: Annotated[int, typer.Argument(min=0, help="Minutes of them spent selling.")],
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """How long a representative worked on a day, and how much of it she sold."""
    data = {"rep": rep, "minutes": minutes, "selling_minutes": selling_minutes}
    _record(workspace, "working-time", "WorkingTimeRecorded", data, on, actor, dry_run, format_)


def member(
    turn: Annotated[Turn, typer.Argument(help="joined or left.")],
    rep: RepArgument,
    team: Annotated[str, typer.Argument(help="The team.")],
    role: Annotated[str, typer.Argument(help="SDR, AE, CSM, marketing, or any word of yours.")],
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Somebody joins a team, or leaves it."""
    type_ = "MemberJoined" if turn is Turn.JOINED else "MemberLeft"
    _record(workspace, "member", type_, {"rep": rep, "team": team, "role": role}, on, actor, dry_run, format_)


def rate(
    from_: Annotated[str, typer.Argument(metavar="FROM", help="ISO 4217.")],
    to: Annotated[str, typer.Argument(help="ISO 4217.")],
    rate: Annotated[str, typer.Argument(help="So many units of TO is one unit of FROM.")],
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """An exchange rate from a day on; its inverse is not taken from it."""
    _record(workspace, "rate", "ExchangeRateSet", {"from": from_, "to": to, "rate": rate}, on, actor, dry_run, format_)


def forecast(
    rep: RepArgument,
    period: PeriodArgument,
    amount: AmountArgument,
    currency: CurrencyArgument = None,
    category: Annotated[str | None, typer.Option(help="commit, best case, or any word of yours.")] = None,
    note: Annotated[str | None, typer.Option(help="A word on it.")] = None,
    on: OnOption = None,
    actor: ActorOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """What a representative expects to sell in a period."""
    data = {"rep": rep, "period": period, "category": category, "note": note}
    _record(workspace, "forecast", "ForecastSubmitted", data, on, actor, dry_run, format_, (amount, currency))


def _record(
    workspace: Any,
    kind: str,
    type_: str,
    data: dict[str, Any],
    on: str | None,
    actor: str | None,
    dry_run: bool,
    format_: Format,
    money: tuple[str, str | None] | None = None,
) -> None:
    if format_ not in (Format.TABLE, Format.JSON):
        raise BadOption(option="--format", fault="what was recorded is told in a sentence or as json")
    with opened(workspace) as here:
        if money is not None:
            data |= {"amount": money[0], "currency": money[1] or here.settings.currency}
        time = on or _today(here)
        if dry_run:
            with here.copied() as copy:
                done = record_of(copy, kind, type_, data, time, actor)
        else:
            done = record_of(here, kind, type_, data, time, actor)
    typer.echo(_as_json(done, dry_run) if format_ is Format.JSON else _sentence(done, dry_run))


def _today(here: Workspace) -> str:
    return str((EPOCH + timedelta(microseconds=here.clock())).astimezone(here.zone).date())


def _as_json(done: Done, dry_run: bool) -> str:
    position = None if dry_run else done.position
    told = {"type": done.type, "time": done.time, "data": done.data, "position": position, "again": done.again}
    return json.dumps(told, ensure_ascii=False)


def _sentence(done: Done, dry_run: bool) -> str:
    said = f"{done.type} ({', '.join(f'{name} {value}' for name, value in done.data.items())}) on {done.time}"
    if done.again:
        return f"That is recorded already: {said}. Nothing was changed."
    return f"Would record {said}." if dry_run else f"Recorded {said} at position {done.position}."

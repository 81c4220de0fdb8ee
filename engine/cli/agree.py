"""`leadlog agree`: what marketing and sales agreed, as a file, as an event, and as it is in force."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.errors import BadOption
from engine.workspace import opened

if TYPE_CHECKING:
    from projections.definitions.agreement import Agreement

FileArgument = Annotated[
    str | None, typer.Argument(metavar="FILE", help="The agreement, a TOML file; with --show: which version.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "agree",
        epilog=examples(
            "leadlog agree examples/agreements/german-working-time.toml",
            "leadlog agree --check smarketing.toml",
            "leadlog agree --list",
            "leadlog agree --show",
            "leadlog agree --show 2026-07-01 --format json",
        ),
    )(command)


def command(
    file: FileArgument = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the file is right; nothing is recorded.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of what is agreed otherwise from the same day on.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="All versions, by first day.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="A version: its name, position or first day; else the one in force.")
    ] = False,
    toml: Annotated[bool, typer.Option("--toml", help="With --show: as a file to change and agree on.")] = False,
    actor: Annotated[str | None, typer.Option("--actor", help="Who agrees, for instance ops:anna.")] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Record what marketing and sales agreed, from its first day on: docs/agreement.md.

    The log keeps every version; the same again changes nothing. From its first day on it judges every handoff, those that are
    recorded already included; reports as of earlier stay.
    """
    from engine import agreements
    from engine.agreement_view import listed, shown
    from projections.definitions.agreement import agreement

    if sum((check, list_, show)) > 1:
        raise BadOption(option="--check, --list, --show", fault="one at a time")
    if list_ or show:
        with opened(workspace) as here:
            versions, now = agreements.versions(here), here.clock()
            if list_:
                write_view(listed(versions, now, here.log.head().position, here.zone), format_)
                return
            version = agreements.named(versions, file, now)
        _write_toml(version.agreement) if toml else write_view(shown(version), format_)
        return
    if file is None:
        raise BadOption(option="FILE", fault="say which agreement, or --list, or --show")
    told = agreement(file)
    if check:
        _say({"definition": told.definition, "file": file}, format_, f"{file} is right: {_summed_up(told)}.")
        return
    with opened(workspace) as here:
        done = agreements.agree(here, told, actor, replace=replace)
    position, before = done.version.position, done.instead_of
    sentence = f"Agreed: {_summed_up(told)}. Recorded at position {position}"
    if before is not None:
        sentence += f", in place of {before.agreement.definition} (position {before.position})"
    if done.again:
        sentence = f"That is agreed already, at position {position}. Nothing was changed"
    facts = {"definition": told.definition, "position": position, "again": done.again}
    _say({**facts, "instead_of": before.position if before else None}, format_, sentence + ".")


def _say(facts: dict[str, Any], format_: Format, sentence: str) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if format_ is Format.JSON else sentence)


def _summed_up(told: "Agreement") -> str:

    tiers = ", ".join(tier.id for tier in told.sales.tier)
    week = sum(one.ends - one.begins for weekday in range(7) for one in told.calendar.hours.on(weekday))
    hours, minutes = divmod(week, 60)
    length = f"{hours} h" + (f" {minutes} min" if minutes else "")
    return (
        f"{told.definition} from {told.effective_from} on; tiers {tiers}; {length} a week in {told.calendar.zone.key}"
    )


def _write_toml(told: "Agreement") -> None:
    import tomli_w

    typer.echo(tomli_w.dumps(told.told() | {"effective_from": told.effective_from}), nl=False)

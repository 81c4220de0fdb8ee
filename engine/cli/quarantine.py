"""`leadlog quarantine list | summary | show | retry | export | drop`."""

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.cli.progress import progress
from engine.errors import BadOption, NoSuchEntry, NothingMeant
from engine.intake.entry import Entry
from engine.intake.quarantine import Quarantine, forget
from engine.intake.reasons import reason_of
from engine.intake.retry import Retried
from engine.intake.retry import retry as try_again
from engine.intake.wanted import Wanted
from engine.quarantined import COLUMNS, lines, row, wanted
from engine.workspace import Workspace, opened
from events.instants import wire
from projections.asked import Asked, limits
from projections.result import Column, Result, instant

LONGEST_TABLE = 200

EntryArgument = Annotated[int, typer.Argument(help="The entry's number, as `list` prints it.")]
EntriesArgument = Annotated[list[int] | None, typer.Argument(help="Numbers of entries; left out: all that are meant.")]
StateOption = Annotated[list[str] | None, typer.Option("--state", help="parked, refused or faulty.")]
ReasonOption = Annotated[
    list[str] | None, typer.Option("--reason", help="The word of the reason, as `summary` counts.")
]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="From this source.")]
TypeOption = Annotated[list[str] | None, typer.Option("--type", help="Events of this name.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="That came, or came again, from this date or instant on.")
]
RunOption = Annotated[list[str] | None, typer.Option("--run", help="That this intake run brought.")]
LimitOption = Annotated[int | None, typer.Option("--limit", help="At most so many; a table shows 200 unless told.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    room = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="What could not be taken, why, and what can be done."
    )
    room.command(
        "list",
        epilog=examples(
            "leadlog quarantine list --state faulty --reason zone",
            "leadlog quarantine list --source crm --since 2026-03-01 --format csv > kept.csv",
        ),
    )(listed)
    room.command(epilog=examples("leadlog quarantine summary", "leadlog quarantine summary --source crm"))(summary)
    room.command(epilog=examples("leadlog quarantine show 17"))(show)
    room.command(
        epilog=examples(
            "leadlog quarantine retry",
            "leadlog quarantine retry 17 18",
            "leadlog quarantine retry --reason value --since 2026-03-01 --map crm.toml",
        )
    )(retry)
    room.command(
        epilog=examples(
            "leadlog quarantine export --reason json > kept.ndjson",
            "leadlog quarantine export --raw --source crm > again.csv",
        )
    )(export)
    room.command(epilog=examples("leadlog quarantine drop 17", "leadlog quarantine drop --reason header --yes"))(drop)
    app.add_typer(room, name="quarantine")


def listed(
    state: StateOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    run: RunOption = None,
    limit: LimitOption = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """What lies in quarantine, and why."""
    with opened(workspace) as here:
        meant = _meant(here, (), state, reason, source, type_, run, since)
        if limit is None and format_ in (Format.TABLE, Format.MD):
            limit = LONGEST_TABLE
        write_view(_Listing(here, meant, limit), format_)
        with here.quarantine() as quarantine:
            left = quarantine.count(meant) - (limit or 0)
        if limit is not None and left > 0:
            typer.echo(f"… {left:,} more: --limit, the filters and --format csv show them; `summary` counts.", err=True)


class _Listing:
    """The entries as a result whose rows are read while they are printed."""

    def __init__(self, workspace: Workspace, meant: Wanted, limit: int | None) -> None:
        self._workspace, self._meant, self._limit = workspace, meant, limit

    def document(self) -> dict[str, Any]:
        """As CONTRACT.md, section 4."""
        head = Result("quarantine", None, self._workspace.log.head().position, None, COLUMNS, ()).document()
        return head | {"rows": lines(self._workspace, self._meant, self._limit)}


def summary(
    state: StateOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    run: RunOption = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """How many entries of which reason there are, and what cures them. behind: parked ones with a faulty entry of their lead."""
    with opened(workspace) as here:
        with here.quarantine() as quarantine:
            kinds = quarantine.kinds(_meant(here, (), state, reason, source, type_, run, since))
        rows = [
            {
                "state": kind.state,
                "reason": kind.word,
                "entries": kind.entries,
                "times": kind.times,
                "behind": kind.behind,
                "first_seen": instant(kind.first_seen, None, here.zone),
                "last_seen": instant(kind.last_seen, None, here.zone),
                "cure": known.cure if (known := reason_of(kind.state, kind.word)) else None,
            }
            for kind in kinds
        ]
        units: dict[str, Any] = dict.fromkeys(("entries", "times", "behind"), "count")
        units |= dict.fromkeys(("first_seen", "last_seen"), "instant")
        names = ("state", "reason", "entries", "times", "behind", "first_seen", "last_seen", "cure")
        columns = [Column(name, units.get(name)) for name in names]
        write_view(Result("quarantine summary", None, here.log.head().position, None, columns, rows), format_)


def show(entry: EntryArgument, workspace: WorkspaceOption = None) -> None:
    """One entry with its cure and all that came in."""
    with opened(workspace) as here:
        found = _entry(here, entry)
        for name, value in _told(found).items():
            typer.echo(f"{name + ':':<12} {value}")
        typer.echo(found.raw.decode(errors="backslashreplace") if found.raw is not None else "(the person was erased)")


def retry(
    entries: EntriesArgument = None,
    state: StateOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    run: RunOption = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="Read what came through a mapping by this one, in place of the one kept."),
    ] = None,
    workspace: WorkspaceOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Try again what lies in quarantine, for instance after a mapping was mended. The filters say what is meant; else all.

    Exit code 3: some of it stays.
    """
    with opened(workspace) as here:
        meant = _meant(here, tuple(entries or ()), state, reason, source, type_, run, since)
        with here.quarantine() as quarantine:
            total = quarantine.count(meant)
        with progress("trying again", total) as advance:
            retried = try_again(here, meant, map_, advance)
    _print(retried, format_)
    raise typer.Exit(3 if retried.left else 0)


def export(
    entries: EntriesArgument = None,
    state: StateOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    run: RunOption = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The bytes themselves, one entry a line, as they came in.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """What came in, one JSON object a line: `text` where it is UTF-8, else `base64`, with where it came from and why it is here."""
    with opened(workspace) as here:
        meant = _meant(here, tuple(entries or ()), state, reason, source, type_, run, since)
        with here.quarantine() as quarantine:
            found = quarantine.entries(meant)
            if raw:
                _write_raw(found)
            else:
                for entry in found:
                    typer.echo(json.dumps(row(entry, here.zone) | _content(entry), ensure_ascii=False))


def drop(
    entries: EntriesArgument = None,
    state: StateOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    run: RunOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take entries out for good: what came in is gone then, and so is the key that sealed it."""
    with opened(workspace) as here:
        meant = _meant(here, tuple(entries or ()), state, reason, source, type_, run, since)
        if meant.is_everything:
            raise BadOption(option="drop", fault="say which: numbers of entries, or a filter such as --reason")
        with here.quarantine() as quarantine:
            count = quarantine.count(meant)
        if not count:
            raise NothingMeant
        if not yes:
            typer.confirm(f"Drop {_counted(count)} for good?", abort=True, err=True)
        with here.log.writing() as writing:
            quarantine = Quarantine(writing, here.keys)
            count = quarantine.drop(meant)
        with here.log.writing() as writing:
            forget(writing, here.keys, quarantine.orphans)
        typer.echo(f"Dropped {_counted(count)}.")


def _counted(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _meant(
    workspace: Workspace,
    entries: tuple[int, ...],
    state: list[str] | None,
    reason: list[str] | None,
    source: list[str] | None,
    type_: list[str] | None,
    run: list[str] | None,
    since: str | None,
) -> Wanted:
    """What the options mean. Raises QuestionError; NoSuchEntry for a number that is not there."""
    told = {"state": state, "reason": reason, "source": source, "type": type_, "run": run}
    asked = Asked.of({"filter": {name: values for name, values in told.items() if values}, "since": since})
    for entry in entries:
        _entry(workspace, entry)
    cut = limits(asked, workspace.settings.zone, workspace.clock)
    return replace(wanted(asked, cut.since), entries=entries)


def _entry(workspace: Workspace, number: int) -> Entry:
    with workspace.quarantine() as quarantine:
        found = quarantine.entry(number)
    if found is None:
        raise NoSuchEntry(entry=number)
    return found


def _told(entry: Entry) -> dict[str, object]:
    known = reason_of(entry.state, entry.word)
    return {
        "entry": entry.entry,
        "state": entry.state,
        "reason": entry.reason,
        "cure": known.cure if known else "–",
        "where": entry.where or "–",
        "source": entry.source or "–",
        "lead": entry.subject or entry.stream or "–",
        "type": entry.type or "–",
        "id": entry.id or "–",
        "run": entry.run or "–",
        "seen": f"{entry.count} times, first {wire(entry.first_seen)}, last {wire(entry.last_seen)}",
        "tried": f"{entry.tries} times" + (f", last {wire(entry.last_try)}" if entry.last_try else ""),
    }


def _content(entry: Entry) -> dict[str, str | None]:
    if entry.raw is None:
        return {"text": None}
    try:
        return {"id": entry.id, "text": entry.raw.decode()}
    except UnicodeDecodeError:
        return {"id": entry.id, "base64": base64.b64encode(entry.raw).decode()}


def _write_raw(entries: Iterator[Entry]) -> None:
    """The bytes as lines; a row that stands for several entries once. What is no line is left out and counted."""
    out = getattr(sys.stdout, "buffer", None)
    last, left_out = None, 0
    for entry in entries:
        line = entry.raw.removesuffix(b"\n").removesuffix(b"\r") if entry.raw is not None else None
        if line is None or b"\n" in line:
            left_out += 1
        elif line != last:
            if out is not None:
                out.write(line + b"\n")
            else:
                sys.stdout.write(line.decode(errors="surrogateescape") + "\n")
            last = line
    if left_out:
        typer.echo(f"{_counted(left_out)} left out: erased, or no single line; without --raw they are there.", err=True)


def _print(retried: Retried, format_: Format) -> None:
    told = {name: getattr(retried, name) for name in ("run", "tried", "recorded", "known", "left")}
    match format_:
        case Format.JSON:
            typer.echo(json.dumps(told | {"unread": retried.unread}))
        case Format.CSV:
            typer.echo(",".join(told))
            typer.echo(",".join(str(value) for value in told.values()))
        case Format.MD | Format.TABLE:
            typer.echo(
                f"{retried.recorded} recorded, {retried.known} were known already, {retried.left} stay in quarantine."
            )
    for mapping, count in retried.unread.items():
        typer.echo(
            f"{_counted(count)} came through {mapping}, which cannot be read; name the mapping by --map.", err=True
        )

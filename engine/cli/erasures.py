"""`leadlog erase` and `leadlog erasures`: a person is forgotten, and it can be shown that she was."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.cli.progress import progress
from engine.erasure import Erased, Person, person
from engine.erasure import erase as erase_person
from engine.erasures import redo
from engine.names import shown
from engine.privacy.erasure_list import ErasureList
from engine.proofs import listed, proof
from engine.traces import Trace, traces, values_of
from engine.workspace import Workspace, opened
from projections.result import Column, Result

TRACE = ("position", "entry", "lead", "type", "field", "holds", "whose")
LeadArgument = Annotated[str, typer.Argument(help="The lead's id, SOURCE/ID, or its stream's id.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Who does it, for instance dpo:anna; it is recorded.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog erase crm/L1 --dry-run --report", "leadlog erase crm/L1 --request DSR-2026-17 --actor dpo:anna"
        )
    )(erase)
    room = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="The list of erasures: who is gone, since when; nothing personal stands on it.",
    )
    room.command("list", epilog=examples("leadlog erasures list", "leadlog erasures list --format csv"))(list_)
    room.command(epilog=examples("leadlog erasures show crm/L1"))(show)
    room.command(epilog=examples("leadlog erasures export", "leadlog erasures export /mnt/other/erasures.ndjson"))(
        export
    )
    room.command(epilog=examples("leadlog erasures apply", "leadlog erasures apply /mnt/other/erasures.ndjson"))(apply)
    app.add_typer(room, name="erasures")


def erase(
    lead: LeadArgument,
    request: Annotated[str | None, typer.Option(help="The file number of the person's request.")] = None,
    actor: ActorOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    report: Annotated[
        bool,
        typer.Option("--report", help="Walk the whole log first and list the fields that stay readable and name her."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Erase a person: her key is destroyed, the events remain, no number moves. It cannot be undone."""
    with opened(workspace) as here:
        found = person(here, lead)
        if not (yes or dry_run) and sys.stdin.isatty():
            typer.echo(_reach(found), err=True)
            typer.confirm(f"Erase {lead} for good?", abort=True, err=True)
        rows = list(_traces(here, found)) if report else []
        done = None if dry_run else erase_person(here, lead, request, actor)
        if format_ is Format.JSON:
            typer.echo(json.dumps(_document(here, found, done, rows if report else None), ensure_ascii=False))
            return
        typer.echo(_reach(found) if done is None else _done(lead, found, done))
        if done is None or not done.again:
            typer.echo(
                "\n".join(["To be done outside this workspace:", *(f"- {one}" for one in _outside(here, found))])
            )
        if report:
            typer.echo("Fields that stay readable and hold something of this person:" if rows else _NOTHING)
            if rows:
                columns = [Column(name) for name in TRACE]
                write_view(Result("traces", None, here.log.head().position, None, columns, rows), format_)


def list_(format_: FormatOption = Format.TABLE, workspace: WorkspaceOption = None) -> None:
    """Who is erased: stream, instant, and where the log says so."""
    with opened(workspace) as here:
        write_view(listed(here), format_)


def show(lead: LeadArgument, format_: FormatOption = Format.TABLE, workspace: WorkspaceOption = None) -> None:
    """The proof that a person was erased: when, by whom, on which request. Exit code 1 where she was not."""
    with opened(workspace) as here:
        found = proof(here, lead)
        write_view(found, format_)
    raise typer.Exit(0 if found.rows else 1)


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output if left out.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the list of erasures: streams and instants, each line tied to this log."""
    with opened(workspace) as here:
        here.log.head()
        erasures = here.keys.erasures
        assert erasures is not None
        text = erasures.text(erasures.entries())
        if file is None:
            typer.echo(text.decode(), nl=False)
        else:
            ErasureList(file, erasures.log_id, erasures.secret).add(erasures.entries())
            typer.echo(f"{len(erasures.entries()):,} erasures stand in {file}.")


def apply(
    file: Annotated[Path | None, typer.Argument(help="Another list beside the workspace's own.")] = None,
    actor: ActorOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Do again what stands on the list: after an older copy of log or keys was put back by hand."""
    with opened(workspace) as here:
        keys, log = here.keys, here.unsettled()
        assert keys.erasures is not None
        try:
            if file is not None:
                keys.erasures.add(ErasureList(file, keys.log_id, keys.secret).entries())
            done = redo(log, keys, keys.erasures.entries(), actor)
        finally:
            log.close()
    typer.echo(
        f"{done.streams:,} ids were erased again; {len(done.positions):,} PersonErased were recorded."
        if done.streams or done.positions
        else "Everybody on the list is erased. Nothing was changed."
    )


_NOTHING = "No field that stays readable holds anything of this person."


def _reach(found: Person) -> str:
    told = f"{len(found.names)} ids of one person: {', '.join(found.names)}" if len(found.names) > 1 else found.names[0]
    return (
        f"{told}: {_held(found)}, from {', '.join(found.sources)}; {found.living} of"
        f" {_counted(len(found.streams), 'key lives', 'keys live')}."
    )


def _done(lead: str, found: Person, done: Erased) -> str:
    ids = f"{len(done.streams)} ids of one person" if len(done.streams) > 1 else "1 id"
    said = "was erased before; nothing was changed" if done.again else "is erased"
    told = f"{lead} {said} ({ids}); PersonErased stands at position {done.position}. Now known as {done.streams[0]}."
    if done.again:
        return told
    loose = f", and {_counted(len(done.loose), 'entry', 'entries')} of nobody known" if done.loose else ""
    return (
        f"{told}\nDestroyed: {_counted(done.keys, 'key', 'keys')}. Nothing opens any more {_held(found)}{loose}."
        " Written on the list of erasures."
    )


def _held(found: Person) -> str:
    entries = _counted(found.entries, "entry", "entries")
    return f"{_counted(found.events, 'event', 'events')} and {entries} of quarantine"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _outside(workspace: Workspace, found: Person) -> Iterator[str]:
    yield (
        "backups of keys.db from before now: destroy them, or keep the list of erasures apart from them"
        f" ({workspace.erasures.name}; `leadlog restore` erases again)"
    )
    if sent := [source for source in found.sources if source != "leadlog"]:
        yield f"the systems that sent of this person: {', '.join(sent)}"
    kafka = workspace.settings.kafka
    if topics := [topic.name for topic in kafka.topic]:
        yield f"the Kafka topics that are read: {', '.join(topics)}"
    if kafka.publish is not None:
        yield f"the Kafka topic that is published to, where personal fields go with it: {kafka.publish.topic}"
    yield "exports, reports and files that were made or taken in before now"


def _traces(workspace: Workspace, found: Person) -> Iterator[dict[str, Any]]:
    log, keys = workspace.log, workspace.keys
    with progress("searching", log.head().position) as advance:
        told: list[Trace] = list(traces(log, keys, values_of(log, found.leads), found.leads, advance))
    names = shown(log, {one.lead for one in told if one.lead and not one.own})
    for one in told:
        yield {
            "position": one.position,
            "entry": one.entry,
            "lead": str(found.streams[found.leads.index(one.lead)])
            if one.own and one.lead
            else names.get(one.lead or 0),
            "type": one.type,
            "field": one.field,
            "holds": one.kind,
            "whose": "hers, in clear" if one.own else "another's",
        }


def _document(
    workspace: Workspace, found: Person, done: Erased | None, rows: list[dict[str, Any]] | None
) -> dict[str, Any]:
    return {
        "streams": [str(stream) for stream in found.streams],
        "events": found.events,
        "entries": found.entries,
        "sources": list(found.sources),
        "erased": done is not None,
        "again": done.again if done else None,
        "position": done.position if done else None,
        "keys": done.keys if done else found.living,
        "loose": list(done.loose) if done else None,
        "outside": list(_outside(workspace, found)),
        "traces": rows,
    }

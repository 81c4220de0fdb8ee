"""`leadlog verify | checkpoint | prove | verify-receipt`."""

import json
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.progress import progress
from engine.errors import NoSuchFile
from engine.ledger.verify import verify as walk
from engine.workspace import SIGNING, Workspace, opened
from events.instants import wire

if TYPE_CHECKING:
    from engine.ledger.note import PublicKey

KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="The public key: a file, or its line. Else the workspace's own, which proves less."),
]
FileArgument = Annotated[Path | None, typer.Argument(help="Where to; standard output if left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=examples("leadlog verify", "leadlog verify --since monday.checkpoint --key signing.pub"))(verify)
    app.command(epilog=examples("leadlog checkpoint monday.checkpoint", "leadlog checkpoint --to-topic checkpoints"))(
        checkpoint
    )
    room = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Receipts for a third party, who needs neither log nor workspace to check them.",
    )
    room.command(epilog=examples("leadlog prove handoff H1 H1.receipt"))(handoff)
    room.command(epilog=examples("leadlog prove growth monday.checkpoint grown.receipt"))(growth)
    app.add_typer(room, name="prove")
    app.command("verify-receipt", epilog=examples("leadlog verify-receipt H1.receipt --key signing.pub"))(
        verify_receipt
    )


def verify(
    since: Annotated[
        list[Path] | None,
        typer.Option(
            "--since", help="A checkpoint that was kept elsewhere: the log must begin with it; several times."
        ),
    ] = None,
    key: KeyOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Walk the hash chain: any changed, removed, swapped, inserted or replaced event and a cut tail is named.

    Exit code 1 where something is wrong. What a chain cannot see, log and key file replaced together, a checkpoint kept
    elsewhere does (--since).
    """
    from engine.ledger.checkpoint import read
    from engine.ledger.flaws_since import flaws_since

    with opened(workspace) as here:
        checkpoints = [read(file, _key(here, key)) for file in since or ()]
        with progress("verifying", here.log.head().position) as advance:
            verdict = walk(here.log, advance)
        verdict.flaws += flaws_since(here.log, checkpoints)
    if format_ is Format.JSON:
        typer.echo(json.dumps(asdict(verdict) | {"hash": verdict.hash.hex(), "whole": verdict.whole}))
    else:
        for flaw in verdict.flaws:
            typer.echo(f"position {flaw.position}: {flaw.kind}: {flaw.detail}")
        if verdict.whole and checkpoints:
            typer.echo(f"It begins with what was signed at position {max(one.size for one in checkpoints):,}.")
        flaws = len(verdict.flaws) + verdict.more
        listed = f", {verdict.more:,} of them not listed" if verdict.more else ""
        said = "whole" if verdict.whole else f"NOT whole: {flaws:,} flaw{'s' if flaws > 1 else ''}{listed}"
        typer.echo(
            f"The log is {said}; {verdict.events:,} events, position {verdict.position:,}, hash {verdict.hash.hex()}"
        )
    raise typer.Exit(0 if verdict.whole else 1)


def checkpoint(
    file: FileArgument = None,
    init_key: Annotated[
        bool, typer.Option("--init-key", help="Make the signing key, print its public half, and sign nothing.")
    ] = False,
    to_topic: Annotated[str | None, typer.Option("--to-topic", help="Send it to this Kafka topic.")] = None,
    servers: Annotated[str | None, typer.Option(help="The broker, HOST:PORT; else that of [kafka].")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Sign where the log stands. Keep it elsewhere: it proves later that the log only grew (`leadlog verify --since`).

    The signing key is made with the first one; its public half, signing.pub, goes to whoever is to check.
    """
    from engine.ledger.checkpoint import write
    from engine.ledger.signing import make

    with opened(workspace) as here:
        if init_key:
            typer.echo(make(here).public)
            return
        is_new = not (here.folder / SIGNING).exists()
        with progress("hashing", here.log.head().position) as advance:
            note = write(here, advance)
        if to_topic is not None:
            _send(here, to_topic, servers, note)
        _put(note.encode(), file)
        if is_new:
            told = "A signing key was made: signing.key signs, signing.pub goes to whoever is to check. Back both up."
            typer.echo(told, err=True)


def handoff(
    handoff: Annotated[str, typer.Argument(help="The handoff's id.")],
    file: FileArgument = None,
    lead: Annotated[str | None, typer.Option(help="Whose, where several leads have one of that id.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the receipt of a handoff: its events as they lie in the log, sealed, each with its proof, and a signed checkpoint."""
    from engine.ledger.prove import handoff as proved

    with opened(workspace) as here, progress("hashing", here.log.head().position) as advance:
        _put(proved(here, handoff, lead, advance).written(), file)


def growth(
    since: Annotated[Path, typer.Argument(help="The older checkpoint.")],
    file: FileArgument = None,
    key: KeyOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the receipt that the log of now begins with that of an older checkpoint (a consistency proof)."""
    from engine.ledger.prove import growth as proved

    with opened(workspace) as here, progress("hashing", here.log.head().position) as advance:
        _put(proved(here, since, _key(here, key), advance).written(), file)


def verify_receipt(
    file: Annotated[Path, typer.Argument(help="The receipt.")],
    key: Annotated[str, typer.Option("--key", help="The public key: a file, or its line.")],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Check a receipt with the public key alone; no log and no workspace is needed. Exit code 1: it proves nothing, and why."""
    from engine.ledger.receipt import check, told
    from engine.ledger.signing import public_key

    public = public_key(key)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NoSuchFile(file=file, cause=error.strerror) from None
    receipt, signed = check(content, public, file)
    rows = list(told(receipt))
    if format_ is Format.JSON:
        said = {"kind": receipt.kind, "handoff": receipt.handoff, "log": signed.origin, "size": signed.size}
        typer.echo(json.dumps(said | {"learned": signed.learned, "root": signed.root.hex(), "records": rows}))
        return
    typer.echo(
        f"The receipt holds: signed by {public.name}, tree of {signed.size:,} events, the last one learned {signed.learned}."
    )
    if receipt.kind == "growth":
        typer.echo(
            f"The log begins with what was signed in the older checkpoint and has only grown since.\n{receipt.since}",
            nl=False,
        )
    for row in rows:
        sealed = ", and a sealed part" if row["sealed"] else ""
        actor = f" by {row['actor']}" if row["actor"] else ""
        typer.echo(
            f"position {row['position']:,}: {row['type']} of {wire(row['occurred_at'])}, learned {wire(row['recorded_at'])}, from"
            f" {row['source']}{actor}: {row['data']}{sealed}"
        )


def _key(here: Workspace, told: str | None) -> "PublicKey":
    from engine.ledger.signing import PUBLIC, public_key

    return public_key(told or (here.folder / SIGNING).with_suffix(PUBLIC))


def _put(content: bytes, file: Path | None) -> None:
    if file is None:
        typer.echo(content.decode(), nl=False)
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise NoSuchFile(file=file, cause=error.strerror) from None


def _send(here: Workspace, topic: str, servers: str | None, note: str) -> None:
    from engine.kafka.client import client_options
    from engine.kafka.errors import BrokerRefuses
    from engine.kafka.producer import Message, Producer

    settings = here.settings.kafka
    client = client_options(settings, here.folder) | ({"bootstrap_servers": servers.split(",")} if servers else {})
    with closing(Producer(client, topic, settings, say=partial(typer.echo, err=True))) as producer:
        refused = producer.send([Message(note.partition("\n")[0].encode(), note.encode())])
        if refused:
            raise BrokerRefuses(servers=producer.servers, cause=type(refused[0]).__name__)

"""Ingestion of files: what `leadlog ingest` does."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.intake.beside import WORTH
from engine.intake.element import SenderOf
from engine.intake.intake import Intake
from engine.intake.mapping import Mapping, load
from engine.intake.reading import Format, read
from engine.intake.sources import STANDARD_INPUT, must_be_readable
from engine.intake.summary import Summary
from engine.privacy.ids import event_id
from engine.runs import new_run
from engine.workspace import Workspace
from events.cloudevents import Sender


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What is to be taken in.

    files: paths, `-` for standard input, or streams. mapping: of tables. source: of events that name none.
    kind: how they are read, else told by content and name. beside: another process may be started to read ahead in long
    files; it imports the main module, so whoever asks for it must have guarded that one.
    """

    files: Sequence[str | BinaryIO]
    mapping: Path | None = None
    source: str | None = None
    kind: Format | None = None
    beside: bool = False


def ingest(workspace: Workspace, asked: Ingestion, advance: Callable[[int], None] | None = None) -> Summary:
    """Take the files in, one after the other, as one run. advance: told the bytes read so far, over all files.

    Raises the mapping's and the file's errors before anything is written.
    """
    mapping = load(asked.mapping) if asked.mapping else None
    for file in asked.files:
        if isinstance(file, str) and file != STANDARD_INPUT:
            must_be_readable(file)
    sender_of = declared(workspace, mapping, asked.source)
    summary = Summary(new_run(workspace.clock()))
    intake = Intake(workspace.log, workspace.keys, sender_of, summary.run)
    before = 0
    for file in asked.files:
        read_so_far = 0

        def progress(taken: int, before: int = before) -> None:
            nonlocal read_so_far
            read_so_far = taken
            if advance is not None:
                advance(before + taken)

        elements = read(
            file,
            format=asked.kind,
            mapping=mapping,
            sender_of=sender_of,
            progress=progress,
            secret=workspace.keys.secret,
            beside=asked.beside and _is_long(file),
        )
        with closing(elements):
            intake.take(elements, summary, channel=_channel(workspace, file))
        before += read_so_far
    with workspace.quarantine() as quarantine:
        summary.left = quarantine.of_run(summary.run)
    return summary


def declared(workspace: Workspace, mapping: Mapping | None, source: str | None) -> SenderOf:
    """What is declared of each source: by the command line, by the mapping on top, by leadlog.toml below."""

    def sender_of(name: str | None) -> Sender:
        return workspace.sender_of(name or source)

    return mapping.senders(sender_of) if mapping else sender_of


def _is_long(file: str | BinaryIO) -> bool:
    """Whether another process that reads ahead is worth its beginning; of a pipe nobody knows what will come, and when."""
    if not isinstance(file, str) or file == STANDARD_INPUT or (os.cpu_count() or 1) < 2:
        return False
    return Path(file).stat().st_size >= WORTH


def _channel(workspace: Workspace, file: str | BinaryIO) -> str | None:
    """The name under which the offset of a file is kept: its path may name a person, so it is no clear text."""
    if not isinstance(file, str) or file == STANDARD_INPUT:
        return None
    return f"file:{event_id(workspace.keys.secret, 'file', str(Path(file).absolute()))}"

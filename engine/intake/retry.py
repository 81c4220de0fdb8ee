"""Another try for what lies in quarantine: faulty content is read again, what waits or was refused is judged again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.intake.again import parse_again
from engine.intake.element import Element, SenderOf
from engine.intake.intake import Intake
from engine.intake.mapping import load
from engine.intake.quarantine import Entry
from engine.runs import new_run
from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of the entries. left: those that stay."""

    recorded: int
    known: int
    left: int


def retry(workspace: Workspace, entry: int | None = None) -> Retried:
    """Take the entries in again, all or one. An entry that is recorded now leaves quarantine in the same transaction.

    Entries of erased persons cannot be read and stay.
    """
    with workspace.quarantine() as quarantine:
        entries = [one for one in quarantine.entries(entry) if one.raw is not None]
    run = new_run(workspace.clock())
    waiting = {one.stream for one in entries if one.state == "parked" and one.stream is not None}
    summaries = [Intake(workspace.log, workspace.keys, workspace.sender_of, run).release(waiting)] if waiting else []
    for one in entries:
        if one.state != "parked":
            sender_of = _declared(workspace, one)
            intake = Intake(workspace.log, workspace.keys, sender_of, run)
            summaries.append(intake.again(list(_elements(one, sender_of)), one.entry))
    with workspace.quarantine() as quarantine:
        there = {one.entry for one in quarantine.entries()}
    return Retried(
        recorded=sum(summary.recorded for summary in summaries),
        known=sum(summary.known + summary.repeats for summary in summaries),
        left=sum(1 for one in entries if one.entry in there),
    )


def _declared(workspace: Workspace, entry: Entry) -> SenderOf:
    """What was declared where the entry came from: the mapping that it came through has its say again."""
    mapping = (entry.context or {}).get("mapping")
    return load(Path(mapping)).senders(workspace.sender_of) if mapping else workspace.sender_of


def _elements(entry: Entry, sender_of: SenderOf) -> Iterator[Element]:
    if entry.proposal is not None:
        yield Element(entry.where or "", entry.raw or b"", entry.context or {}, entry.proposal)
    else:
        yield from parse_again(entry.raw or b"", entry.context or {}, sender_of)

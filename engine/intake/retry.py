"""Another try for what lies in quarantine: faulty content is read again, what waits or was refused is judged again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import NoSuchFile
from engine.intake.again import parse_again
from engine.intake.element import Element, SenderOf
from engine.intake.entry import Entry
from engine.intake.intake import Intake
from engine.intake.mapping import Mapping, load
from engine.intake.summary import Summary
from engine.intake.wanted import EVERYTHING, Wanted
from engine.portions import portions
from engine.runs import new_run
from engine.workspace import Workspace

PORTION = 500  # entries, or leads, a transaction


@dataclass(slots=True)
class Retried:
    """What became of the entries. left: those that stay. unread: of them, those whose mapping file is gone, by its path."""

    run: str
    tried: int = 0
    recorded: int = 0
    known: int = 0
    left: int = 0
    unread: dict[str, int] = field(default_factory=dict)


def retry(
    workspace: Workspace,
    wanted: Wanted = EVERYTHING,
    mapping: Path | None = None,
    advance: Callable[[int], None] | None = None,
) -> Retried:
    """Take the entries in again that are meant. What is recorded now leaves quarantine in the same transaction.

    mapping: read tables by this one, not by the mapping that was kept; what had been understood is read again as well.
    advance: told how many entries have been tried. Entries of erased persons cannot be read and stay.
    Raises BadMapping, NoSuchFile for that mapping.
    """
    retried = Retried(new_run(workspace.clock()))
    summary = Summary(retried.run)
    doors = _Doors(workspace, mapping, retried)
    with workspace.quarantine() as quarantine:
        numbers = quarantine.numbers(wanted)
        waiting = quarantine.waiting(wanted) if mapping is None else []
    for streams in portions(waiting, PORTION):
        doors.plain.intake.release(streams, summary)
    for portion in portions(numbers, PORTION):
        for door, entries in doors.of(portion).items():
            told = [(element, entry.entry) for entry in entries for element in door.elements(entry)]
            if told:
                door.intake.again([element for element, _ in told], [number for _, number in told], summary)
        retried.tried += len(portion)
        if advance is not None:
            advance(retried.tried)
    doors.forget()
    retried.recorded, retried.known = summary.recorded, summary.known + summary.repeats
    with workspace.quarantine() as quarantine:
        retried.left = sum(quarantine.count(Wanted(entries=tuple(portion))) for portion in portions(numbers, PORTION))
    return retried


class _Door:
    """What an entry is read through and judged by: a mapping, or none. named: it takes the place of the one that was kept."""

    def __init__(self, workspace: Workspace, run: str, mapping: Mapping | None, *, named: bool) -> None:
        self._mapping, self._named = mapping, named
        self._sender_of: SenderOf = mapping.senders(workspace.sender_of) if mapping else workspace.sender_of
        self.intake = Intake(workspace.log, workspace.keys, self._sender_of, run)

    def elements(self, entry: Entry) -> Iterator[Element]:
        """What the entry says when it is read again; what had been understood stays so unless a mapping is named."""
        context = entry.context or {}
        if entry.proposal is not None and not self._named:
            yield Element(entry.where or "", entry.raw or b"", context, entry.proposal)
            return
        if self._mapping is not None:
            context = {**context, "mapping": self._mapping.path}
        for element in parse_again(entry.raw or b"", context, self._sender_of, self._mapping):
            element.where = entry.where or element.where
            yield element


class _Doors:
    """One door a mapping, each made once."""

    def __init__(self, workspace: Workspace, named: Path | None, retried: Retried) -> None:
        self._workspace, self._named, self._retried = workspace, load(named) if named else None, retried
        self._doors: dict[str | None, _Door | None] = {}
        self.plain = _Door(workspace, retried.run, None, named=False)

    def of(self, numbers: Sequence[int]) -> dict[_Door, list[Entry]]:
        """The entries by the door that they go through. Those of erased persons go through none."""
        found: dict[_Door, list[Entry]] = {}
        with self._workspace.quarantine() as quarantine:
            for entry in quarantine.entries(Wanted(entries=tuple(numbers))):
                of_a_mapping = bool((entry.context or {}).get("mapping"))
                is_tried = entry.state != "parked" or (self._named is not None and of_a_mapping)
                if entry.raw is not None and is_tried and (door := self._door(entry)) is not None:
                    found.setdefault(door, []).append(entry)
        return found

    def forget(self) -> None:
        """Destroy the keys of what left."""
        for door in self._doors.values():
            if door is not None:
                door.intake.forget()
        self.plain.intake.forget()

    def _door(self, entry: Entry) -> _Door | None:
        path = (entry.context or {}).get("mapping")
        if not path:
            return self.plain
        if path not in self._doors:
            self._doors[path] = self._made(path)
        if self._doors[path] is None:
            self._retried.unread[path] = self._retried.unread.get(path, 0) + 1
        return self._doors[path]

    def _made(self, path: str) -> _Door | None:
        try:
            mapping = self._named or load(Path(path))
        except NoSuchFile:
            return None  # that a file was moved is no fault of the others
        return _Door(self._workspace, self._retried.run, mapping, named=self._named is not None)

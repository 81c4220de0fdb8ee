"""`leadlog verify`: walks the chain and names what was changed, taken out, put in, swapped, replaced or cut off."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from eventsourcing.persistence import PersistenceError

from engine.ledger.numbered import Numbered
from engine.ledger.walk import AFTER_ALL, MOST, Flaw, Stretch, Walk, as_bytes
from engine.privacy.keys import KeyFile, Mark
from engine.store.chain import lead_mark
from engine.store.errors import LogDamaged
from engine.store.log import Log

__all__ = ["Flaw", "Verdict", "verify"]

MANY = 4  # processes; more of them wait for the disk
LEAST = 100  # bytes of an event on the disk
STRETCH = 100_000  # positions that a process walks over at a time


@dataclass(slots=True)
class Verdict:
    """What the walk found.

    events: how many there are. position, hash: of the last one. flaws: by position; more: how many others are not listed.
    """

    events: int = 0
    position: int = 0
    hash: bytes = bytes(32)
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0

    @property
    def whole(self) -> bool:
        """Whether the log is as it was written."""
        return not self.flaws


def verify(log: Log, progress: Callable[[int], None] | None = None, most: int = MOST, processes: int = 0) -> Verdict:
    """Walk over the whole log, while others write.

    progress: told the position reached. most: flaws that are listed. processes: that walk at once; 0: one a processor.
    """
    check = _Check(log, most)
    check.in_stretches(processes or min(os.cpu_count() or 1, MANY), progress)
    check.to_the_end(progress)
    known, announced = log.keys.heads()
    while known.position > (reached := check.verdict.position):  # somebody has appended meanwhile, or the tail is cut
        check.to_the_end(progress)
        if check.verdict.position == reached:
            break
        known, announced = log.keys.heads()
    check.tell_gaps()
    check.compare_end(known, announced)
    check.compare_tables()
    check.verdict.flaws.sort(key=lambda flaw: (flaw.position is None, flaw.position))
    return check.verdict


class _Check:
    def __init__(self, log: Log, most: int) -> None:
        self._log, self._most = log, most
        self.verdict = Verdict()
        self._leads = Numbered(log)
        self._told: set[int] = set()  # positions of which a flaw is known
        self._chained = True
        self._gaps: list[tuple[str, int, int]] = []
        self._strange: dict[int, int] = {}
        self._sources: set[str] = set()

    def in_stretches(self, processes: int, progress: Callable[[int], None] | None) -> None:
        """Walk over what is there in several processes: each stretch begins with the hash that stands before it."""
        # No more of them than the file has room for, whatever position somebody has put in.
        last = min(self._log.head().position, self._log.path.stat().st_size // LEAST)
        if processes < 2 or last < 4 * STRETCH:  # they need a second to start
            return
        stretches = [(first, first + STRETCH) for first in range(0, last - STRETCH + 1, STRETCH)]
        where = (self._log.path, self._log.keys.path, self._most)
        with ProcessPoolExecutor(processes, get_context("spawn"), _open, where) as pool:
            for found in pool.map(_walk, stretches):
                self._add(found)
                if progress is not None:
                    progress(found.position)

    def to_the_end(self, progress: Callable[[int], None] | None) -> None:
        """Walk on in this process."""
        start = Stretch(self.verdict.position, self.verdict.hash, chained=self._chained)
        known = self._log.keys.head().position
        self._add(Walk(self._log, start, self._leads, self._most).to(AFTER_ALL, known, progress))

    def _add(self, found: Stretch) -> None:
        verdict = self.verdict
        verdict.events += found.events
        verdict.position, verdict.hash, self._chained = found.position, found.hash, found.chained
        verdict.more += found.more
        self._sources |= found.sources
        self._strange = found.strange | self._strange
        for flaw in found.flaws:
            self._flaw(flaw.position, flaw.kind, flaw.detail)
        for kind, first, last in found.gaps:
            before = self._gaps.pop() if self._gaps and self._gaps[-1][::2] == (kind, first - 1) else None
            self._gaps.append((kind, before[1] if before else first, last))

    def tell_gaps(self) -> None:
        """What is missing or cannot be read, each run of positions once."""
        for kind, first, last in self._gaps:
            which = f"position {first}" if first == last else f"positions {first} to {last}"
            verb = ("is" if first == last else "are") + " missing" if kind == "missing" else "cannot be read"
            self._flaw(first, kind, f"{which} {verb}")

    def compare_end(self, known: Mark, announced: Mark | None) -> None:
        """The log's end against what the key file remembers."""
        end = Mark(self.verdict.position, self.verdict.hash)
        if end in (known, announced):
            return
        last = announced if announced is not None and end.position > known.position else known
        if end.position < last.position:
            told = (
                f"the log ends at position {end.position}; the key file remembers {last.position}: the tail was cut off"
            )
            self._flaw(end.position + 1, "cut", told)
        elif self._log.hash_at(last.position) != last.hash:
            told = f"position {last.position} is not the one that the key file remembers: it, or what lies before it, was written anew"
            self._flaw(last.position, "rewritten", told)
        elif end.position > last.position:
            told = f"what follows position {last.position} was not written through this key file: it was put in, or the key file is an old copy"
            self._flaw(last.position + 1, "added", told)

    def compare_tables(self) -> None:
        """Tables `lead` and `source` against their marks and the events."""
        for table, compare in (("lead", self._compare_leads), ("source", self._compare_sources)):
            try:
                compare()
            except (LogDamaged, PersistenceError) as error:
                self._flaw(None, table, f"table {table} cannot be read: {error}")

    def _compare_leads(self) -> None:
        for lead, position in self._strange.items():
            wrong = "is another one than in" if self._leads.knows(lead) else "is missing in"
            self._flaw(position, "lead", f"lead {lead} of position {position} {wrong} table lead")
        expected, secret = 1, self._log.keys.secret
        for number, stream, mark in self._log.lead_rows():
            if number < 1 or mark != lead_mark(secret, number, stream):
                told = f"lead {number} is not the one that was numbered so (table lead)"
                self._flaw(self._first_of(number), "lead", told)
            elif number > expected:
                missing = f"lead {expected} is" if number == expected + 1 else f"leads {expected} to {number - 1} are"
                self._flaw(self._first_of(expected), "lead", f"{missing} missing in table lead")
            expected = max(expected, number + 1)

    def _first_of(self, lead: int) -> int | None:
        with self._log.reading() as reading:
            found = reading.execute("SELECT min(position) FROM event WHERE lead > 0 AND lead = ?", (lead,))
            first: int | None = found.fetchone()[0]
        return first

    def _compare_sources(self) -> None:
        listed = set(self._log.sources())
        with self._log.reading() as reading:
            since = "SELECT DISTINCT source FROM event WHERE position > ?"  # what came while the walk was on its way
            new = {name for (name,) in reading.execute(since, (self.verdict.position,)).fetchall()}
        strange = self._sources - listed | listed - self._sources - new
        if strange:
            told = f"table source and the events differ in {', '.join(sorted(map(repr, strange)))}"
            self._flaw(None, "source", told)

    def _flaw(self, position: int | None, kind: str, told: str) -> None:
        if position in self._told:
            return
        if position is not None:
            self._told.add(position)
        if len(self.verdict.flaws) < self._most:
            self.verdict.flaws.append(Flaw(position, kind, told))
        else:
            self.verdict.more += 1


class _Worker:
    """What a process of its own walks with."""

    log: Log
    leads: Numbered
    most: int


def _open(log: Path, keys: Path, most: int) -> None:
    _Worker.log = Log.open(log, KeyFile.open(keys), read_only=True)
    _Worker.leads, _Worker.most = Numbered(_Worker.log), most


def _walk(limits: tuple[int, int]) -> Stretch:
    after, last = limits
    try:
        before = _Worker.log.hash_at(after)
    except (LogDamaged, PersistenceError):  # whoever walks up to it says so
        before = None
    start = Stretch(after, as_bytes(before), chained=before is not None)
    return Walk(_Worker.log, start, _Worker.leads, _Worker.most).to(last)

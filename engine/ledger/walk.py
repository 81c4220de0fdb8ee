"""A walk over a stretch of the chain: what each row of it is, taken together with the one before."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eventsourcing.persistence import PersistenceError

from engine.ledger.numbered import Numbered
from engine.store.chain import link
from engine.store.errors import LogDamaged
from engine.store.log import Log
from engine.store.rows import SOURCE, Columns

PAGE = 10_000
SLOWER = 10  # a page that cannot be read is tried again in so many parts
PATIENCE = 10_000  # positions in a row that cannot be read, after which the rest is given up
MOST = 1_000  # faults that are told; of a log whose every row is bad the others are counted
BEFORE_ALL, AFTER_ALL = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong.

    position: where; None for what is no event: a lead without events, a source.
    kind: `changed`, `missing`, `added`, `cut`, `rewritten`, `unreadable`, `lead` or `source`.
    """

    position: int | None
    kind: str
    detail: str


@dataclass(slots=True)
class Stretch:
    """What was found between two positions.

    position, hash: of the last event. gaps: (kind, first, last) of positions that are missing or cannot be read.
    flaws: the first of them; more: how many others there are. strange: leads that table `lead` has not, or otherwise, and
    where they were met. chained: whether the last position could be read.
    """

    position: int
    hash: bytes
    events: int = 0
    chained: bool = True
    gaps: list[tuple[str, int, int]] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0
    strange: dict[int, int] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)


class Walk:
    """Walks from a position on whose hash is taken as given: whether it is right is found by whoever walks up to it.

    leads: which table `lead` is compared with the events. most: flaws that are kept.
    """

    def __init__(self, log: Log, start: Stretch, leads: Numbered, most: int = MOST) -> None:
        self._log, self.found, self._leads, self._most = log, start, leads, most
        self._after = start.position or BEFORE_ALL

    def to(self, last: int, known: int | None = None, progress: Callable[[int], None] | None = None) -> Stretch:
        """Walk up to that position. known: the position up to which there must be something, where that is not `last`.

        progress: told the position reached, a page at a time.
        """
        must_be = last if known is None else known
        size, failed = PAGE, 0
        while True:
            try:
                page = self._log.page(self._after, size, last)
            except (LogDamaged, PersistenceError):
                if size == 1:
                    failed += 1
                    self._lost("unreadable", max(self.found.position + 1, must_be if failed > PATIENCE else 0))
                    if self.found.position >= must_be:
                        break
                size = max(1, size // SLOWER)
                continue
            failed = 0
            if not page:
                break
            self._pass(page)
            size = min(PAGE, size * SLOWER)
            if progress is not None:
                progress(self.found.position)
        if known is None and self.found.position < last:
            self._lost("missing", last)
        return self.found

    def _lost(self, kind: str, last: int) -> None:
        """Positions up to and with `last` are not there, or cannot be read."""
        found = self.found
        found.gaps.append((kind, found.position + 1, last))
        found.position = self._after = last
        found.chained = False

    def _pass(self, page: list[Columns]) -> None:
        found = self.found
        if self._is_whole(page):
            found.position, found.hash = page[-1][0], page[-1][-1]
        else:
            for row in page:
                self._look_at(row)
        self._after = page[-1][0]
        found.events += len(page)
        found.sources.update(row[SOURCE] for row in page)
        pairs = {(row[2], row[1]) for row in page if row[2]}
        strange = {lead for lead, stream in pairs if lead not in found.strange and not self._leads.has(lead, stream)}
        for lead in strange:
            found.strange[lead] = next(row[0] for row in page if row[2] == lead and not self._leads.has(lead, row[1]))

    def _is_whole(self, page: list[Columns]) -> bool:
        """Whether the page follows what was found so far, and each of its rows the one before."""
        if not self.found.chained or page[0][0] != self.found.position + 1 or page[-1][0] != page[0][0] + len(page) - 1:
            return False
        hashes = [row[-1] for row in page]
        try:
            return hashes == [
                link(previous, row[:-1]) for previous, row in zip([self.found.hash, *hashes[:-1]], page, strict=True)
            ]
        except TypeError:  # a hash that is no bytes
            return False

    def _look_at(self, row: Columns) -> None:
        found, position = self.found, row[0]
        if position <= found.position:
            self._flaw(position, "added", f"position {position} is before the log's beginning")
            return
        if position > found.position + 1:
            self._lost("missing", position - 1)
        if found.chained and link(found.hash, row[:-1]) != row[-1]:
            self._flaw(
                position, "changed", f"position {position} is not what was recorded after position {position - 1}"
            )
        found.position, found.hash, found.chained = position, as_bytes(row[-1]), True

    def _flaw(self, position: int, kind: str, told: str) -> None:
        if len(self.found.flaws) < self._most:
            self.found.flaws.append(Flaw(position, kind, told))
        else:
            self.found.more += 1


def as_bytes(value: object) -> bytes:
    """A hash as it lies in the file; what is none stands for none."""
    return value if isinstance(value, bytes) else b""

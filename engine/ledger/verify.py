"""`leadlog verify`: walks the chain and names what was changed, taken out, put in, swapped, replaced or cut off."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eventsourcing.persistence import PersistenceError

from engine.privacy.keys import Mark
from engine.store.chain import lead_mark, link
from engine.store.errors import LogDamaged
from engine.store.log import Log
from engine.store.rows import SOURCE, Columns

PAGE = 10_000
MOST = 100  # faults that are told; a log whose every row is bad need not name them all
BEFORE_ALL = -(2**63)


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
class Verdict:
    """What the walk found. events: how many there are. position, hash: of the last one."""

    events: int = 0
    position: int = 0
    hash: bytes = bytes(32)
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether the log is as it was written."""
        return not self.flaws


def verify(log: Log, progress: Callable[[int], None] | None = None) -> Verdict:
    """Walk over the whole log, while others write. progress: told the position reached, a page at a time."""
    walk = _Walk(log, progress)
    walk.to_the_end()
    known, announced = log.keys.heads()
    while known.position > (
        reached := walk.verdict.position
    ):  # somebody has appended in the meantime, or the tail is cut
        walk.to_the_end()
        if walk.verdict.position == reached:
            break
        known, announced = log.keys.heads()
    walk.compare_end(known, announced)
    walk.compare_leads()
    walk.compare_sources()
    walk.verdict.flaws.sort(key=lambda flaw: (flaw.position is None, flaw.position))
    return walk.verdict


class _Walk:
    def __init__(self, log: Log, progress: Callable[[int], None] | None) -> None:
        self._log, self._progress = log, progress
        self.verdict = Verdict()
        self._after = BEFORE_ALL
        self._chained = True  # whether the predecessor of the next row is there
        self._sources: set[str] = set()
        self._leads: dict[int, tuple[bytes, int]] = {}  # lead → its stream and first position, as the events tell

    def to_the_end(self) -> None:
        size = PAGE
        while len(self.verdict.flaws) < MOST:
            try:
                page = self._log.page(self._after, size)
            except (LogDamaged, PersistenceError) as error:
                if size == 1:
                    self._unreadable(error)
                size = PAGE if size == 1 else 1
                continue
            if not page:
                return
            self._pass(page)
            if self._progress is not None:
                self._progress(self.verdict.position)

    def _unreadable(self, error: Exception) -> None:
        position = self.verdict.position + 1
        self._flaw(position, "unreadable", f"position {position} cannot be read: {error}")
        self.verdict.position = self._after = position
        self._chained = False

    def _pass(self, page: list[Columns]) -> None:
        verdict, leads, sources = self.verdict, self._leads, self._sources
        position, previous = verdict.position, verdict.hash
        for row in page:
            if row[0] != position + 1:
                if row[0] <= position:
                    self._flaw(row[0], "added", f"position {row[0]} is before the log's beginning")
                    continue
                self._missing(position + 1, row[0] - 1)
                self._chained = False
            position = row[0]
            if self._chained and link(previous, row[:-1]) != row[-1]:
                self._flaw(
                    position, "changed", f"position {position} is not what was recorded after position {position - 1}"
                )
            self._chained = True
            previous = row[-1] if isinstance(row[-1], bytes) else b""
            sources.add(row[SOURCE])
            if lead := row[2]:
                if (first := leads.get(lead)) is None:
                    leads[lead] = row[1], position
                elif first[0] != row[1]:
                    self._flaw(position, "lead", f"position {position}: lead {lead} has another stream than before")
        verdict.events += len(page)
        verdict.position, verdict.hash, self._after = position, previous, max(page[-1][0], position)

    def _missing(self, first: int, last: int) -> None:
        told = f"position {first} is missing" if first == last else f"positions {first} to {last} are missing"
        self._flaw(first, "missing", told)

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

    def compare_leads(self) -> None:
        """Table `lead` against its marks and against what the events tell."""
        expected, gap, secret = 1, 0, self._log.keys.secret
        for number, stream, mark in self._log.lead_rows():
            if number != expected:
                gap = gap or expected
            expected = number + 1
            first = self._leads.pop(number, None)
            if number < 1 or mark != lead_mark(secret, number, stream) or (first and first[0] != stream):
                told = f"lead {number} is not the one that was numbered so (table lead)"
                self._flaw(first and first[1], "lead", told)
        for number, (_, position) in sorted(self._leads.items()):
            self._flaw(position, "lead", f"lead {number} is missing in table lead")
        if gap and not self._leads:
            self._flaw(None, "lead", f"lead {gap} is missing in table lead")

    def compare_sources(self) -> None:
        """Table `source` against the events."""
        listed = set(self._log.sources())
        new = listed - self._sources  # come while the walk was on its way, or put in by hand
        strange = self._sources - listed | {name for name in new if not any(self._log.rows(source=name, limit=1))}
        if strange:
            told = f"table source and the events differ in {', '.join(sorted(map(repr, strange)))}"
            self._flaw(None, "source", told)

    def _flaw(self, position: int | None, kind: str, told: str) -> None:
        flaws = self.verdict.flaws
        if len(flaws) < MOST and not any(flaw.position == position is not None for flaw in flaws):
            flaws.append(Flaw(position, kind, told))

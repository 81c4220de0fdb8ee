"""The history of one log: segments, and the tail that is read when it is asked for."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import duckdb
import pyarrow as pa

from projections.database import database
from projections.history import segments
from projections.history.columns import typed
from projections.history.moment import Moment
from projections.history.reader import LogReader
from projections.history.shelf import Shelf

Answer = TypeVar("Answer")
ATTEMPTS = 3
KEPT = "kept"  # the folder in that of the segments where computed tables lie
LONG_TAIL = 20_000  # events after the last segment, from which on a view writes a new one by itself
SHORT = 8  # segments that are shorter than a whole one, which are joined when the next one is written


@dataclass(frozen=True, slots=True)
class Status:
    """segments: how many files; covered: the last position in them; head: the log's; bytes: on disk; strangers: files of another log or time."""

    segments: int
    covered: int
    head: int
    bytes: int
    strangers: int

    @property
    def tail(self) -> int:
        """Events that are read from the log when a view is asked for."""
        return self.head - self.covered


class History:
    """Typed columns of a log's events, up to the log's head at the moment of asking.

    Nothing in the folder is needed: where it is missing, read-only, stale or another log's, the events come from the log.
    """

    def __init__(self, folder: Path | None, reader: LogReader) -> None:
        self._folder = folder
        self._reader = reader

    @classmethod
    def open(cls, folder: Path | str | None, reader: LogReader) -> Self:
        """The history of that log in that folder, which need not exist; None keeps nothing on disk."""
        return cls(Path(folder) if folder is not None else None, reader)

    def status(self) -> Status:
        """What is on disk."""
        head = self._reader.head().position
        chain = self._chain(head)
        files = segments.found(self._folder) if self._folder else []
        return Status(
            segments=len(chain),
            covered=chain[-1].last if chain else 0,
            head=head,
            bytes=sum(segment.size() for segment in chain),
            strangers=len(files) - len(chain),
        )

    def build(self, progress: segments.Progress | None = None) -> Status:
        """Writes segments up to the head, short ones again as whole ones, and beside them the events that every view needs.

        Raises OSError on a read-only folder.
        """
        if self._folder is None:
            raise ValueError("this history has no folder to build in")
        self._folder.mkdir(parents=True, exist_ok=True)
        with segments.only_writer(self._folder, wait=True):
            self._extend(self._folder, self._reader.head().position, progress, again_from_first_short=True)
        with self.reading() as moment:
            moment.general()
            moment.keep_general()
        return self.status()

    def drop(self) -> int:
        """Removes all segments, and what was kept beside them; returns how many segments. They are built again from the log."""
        files = segments.found(self._folder) if self._folder else []
        if self._folder and files:
            with segments.only_writer(self._folder, wait=True):
                segments.sweep(self._folder, keep=[])
        if self._folder:
            shutil.rmtree(self._folder / KEPT, ignore_errors=True)
        return len(files)

    def answer(self, compute: Callable[[Moment], Answer]) -> Answer:
        """What is computed at this moment: compute is given what `reading` gives, and reads nothing else.

        It is computed again where a file went away under it: dropped, or joined with others by another process.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                with self.reading() as moment:
                    return compute(moment)
            except duckdb.IOException:
                continue
        with self.reading() as moment:
            return compute(moment)

    @contextmanager
    def reading(self) -> Iterator[Moment]:
        """A database for what is asked, and the log's head that it covers."""
        head = self._reader.head().position
        shelf = Shelf(self._folder / KEPT, self._reader) if self._folder else None
        with database() as connection:
            yield Moment(connection, self._reader, head, lambda: self._long_chain(head), shelf)

    def _chain(self, head: int) -> list[segments.Segment]:
        return segments.usable(self._folder, self._reader, head) if self._folder else []

    def _long_chain(self, head: int) -> list[segments.Segment]:
        """The segments up to that position; where much of the log is in none, new ones are written first."""
        chain = self._chain(head)
        if self._folder is None or head - (chain[-1].last if chain else 0) < LONG_TAIL:
            return chain
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with segments.only_writer(self._folder, wait=False) as alone:
                if alone:
                    short = sum(segment.length < segments.FULL for segment in chain)
                    self._extend(self._folder, head, again_from_first_short=short >= SHORT)
        except OSError:
            return chain  # a read-only or full disk is no reason not to answer: the tail is read instead
        return self._chain(head)

    def _extend(
        self,
        folder: Path,
        head: int,
        progress: segments.Progress | None = None,
        *,
        again_from_first_short: bool = False,
    ) -> None:
        keep = chain = self._chain(head)
        if again_from_first_short and (not chain or chain[-1].last < head):
            keep = list(_while_full(chain))
        after = keep[-1].last if keep else 0
        batches = _cut(self._reader.batches(after, head))  # one reading for all segments
        with database() as connection:
            while after < head:
                last = min(after + segments.FULL, head)
                events = (typed(connection, batch, self._reader) for batch in _up_to(last, batches))
                keep = [*keep, segments.write(folder, self._reader, after + 1, last, events)]
                after = last
                if progress:
                    progress(after, head)
        segments.sweep(folder, keep)


def _cut(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same events, in batches that end where a segment ends."""
    given = 0
    for batch in batches:
        left = batch
        while left.num_rows:
            some = left.slice(0, segments.FULL - given % segments.FULL)
            yield some
            given += some.num_rows
            left = left.slice(some.num_rows)


def _up_to(last: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The next ones, as far as that position; what comes behind it is left there."""
    for batch in batches:
        yield batch
        if batch["position"][-1].as_py() >= last:
            return


def _while_full(chain: list[segments.Segment]) -> Iterator[segments.Segment]:
    for segment in chain:
        if segment.length < segments.FULL:
            return
        yield segment

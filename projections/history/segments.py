"""Segments: immutable Parquet files, each a run of positions, written once under their final name."""

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from projections.history.columns import LAYOUT, TYPED, WORD
from projections.history.reader import LogReader

FULL = 1_000_000  # positions of a whole segment
NAME = re.compile(r"(\d{12})-(\d{12})\.parquet")
MARK = "leadlog"
NUMBERS = [field.name for field in TYPED if field.type in (pa.int32(), pa.int64())]
FORM: Mapping[str, Any] = {
    "compression": "zstd",
    "use_dictionary": [field.name for field in TYPED if field.type == WORD],
    "write_statistics": NUMBERS,  # of words they cost a third of the writing, and nothing is found by them
    "store_schema": False,  # a word is a word to whoever reads it
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A file that holds the events first to last of one log."""

    path: Path
    first: int
    last: int

    @property
    def length(self) -> int:
        """How many positions it covers."""
        return self.last - self.first + 1

    def size(self) -> int:
        """Bytes on disk; 0 once another process has removed it."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def mark(self, reader: LogReader) -> str | None:
        """What its file says if it is this log's and as we write it now; None where the log is not so long."""
        digest = reader.hash_at(self.last)
        return None if digest is None else f"{reader.id} {self.first} {self.last} {digest.hex()} {LAYOUT}"

    def is_ours(self, reader: LogReader) -> bool:
        """Whether it is whole and of this very log. A foreign, older or half-written file is not."""
        try:
            told = pq.read_metadata(self.path).metadata or {}
        except (OSError, pa.ArrowInvalid):
            return False
        mark = self.mark(reader)
        return mark is not None and told.get(MARK.encode()) == mark.encode()


def usable(folder: Path, reader: LogReader, head: int) -> list[Segment]:
    """The segments that follow each other from position 1 on, none beyond `head`; the longest where several begin alike."""
    by_first: dict[int, list[Segment]] = {}
    for segment in found(folder):
        by_first.setdefault(segment.first, []).append(segment)
    chain: list[Segment] = []
    while candidates := by_first.get(chain[-1].last + 1 if chain else 1):
        longest_first = sorted(candidates, key=lambda segment: -segment.last)
        whole = next((segment for segment in longest_first if segment.last <= head and segment.is_ours(reader)), None)
        if whole is None:
            break
        chain.append(whole)
    return chain


def found(folder: Path) -> list[Segment]:
    """Every file in the folder that is named like a segment."""
    if not folder.is_dir():
        return []
    return [
        Segment(path, int(name[1]), int(name[2]))
        for path in sorted(folder.iterdir())
        if (name := NAME.fullmatch(path.name))
    ]


def write(folder: Path, reader: LogReader, first: int, last: int, events: Iterable[pa.Table]) -> Segment:
    """One segment, whole or not at all: under a temporary name, brought to the disk, renamed. Raises OSError.

    events: all from first to last, typed, by position.
    """
    segment = Segment(folder / f"{first:012d}-{last:012d}.parquet", first, last)
    mark = segment.mark(reader)
    if mark is None:
        raise ValueError(f"the log has no position {last}")
    partial = folder / f".{segment.path.stem}.{os.getpid()}.partial"
    try:
        _write_file(partial, segment, mark, events)
        partial.replace(segment.path)
    finally:
        partial.unlink(missing_ok=True)
    _sync(folder)
    return segment


def _write_file(path: Path, segment: Segment, mark: str, events: Iterable[pa.Table]) -> None:
    written = 0
    with pq.ParquetWriter(path, TYPED, **FORM) as file:
        file.add_key_value_metadata({MARK: mark})
        for some in events:
            file.write_table(some)
            written += some.num_rows
    if written != segment.length:
        raise ValueError(f"the log gave {written} events for the positions {segment.first} to {segment.last}")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, keep: list[Segment]) -> None:
    """Removes what is no segment of this log any more, and what a killed writer left. Only the holder of the lock may."""
    kept = {segment.path for segment in keep}
    for segment in found(folder):
        if segment.path not in kept:
            segment.path.unlink(missing_ok=True)
    for partial in folder.glob(".*.partial"):
        partial.unlink(missing_ok=True)


@contextmanager
def only_writer(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this process alone may write segments now. wait: until it may; else it is told no at once.

    The lock is the operating system's: it ends with its process, so that none is ever left behind.
    """
    handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


Progress = Callable[[int, int], None]  # (position reached, position to reach)

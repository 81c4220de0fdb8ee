"""The sample as a file: NDJSON, packed if its name says so, or Parquet."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from engine.simulate.stream import Portion, portions
from engine.simulate.table import Table


def write(
    target: str | Path | BinaryIO,
    leads: int,
    seed: int,
    *,
    dirt: bool = False,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Writes a history; gives the number of events, those that are delivered twice counted twice.

    target: a file (`.parquet`: a table; `.gz`, `.zst`: packed), or a stream of bytes. advance: told how many leads have come.
    """
    if isinstance(target, str | Path):
        with _opened(Path(target)) as take:
            return _written(take, leads, seed, dirt, advance)
    return _written(lambda portion: target.write(portion.text), leads, seed, dirt, advance)


def _written(
    take: Callable[[Portion], object], leads: int, seed: int, dirt: bool, advance: Callable[[int], None] | None
) -> int:
    events = 0
    for portion in portions(leads, seed, dirt=dirt):
        take(portion)
        events += portion.events
        if advance is not None:
            advance(portion.leads)
    return events


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[Portion], object]]:
    """What takes portions into a file. One that is not finished is removed: half a history would pass for a whole one."""
    with path.open("wb") as file:
        try:
            with _packed(path.suffix.lower(), file) as take:
                yield take
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def _packed(suffix: str, file: BinaryIO) -> Iterator[Callable[[Portion], object]]:
    match suffix:
        case ".parquet":
            with Table(file) as table:
                yield table.add
        case ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream:  # no name, no time: the same bytes again
                yield lambda portion: stream.write(portion.text)
        case ".zst":
            with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as packed:
                yield lambda portion: packed.write(portion.text)
        case _:
            yield lambda portion: file.write(portion.text)

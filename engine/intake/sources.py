"""What elements are read from: a file, a packed file, standard input."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import NoSuchFile
from events.faults import Fault

PACKED = b"\x1f\x8b"
PORTION = 1 << 18
STANDARD_INPUT = "-"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """An opened stream of bytes, unpacked. name: for people, and by which a format may be told. cut: why it ended too early."""

    name: str
    stream: io.BufferedReader
    cut: Callable[[], Fault | None]


@contextmanager
def opened(path_or_stream: str | Path | BinaryIO, progress: Progress | None = None) -> Iterator[Source]:
    """The bytes of a file (`-`: standard input) or stream; gz is told by its first bytes.

    progress: told the bytes taken so far, as they lie on disk. Raises NoSuchFile.
    """
    if isinstance(path_or_stream, str | Path) and str(path_or_stream) != STANDARD_INPUT:
        try:
            file: BinaryIO = Path(path_or_stream).open("rb", buffering=0)  # noqa: SIM115  # closed below, where its users are done
        except OSError as error:
            raise NoSuchFile(file=path_or_stream, cause=error.strerror or error) from None
        with file:
            yield _source(Path(path_or_stream).name, file, progress)
    else:
        given = sys.stdin.buffer if isinstance(path_or_stream, str | Path) else path_or_stream
        yield _source(str(getattr(given, "name", STANDARD_INPUT)), given, progress)


def _source(name: str, file: BinaryIO, progress: Progress | None) -> Source:
    stream = _buffered(_Counted(file, progress))
    if not stream.peek(2).startswith(PACKED):
        return Source(name, stream, lambda: None)
    unpacked = _Unpacked(stream)
    return Source(name.removesuffix(".gz"), _buffered(unpacked), lambda: unpacked.fault)


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, PORTION)


class _Counted(io.RawIOBase):
    """A stream that tells how far it has been read."""

    def __init__(self, file: BinaryIO, progress: Progress | None) -> None:
        self._file, self._progress, self._taken = file, progress, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # what is at hand: a pipe is not waited on until it fills the buffer
        taken = (
            self._file.read1(len(buffer)) if isinstance(self._file, io.BufferedIOBase) else self._file.read(len(buffer))
        )
        buffer[: len(taken)] = taken
        self._taken += len(taken)
        if self._progress is not None:
            self._progress(self._taken)
        return len(taken)


class _Unpacked(io.RawIOBase):
    """The content of a packed stream; what is wrong with it becomes a fault at its end, after all that could be read."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._packed = gzip.GzipFile(fileobj=stream)
        self.fault: Fault | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.fault is not None:
            return 0
        try:
            taken = self._packed.read1(len(buffer))
        except EOFError:
            self.fault = Fault("gzip", "encoding", "the packed file ends before its time: it is not complete")
            return 0
        except (gzip.BadGzipFile, zlib.error) as error:
            self.fault = Fault("gzip", "encoding", f"the packed file is damaged: {error}")
            return 0
        buffer[: len(taken)] = taken
        return len(taken)

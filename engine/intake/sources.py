"""What elements are read from: a file, a packed file, standard input."""

import gzip
import io
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO, Protocol

import zstandard

from engine.errors import NoSuchFile
from events.faults import Fault

GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PORTION = 1 << 18
SIP = 512  # bytes unpacked at once: what a hostile frame makes of them still fits into memory
WINDOW = 1 << 27  # the most memory that a zst frame may ask for
STANDARD_INPUT = "-"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """An opened stream of bytes, unpacked.

    name: for people, and by which a format may be told. cut: why it ended too early. file: the same bytes where they lie
    in a file; None for a packed one, or a pipe.
    """

    name: str
    stream: io.BufferedReader
    cut: Callable[[], Fault | None]
    file: BinaryIO | None = None

    def beginning(self) -> bytes:
        """What an entry in quarantine keeps of a file of which nothing else is kept: its first bytes, or its name."""
        return self.stream.peek(1)[:1024] or self.name.encode("utf-8", "replace")

    @contextmanager
    def in_any_order(self) -> Iterator[BinaryIO]:
        """The same bytes in a file that can be read in any order: if need be a copy, which is gone afterwards."""
        if self.file is not None:
            self.file.seek(0)
            yield self.file
            return
        with tempfile.TemporaryFile() as copy:
            copyfileobj(self.stream, copy, PORTION)
            copy.seek(0)
            yield copy


def must_be_readable(path: str | Path) -> None:
    """Raises NoSuchFile where there is no such file, or it is none that may be read. Opens nothing."""
    try:
        folder = stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116  # a pipe must not be opened to be asked
    except (OSError, ValueError) as error:
        raise NoSuchFile(file=path, cause=getattr(error, "strerror", None) or error) from None
    if folder:
        raise NoSuchFile(file=path, cause="it is a folder; name the files in it")
    if not os.access(path, os.R_OK):
        raise NoSuchFile(file=path, cause="you have no right to read it")


@contextmanager
def opened(path_or_stream: str | Path | BinaryIO, progress: Progress | None = None) -> Iterator[Source]:
    """The bytes of a file (`-`: standard input) or stream; gz and zst are told by their first bytes.

    progress: told the bytes taken so far, as they lie on disk. Raises NoSuchFile.
    """
    if isinstance(path_or_stream, str | Path) and str(path_or_stream) != STANDARD_INPUT:
        must_be_readable(path_or_stream)
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
    stream = _buffered(_Counted(name, file, progress))
    head = stream.peek(4)
    if head.startswith(GZIP):
        unpacked = _Unpacked("gzip", gzip.GzipFile(fileobj=stream))
    elif head.startswith(ZSTANDARD):
        unpacked = _Unpacked("zstd", _Frames(stream))
    else:
        return Source(name, stream, lambda: None, file if file.seekable() else None)
    return Source(name.removesuffix(".gz").removesuffix(".zst"), _buffered(unpacked), lambda: unpacked.fault)


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, PORTION)


class _Counted(io.RawIOBase):
    """A stream that tells how far it has been read."""

    def __init__(self, name: str, file: BinaryIO, progress: Progress | None) -> None:
        self._name, self._file, self._progress, self._taken = name, file, progress, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # what is at hand: a pipe is not waited on until it fills the buffer
        try:
            taken = (
                self._file.read1(len(buffer))
                if isinstance(self._file, io.BufferedIOBase)
                else self._file.read(len(buffer))
            )
        except OSError as error:  # a disk that goes away: no fault of what is in the file
            raise NoSuchFile(file=self._name, cause=error.strerror or error) from None
        buffer[: len(taken)] = taken
        self._taken += len(taken)
        if self._progress is not None:
            self._progress(self._taken)
        return len(taken)


class _Packed(Protocol):
    """Something packed. read1 raises EOFError where it ends before its time."""

    def read1(self, size: int) -> bytes:
        """At most that many bytes; none at its end."""


class _Unpacked(io.RawIOBase):
    """The content of a packed stream; what is wrong with it becomes a fault at its end, after all that could be read."""

    def __init__(self, kind: str, packed: _Packed) -> None:
        self._kind, self._packed = kind, packed
        self.fault: Fault | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.fault is not None:
            return 0
        try:
            taken = self._packed.read1(len(buffer))
        except EOFError:
            self.fault = Fault(self._kind, "encoding", "the packed file ends before its time: it is not complete")
            return 0
        except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            self.fault = Fault(self._kind, "encoding", f"the packed file is damaged: {error}")
            return 0
        buffer[: len(taken)] = taken
        return len(taken)


class _Frames:
    """The content of zst frames, one after the other. The library's own stream says nothing of a frame that is cut off."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._left, self._unpacked = b"", memoryview(b"")
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def read1(self, size: int) -> bytes:
        """At most that many bytes. Raises EOFError in the middle of a frame."""
        while not self._unpacked:
            if not self._left and not (portion := self._stream.read(SIP)):
                if self._frame is not None:
                    raise EOFError
                return b""
            self._left = self._left or portion
            self._frame = self._frame or zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
            self._unpacked = memoryview(self._frame.decompress(self._left))
            self._left = b""
            if self._frame.eof:
                self._left, self._frame = self._frame.unused_data, None
        taken, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return bytes(taken)

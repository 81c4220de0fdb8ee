"""The list of erasures: kept outside log, key file and their backups, so that a backup brings nobody back.

One JSON object a line: the log's id, a stream, the instant; nothing personal. Each line bears a keyed hash under the log's
secret, so that nobody without it can write others onto the list. Several logs may share a file.
"""

import fcntl
import hmac
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

import msgspec

from engine.privacy.errors import BadErasureList, ListAway, ListUnwritable
from events.faults import Fault
from events.instants import parse_instant, wire


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line as it lies in the file."""

    log: str
    stream: UUID
    erased_at: str
    mac: str


_read = msgspec.json.Decoder(Line).decode


@dataclass(frozen=True, slots=True)
class ErasureList:
    """The list of one log in a file, which need not exist yet."""

    path: Path
    log_id: str
    secret: bytes

    def entries(self) -> dict[UUID, int]:
        """Who is on it, and since when (µs); the lines of other logs are passed over. Raises BadErasureList, ListAway.

        A last line that was cut off while it was written is not there yet.
        """
        found: dict[UUID, int] = {}
        for number, text in self._numbered():
            if (read := self._entry(text, number)) is not None:
                stream, at = read
                found[stream] = min(at, found.get(stream, at))
        return found

    def compared(self, erased: Set[UUID]) -> tuple[set[UUID], set[UUID]]:
        """Who is on it and not erased, and who is erased and not on it. A line on somebody erased does no harm and is not proved:
        this is done at each opening. Raises BadErasureList, ListAway.
        """
        undone, listed = set[UUID](), set[UUID]()
        for number, text in self._numbered():
            try:
                stream = _read(text).stream
            except msgspec.DecodeError:
                stream = None
            if stream is not None and stream in erased:
                listed.add(stream)
            elif (read := self._entry(text, number)) is not None:
                undone.add(read[0])
        return undone, set(erased) - listed

    def add(self, erased: Mapping[UUID, int]) -> None:
        """Write down who is erased and when (µs), on the disk before this returns; who is on it already is not doubled.

        Raises ListUnwritable, BadErasureList.
        """
        known = self.entries()
        new = {stream: at for stream, at in erased.items() if stream not in known}
        if not new:
            return
        try:
            with self._opened() as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._end_last_line(file)
                file.write(self.text(new))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ListUnwritable(file=self.path, cause=error.strerror or error) from None

    def must_be_writable(self) -> None:
        """Raises ListUnwritable where a line could not be added: before anything is erased."""
        try:
            self._opened().close()
        except OSError as error:
            raise ListUnwritable(file=self.path, cause=error.strerror or error) from None

    def text(self, erased: Mapping[UUID, int]) -> bytes:
        """The lines of those streams and instants (µs)."""
        return b"".join(self._lines(sorted(erased.items(), key=lambda entry: (entry[1], entry[0]))))

    def _numbered(self) -> Iterator[tuple[int, bytes]]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise ListAway(file=self.path) from None
            return
        except OSError as error:
            raise BadErasureList(file=self.path, line=1, fault=f"cannot be read: {error.strerror}") from None
        *lines, last = content.split(b"\n")
        for number, text in enumerate([*lines, last] if self._is_whole(last) else lines, 1):
            if text:
                yield number, text

    def _opened(self) -> IO[bytes]:
        """For reading and appending; only its owner may read it."""
        return os.fdopen(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "ab+")

    def _end_last_line(self, file: IO[bytes]) -> None:
        """A line that a crash cut off is taken away; one that only lacks its end gets it."""
        file.seek(0)
        *_, last = file.read().split(b"\n")
        if self._is_whole(last):
            file.write(b"\n")
        elif last:
            file.truncate(file.tell() - len(last))

    def _is_whole(self, text: bytes) -> bool:
        try:
            return bool(text) and _read(text) is not None
        except msgspec.DecodeError:
            return False

    def _lines(self, erased: Iterable[tuple[UUID, int]]) -> Iterable[bytes]:
        for stream, at in erased:
            yield msgspec.json.encode(Line(self.log_id, stream, wire(at), self._mac(stream, at))) + b"\n"

    def _entry(self, text: bytes, number: int) -> tuple[UUID, int] | None:
        try:
            line = _read(text)
            at = parse_instant(line.erased_at, field="erased_at").start
        except (msgspec.DecodeError, Fault) as error:
            raise BadErasureList(file=self.path, line=number, fault=f"is no erasure ({error})") from None
        if line.log != self.log_id:
            return None
        if not hmac.compare_digest(line.mac, self._mac(line.stream, at)):
            raise BadErasureList(file=self.path, line=number, fault="was not written by this log, or was changed")
        return line.stream, at

    def _mac(self, stream: UUID, at: int) -> str:
        told = b"erasure" + self.log_id.encode() + stream.bytes + at.to_bytes(8, "big", signed=True)
        return hmac.digest(self.secret, told, "sha256").hex()

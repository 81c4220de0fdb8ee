"""A stream's lines with their numbers and offsets, in flat memory however long a line is."""

from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import NamedTuple

from events.faults import Fault

LONGEST = 1 << 20  # bytes of a line or record (RULES, section 2)


class Line(NamedTuple):
    """One line. raw: with its end; the beginning only where it is too long. end: offset after it. whole: its end is there."""

    number: int
    raw: bytes
    end: int
    whole: bool
    fault: Fault | None = None


def lines(
    stream: BufferedReader,
    encoding: str,
    *,
    start: int = 0,
    longest: int = LONGEST,
    cut: Callable[[], Fault | None] = lambda: None,
) -> Iterator[Line]:
    """The lines of a stream.

    encoding: as `encodings.opened` tells. start: bytes in front of the first line. longest: bytes a line may have.
    cut: asked at the end; a fault where the stream ended before its time, which becomes the last line's.
    """
    take = {"utf-16-le": _little, "utf-16-be": _big}.get(encoding, _plain)
    number, end = 0, start
    while True:
        raw, whole = take(stream, longest)
        number, end = number + 1, end + len(raw)
        if whole and len(raw) <= longest:
            yield Line(number, raw, end, True)
        elif len(raw) > longest:
            whole, rest = (True, 0) if whole else _passed_over(take, stream, longest)
            size, end = len(raw) + rest, end + rest
            yield Line(number, raw, end, whole, Fault("line", "range", f"{size} bytes; a line may have {longest}"))
        else:
            fault = cut()
            if raw or fault is not None:
                yield Line(number, raw, end, False, fault)
            return


def _passed_over(
    take: Callable[[BufferedReader, int], tuple[bytes, bool]], stream: BufferedReader, longest: int
) -> tuple[bool, int]:
    size, whole, raw = 0, False, b" "
    while raw and not whole:
        raw, whole = take(stream, longest)
        size += len(raw)
    return whole, size


def _plain(stream: BufferedReader, longest: int) -> tuple[bytes, bool]:
    raw = stream.readline(longest + 1)
    return raw, raw.endswith(b"\n")


def _little(stream: BufferedReader, longest: int) -> tuple[bytes, bool]:
    raw, most = b"", _whole_characters(longest)
    while piece := stream.readline(most - len(raw)):
        raw += piece
        if raw.endswith(b"\n") and len(raw) % 2:  # the low byte of a character: its high byte follows
            raw += stream.read(1)
            if raw.endswith(b"\n\0"):
                return raw, True
        if len(raw) >= most:
            break
    return raw, False


def _big(stream: BufferedReader, longest: int) -> tuple[bytes, bool]:
    raw, most = b"", _whole_characters(longest)
    while piece := stream.readline(most - len(raw)):
        raw += piece
        if raw.endswith(b"\0\n") and len(raw) % 2 == 0:
            return raw, True
        if len(raw) >= most:
            break
    return raw, False


def _whole_characters(longest: int) -> int:
    """More bytes than a line may have, and an even number: what follows begins with a character."""
    return (longest + 2) // 2 * 2

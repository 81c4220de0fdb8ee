"""Lines are understood in another process, some blocks ahead of the one that decides and writes.

Nothing hangs on it: until that process is there, and once it is gone, the lines are understood here. Order is kept, memory bounded.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

import msgspec

from engine.intake.arrival import Arrival
from engine.intake.canonical import Prepare, canonical
from engine.intake.lines import Line

LINES, BYTES = 1000, 1 << 18  # of a block
AHEAD = 24  # blocks: more than a batch
WORTH = 8 << 20  # bytes of a file for which another process is started

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Arrival | None]).decode


class Beside:
    """Prepares lines for the log. secret: the workspace's. source: of events that name none."""

    def __init__(self, secret: bytes, source: str | None) -> None:
        self._prepare = canonical(secret, source)
        self._pool: ProcessPoolExecutor | None = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(secret, source)
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for this process alone
        try:
            self._there = self._pool.submit(os.getpid)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __call__(self, lines: Iterator[Line]) -> Iterator[tuple[Line, Arrival | None]]:
        """The lines in their order, with what is prepared of them."""
        waiting: deque[tuple[list[Line], Future[bytes] | None]] = deque()
        for block in _blocks(lines):
            waiting.append((block, self._asked(block)))
            if len(waiting) > AHEAD:
                yield from self._answered(*waiting.popleft())
        while waiting:
            yield from self._answered(*waiting.popleft())

    def _asked(self, block: Sequence[Line]) -> Future[bytes] | None:
        if self._pool is None or not self._there.done():
            return None
        try:
            return self._pool.submit(_prepared, [line.raw for line in block])
        except BrokenExecutor:
            return None

    def _answered(self, block: list[Line], asked: Future[bytes] | None) -> Iterator[tuple[Line, Arrival | None]]:
        try:
            prepared = (
                _all_of(self._prepare, [line.raw for line in block]) if asked is None else _decode(asked.result())
            )
        except BrokenExecutor:  # somebody killed it: what it would have done is done here
            prepared = _all_of(self._prepare, [line.raw for line in block])
        return zip(block, prepared, strict=True)


def _blocks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    block: list[Line] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line.raw)
        if len(block) == LINES or size >= BYTES:
            yield block
            block, size = [], 0
    yield block


def _all_of(prepare: Prepare, raws: Sequence[bytes]) -> list[Arrival | None]:
    return [prepare(raw) for raw in raws]


# In the other process.

_prepare: Prepare


def _begin(secret: bytes, source: str | None) -> None:
    global _prepare  # noqa: PLW0603  # once, at its beginning: what a task of a pool can reach
    _prepare = canonical(secret, source)
    threading.Thread(target=_end_with_the_other, daemon=True).start()


def _end_with_the_other() -> None:
    """Whoever was killed leaves nobody behind that waits for work."""
    other = parent_process()
    assert other is not None
    other.join()
    os._exit(0)


def _prepared(raws: Sequence[bytes]) -> bytes:
    return _encode(_all_of(_prepare, raws))

"""Whoever makes no progress although there is something to read says so, and ends if that was asked for."""

import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from engine.kafka.errors import Stalled

GRACE = 15.0  # s that a stalled worker has to end by itself


class Watchdog:
    """Watches from a thread of its own: a worker that hangs cannot watch itself.

    seconds: without a mark, after which it is told. longest: after which the worker ends (exit code 75); None: it goes on.
    say: told the sentence. stop: set when the worker is to end.
    """

    def __init__(
        self, seconds: float, longest: float | None, say: Callable[[str], None], stop: threading.Event
    ) -> None:
        self._seconds, self._longest, self._say, self._stop = seconds, longest, say, stop
        self._marked = self._told = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="watchdog")
        self.stalled = False

    def mark(self) -> None:
        """There was progress, or nothing to do."""
        self._marked = self._told = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = min(1.0, self._seconds / 4, (self._longest or self._seconds) / 4)
        while not self._done.wait(pause):
            now = time.monotonic()
            silent = now - self._marked
            if now - self._told > self._seconds:
                self._told = now
                self._say(
                    f"No progress for {silent:.0f} seconds: there is something to read, or the broker does not answer."
                )
            if self._longest is not None and silent > self._longest:
                self.stalled = True
                self._stop.set()
                if not self._done.wait(GRACE):
                    self._say(str(Stalled(seconds=silent)))
                    os._exit(Stalled.exit_code)  # it hangs where no signal reaches it; nothing is half-written
                return

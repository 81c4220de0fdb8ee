"""The sample as a stream of bytes that is made while it is read."""

import io
from collections.abc import Callable
from typing import Any

from engine.simulate.stream import portions


class Sample(io.RawIOBase):
    """A history as NDJSON, with nothing written anywhere. advance: told how many leads have come."""

    def __init__(
        self, leads: int, seed: int, *, dirt: bool = False, advance: Callable[[int], None] | None = None
    ) -> None:
        self._portions = portions(leads, seed, dirt=dirt)
        self._left = memoryview(b"")
        self._advance = advance

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; none at its end."""
        while not self._left:
            if (portion := next(self._portions, None)) is None:
                return 0
            self._left = portion.text
            if self._advance is not None:
                self._advance(portion.leads)
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

"""The one place where the program reads the clock; everything else is given `now` and calls it."""

import time


def now() -> int:
    """µs of UTC since 1970."""
    return time.time_ns() // 1_000

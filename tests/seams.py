"""Places in the program at which a test lets it die: before and after a function that it calls.

LEADLOG_TEST_DIE_AT=k2:7 is the seventh passage of the place k2. LEADLOG_TEST_STOP_AT: SIGSTOP instead of SIGKILL.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

ENDINGS = {"LEADLOG_TEST_DIE_AT": signal.SIGKILL, "LEADLOG_TEST_STOP_AT": signal.SIGSTOP}
passed: Counter[str] = Counter()


def passing(place: str) -> None:
    """The program is at that place."""
    passed[place] += 1
    for variable, ending in ENDINGS.items():
        named, _, passage = os.environ.get(variable, "").partition(":")
        if named == place and passed[place] == int(passage or 1):
            os.kill(os.getpid(), ending)


def before(of: Any, name: str, hook: Callable[..., None]) -> None:
    """Call the hook, with what is given besides self, before that function of a class."""
    plain = getattr(of, name)

    @wraps(plain)
    def hooked(self: Any, *args: Any, **named: Any) -> Any:
        hook(*args)
        return plain(self, *args, **named)

    setattr(of, name, hooked)


def after(of: Any, name: str, place: str) -> None:
    """That place is right after a function of a class or module."""
    plain = getattr(of, name)

    @wraps(plain)
    def hooked(*args: Any, **named: Any) -> Any:
        found = plain(*args, **named)
        passing(place)
        return found

    setattr(of, name, hooked)


def around(of: Any, name: str, place: str) -> None:
    """Two passages of that place: right before a function of a class or module, and right after it."""
    after(of, name, place)
    hooked = getattr(of, name)

    @wraps(hooked)
    def twice(*args: Any, **named: Any) -> Any:
        passing(place)
        return hooked(*args, **named)

    setattr(of, name, twice)

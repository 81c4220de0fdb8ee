"""An event on which this program itself fails: it goes aside, and no other with it."""

from engine.version import program
from events.faults import Fault


def bug(error: BaseException) -> Fault:
    """What is told where this program itself failed on an event."""
    told = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    detail = f"{told} in {program()} itself; once that is mended, `leadlog quarantine retry` takes it in"
    return Fault("", "bug", detail)

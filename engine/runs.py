"""Intake runs: each has an id, which its events carry; and which of them are undone."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from engine.store.rows import Row
from events.instants import EPOCH


class Tells(Protocol):
    """A transaction that can be asked for retractions."""

    def retractions(self, after: int = 0) -> list[Row]:
        """All RunRetracted and RunRestored since a position, by position."""
        ...


def new_run(now: int) -> str:
    """An id for a run that begins now (µs): sorts by time, and two that begin at once differ."""
    return f"{EPOCH + timedelta(microseconds=now):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def retracted_runs(reading: Tells, as_of: int | None = None) -> frozenset[str]:
    """The runs whose events do not count: the last word on each was a retraction. as_of: µs, what was known then."""
    return folded(row for row in reading.retractions() if as_of is None or row.recorded_at <= as_of)


def folded(rows: Iterable[Row], before: frozenset[str] = frozenset()) -> frozenset[str]:
    """The runs that are retracted after these rows. before: those that were."""
    retracted = set(before)
    for row in rows:
        (retracted.add if row.type == "RunRetracted" else retracted.discard)(row.clear()["run"])
    return frozenset(retracted)

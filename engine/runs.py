"""Intake runs: each has an id, which its events carry."""

import secrets
from datetime import timedelta

from events.instants import EPOCH


def new_run(now: int) -> str:
    """An id for a run that begins now (µs): sorts by time, and two that begin at once differ."""
    return f"{EPOCH + timedelta(microseconds=now):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

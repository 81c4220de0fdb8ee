"""How far back touches count: `30d`, `12h`."""

import re

from projections.errors import QuestionError

WRITTEN = re.compile(r"(\d{1,5}) ?(d|h)", re.ASCII)
MICROS = {"d": 86_400_000_000, "h": 3_600_000_000}


def lookback(told: str | None) -> int | None:
    """µs; None for any time. Raises QuestionError."""
    if told is None:
        return None
    found = WRITTEN.fullmatch(told.strip())
    if not found:
        raise QuestionError(f"within: {told!r} is no span of time; write 30d or 12h before the win")
    return int(found[1]) * MICROS[found[2]]

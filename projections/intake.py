"""What came in: runs, sources and the gaps in what they sent. Over the history, as it was known."""

from typing import Any

from projections.asked import Limits
from projections.database import rows_of, sql
from projections.history import History
from projections.known import know


def runs(history: History, within: Limits) -> tuple[int, list[dict[str, Any]]]:
    """The position that is covered and a row a run: run, sources, began, ended (µs), events, leads, first_position, last_position, retracted."""
    return history.answer(
        lambda connection, head: (know(connection, head, within.as_of), rows_of(connection, sql("runs.sql")))
    )


def sources(history: History, within: Limits) -> tuple[int, list[dict[str, Any]]]:
    """The position that is covered and a row a source: source, events, runs, last_run, last_event, last_known, usual, gaps, longest_gap (µs)."""
    return history.answer(
        lambda connection, head: (know(connection, head, within.as_of), rows_of(connection, sql("sources.sql")))
    )


def gaps(history: History, within: Limits) -> tuple[int, list[dict[str, Any]]]:
    """The position that is covered and a row a gap: source, after, before, length, usual (µs)."""

    def compute(connection: Any, head: int) -> tuple[int, list[dict[str, Any]]]:
        position = know(connection, head, within.as_of)
        connection.execute(sql("sources.sql")).fetchall()
        return position, rows_of(
            connection, "SELECT source, after, before, length, usual FROM gaps ORDER BY source, after"
        )

    return history.answer(compute)

"""The proof of a verdict: every interval of a handoff, worked, paused or closed, why, with whom, and the sum.

It walks the very rows that the verdict was computed from, so that it cannot tell anything else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from projections.database import rows_of
from projections.definitions.business_calendar import BusinessCalendar
from projections.result import Column, instant
from projections.sla.agreed import PROMISES
from projections.sla.closed import closed_parts

COLUMNS = (
    *(Column(name) for name in "handoff lead promise part why owner".split()),
    Column("begins_at", "instant"),
    Column("ends_at", "instant"),
    Column("after_due"),
    Column("business_s", "s"),
    Column("wall_s", "s"),
)
FOREVER = 2**63 - 1


@dataclass(frozen=True)
class Piece:
    """A stretch of time of one kind. start ≤ t < end, µs."""

    start: int
    end: int
    part: str
    why: str | None


def explained(
    connection: duckdb.DuckDBPyConnection, calendars: Sequence[BusinessCalendar], zone: ZoneInfo
) -> list[dict[str, Any]]:
    """For each promise its intervals and their sum, over the tables `counted`, `paused`, `owning` and `opening`."""
    rows = rows_of(
        connection,
        "SELECT story, handed, handoff, promise, calendar, occurred, started, due, until, exact, business_us, wall_us FROM counted",
    )
    rows.sort(key=lambda row: (row["occurred"], row["handed"], PROMISES.index(row["promise"])))
    return [told for row in rows if row["exact"] for told in _proof(connection, row, calendars, zone)]


def _proof(
    connection: duckdb.DuckDBPyConnection, row: dict[str, Any], calendars: Sequence[BusinessCalendar], zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    about = {"handoff": row["handoff"], "lead": row["story"], "promise": row["promise"]}
    due = row["due"] if row["due"] is not None else FOREVER
    business = wall = 0
    owners = _owners(connection, row)
    marks = sorted({due, *(since for since, _ in owners)})
    for piece in _pieces(connection, row, calendars):
        for start, end in _cut(piece, marks):
            counted = end - start if piece.part == "worked" else 0
            business, wall = business + counted, wall + end - start
            yield about | {
                "part": piece.part,
                "why": piece.why,
                "owner": next((owner for since, owner in reversed(owners) if since <= start), None),
                "begins_at": instant(start, None, zone),
                "ends_at": instant(end, None, zone),
                "after_due": start >= due,
                "business_s": counted / 1e6,
                "wall_s": (end - start) / 1e6,
            }
    yield (
        dict.fromkeys(column.name for column in COLUMNS)
        | about
        | {
            "part": "sum",
            "begins_at": instant(row["occurred"], None, zone),
            "ends_at": instant(max(row["until"], row["occurred"]), None, zone),
            "business_s": business / 1e6,
            "wall_s": wall / 1e6,
        }
    )


def _pieces(
    connection: duckdb.DuckDBPyConnection, row: dict[str, Any], calendars: Sequence[BusinessCalendar]
) -> Iterator[Piece]:
    """The whole time from the handoff to where the clock stands, in order."""
    start, end = row["occurred"], row["until"]
    pauses = rows_of(
        connection,
        f"SELECT begins, until AS ends, reason FROM paused WHERE handed = {row['handed']} AND promise = '{row['promise']}' ORDER BY place",
    )
    opened = [(start, end)]
    if row["calendar"] is not None:
        opened = connection.execute(
            "SELECT greatest(opens, $start), least(closes, $end) FROM opening"
            " WHERE calendar = $calendar AND closes > $start AND opens < $end ORDER BY opens",
            {"calendar": row["calendar"], "start": start, "end": end},
        ).fetchall()
    last = start
    for opens, closes in [*opened, (end, end)]:
        if row["calendar"] is not None:
            yield from _closed(calendars[row["calendar"]], last, opens)
        yield from _worked(opens, closes, pauses)
        last = closes


def _closed(calendar: BusinessCalendar, start: int, end: int) -> Iterator[Piece]:
    return (Piece(begins, ends, "closed", why) for begins, ends, why in closed_parts(calendar, start, end))


def _worked(start: int, end: int, pauses: Sequence[dict[str, Any]]) -> Iterator[Piece]:
    """Open time: worked, but for the pauses in it."""
    for pause in pauses:
        begins, ends = max(start, pause["begins"]), min(end, pause["ends"] if pause["ends"] is not None else end)
        if begins < ends:
            if start < begins:
                yield Piece(start, begins, "worked", None)
            yield Piece(begins, ends, "paused", pause["reason"])
            start = ends
    if start < end:
        yield Piece(start, end, "worked", None)


def _owners(connection: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> list[tuple[int, str | None]]:
    told = connection.execute(
        "SELECT since, owner FROM owning WHERE story = $story AND since <= $until ORDER BY since",
        {"story": row["story"], "until": row["until"]},
    )
    return told.fetchall()


def _cut(piece: Piece, marks: Sequence[int]) -> Iterator[tuple[int, int]]:
    inside = [mark for mark in marks if piece.start < mark < piece.end]
    return zip([piece.start, *inside], [*inside, piece.end], strict=True)

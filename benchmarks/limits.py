"""The limits: what the parts beneath can do when nothing is added to them. Each runs in a process of its own."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from benchmarks.measuring import several
from engine.intake.intake import SIZE
from engine.store.datastore import SETTINGS
from engine.store.recorder import SCHEMA
from engine.workspace import opened
from projections.database import database
from projections.history.segments import usable

Points = list[tuple[float, int]]  # (seconds since the beginning, events in the log)
READ = (  # all that the history needs of an event
    "SELECT position, lead, type, occurred_at, occurred_until, occurred_day, precision, recorded_at, source, actor, sequence,"
    " run, data FROM event WHERE position <= {to} ORDER BY position"
)
BATCH = 65_536


def executemany(log: Path, bare: Path, after: int, to: int) -> Points:
    """SQLite's bare executemany of the very rows that the log holds at those positions, into a table with the same columns,
    indexes and settings, in batches of the same size. bare: the file, which is made where it is not there.

    Gives when how many rows were in it; the reading of the log is not counted.
    """
    with (
        closing(sqlite3.connect(f"{log.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(bare_log(bare)) as target,
    ):
        width = len(target.execute("PRAGMA table_info(event)").fetchall())
        insert = f"INSERT INTO event VALUES ({', '.join('?' * width)})"
        rows = source.execute("SELECT * FROM event WHERE position > ? AND position <= ? ORDER BY position", (after, to))
        spent, reached = 0.0, after
        points: Points = [(0.0, after)]
        while batch := rows.fetchmany(SIZE):
            began = time.perf_counter()
            target.execute("BEGIN IMMEDIATE")
            target.executemany(insert, batch)
            target.execute("COMMIT")
            spent += time.perf_counter() - began
            reached += len(batch)
            points.append((spent, reached))
    return points


def bare_log(path: Path) -> sqlite3.Connection:
    """The log's tables and indexes under the log's settings, without what guards them; made where it is not there."""
    new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", *SETTINGS):
        connection.execute(statement)
    if new:
        connection.executescript(SCHEMA[: SCHEMA.index("CREATE TRIGGER")])
    return connection


def read_through_adbc(log: Path, to: int, runs: int) -> list[float]:
    """Seconds of reading what the history needs of each event into Arrow batches with ADBC's driver for SQLite."""
    from adbc_driver_sqlite import dbapi  # noqa: PLC0415  # brings a second SQLite, which only this process may have

    def read() -> None:
        with dbapi.connect(f"file:{log.absolute()}?mode=ro") as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH)})
            cursor.execute(READ.format(to=to))
            rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
            if rows != to:
                raise ValueError(f"ADBC read {rows} rows of {to}")

    return several(read, runs)


def scan(workspace: Path, columns: Sequence[str], runs: int) -> list[float]:
    """Seconds of DuckDB's scan of those columns of the history's segments: every value is looked at once, nothing else is done."""
    with opened(workspace) as here, database() as connection:
        segments = usable(here.history, here.log, here.log.head().position)
        source = connection.read_parquet([str(segment.path) for segment in segments])
        typed = {name: str(of) for name, of in zip(source.columns, source.types, strict=True)}
        looks = ", ".join(_look(name, typed[name]) for name in columns)
        return several(lambda: source.aggregate(looks).fetchall(), runs)


def _look(name: str, of: str) -> str:
    if of == "VARCHAR":
        return f"sum(strlen({name}))"
    return f"count({name})" if of == "BOOLEAN" else f"sum(len({name}))" if of.endswith("[]") else f"sum({name})"


def rates(points: Sequence[tuple[float, int]], steps: int = 40) -> list[tuple[int, float]]:
    """Events a second over the events in the log, in so many steps at most. A pause at the beginning is left out."""
    moving = [points[0]] if points else []
    for point in points[1:]:
        if len(moving) == 1 and point[1] == moving[0][1]:
            moving[0] = point  # nothing was written yet: the program was starting
        elif point[1] > moving[-1][1]:
            moving.append(point)
    if len(moving) < 2:
        return []
    step = (moving[-1][1] - moving[0][1]) / steps
    kept = [moving[0]]
    for point in moving[1:]:
        if point[1] - kept[-1][1] >= step:
            kept.append(point)
    return [((first[1] + last[1]) // 2, (last[1] - first[1]) / (last[0] - first[0])) for first, last in pairwise(kept)]

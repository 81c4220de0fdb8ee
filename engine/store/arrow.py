"""The log's columns for the history, as Arrow batches."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pyarrow as pa

from engine.portions import portions
from engine.store.rows import Columns

SIZE = 65_536  # rows a batch
WORD = pa.string()
SCHEMA = pa.schema(
    {
        "position": pa.int64(),
        "lead": pa.int32(),
        "type": WORD,
        "occurred": pa.int64(),
        "occurred_until": pa.int64(),
        "day": pa.int32(),
        "precision": pa.int8(),
        "recorded": pa.int64(),
        "source": WORD,
        "actor": WORD,
        "sequence": pa.int64(),
        "run": WORD,
        "data": WORD,
    }
)
SELECTED = (
    "SELECT position, lead, type, occurred_at, occurred_until, occurred_day, precision, recorded_at, source, actor, sequence,"
    " run, data FROM event"
)
QUERY = f"{SELECTED} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
Page = Callable[[str, tuple[Any, ...]], list[Columns]]
LEADS = 500  # a statement; SQLite keeps the compiled statement


def batches(page: Page, after: int, to: int) -> Iterator[pa.RecordBatch]:
    """The positions after `after` up to and with `to`. page: asks the log, in a transaction of its own each time.

    Python's own SQLite reads, not ADBC's driver: that one brings a second SQLite into the process, and when it closes the file
    the system drops the locks of the first (docs/decisions/001-store.md).
    """
    while rows := page(QUERY, (after, to, SIZE)):
        yield _batch(rows)
        after = rows[-1][0]


def events_of(page: Page, leads: Collection[int], to: int, types: Collection[str] | None) -> Iterator[pa.RecordBatch]:
    """The events of those leads up to and with the position `to`, some leads after the others. types: None for all."""
    scarce = types is not None and "InteractionLogged" not in types
    table = " INDEXED BY event_but_interactions" if scarce else ""
    of_types = "" if types is None else f" AND type IN ({', '.join('?' * len(types))})"
    but = " AND type <> 'InteractionLogged'" if scarce else ""
    for some in portions(leads, LEADS):
        of_leads = f"lead > 0 AND lead IN ({', '.join('?' * len(some))})"
        query = f"{SELECTED}{table} WHERE {of_leads} AND position <= ?{but}{of_types}"
        if rows := page(query, (*some, to, *(types or ()))):
            yield _batch(rows)


def _batch(rows: list[Columns]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.record_batch(
        [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )

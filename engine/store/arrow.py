"""The log's columns for the history, as Arrow batches."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

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
QUERY = (
    "SELECT position, lead, type, occurred_at, occurred_until, occurred_day, precision, recorded_at, source, actor, sequence,"
    " run, data FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
)


def batches(page: Callable[[str, tuple[Any, ...]], list[Columns]], after: int, to: int) -> Iterator[pa.RecordBatch]:
    """The positions after `after` up to and with `to`. page: asks the log, in a transaction of its own each time.

    Python's own SQLite reads, not ADBC's driver: that one brings a second SQLite into the process, and when it closes the file
    the system drops the locks of the first (docs/decisions/001-store.md).
    """
    while rows := page(QUERY, (after, to, SIZE)):
        columns = zip(*rows, strict=True)
        yield pa.record_batch(
            [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )
        after = rows[-1][0]

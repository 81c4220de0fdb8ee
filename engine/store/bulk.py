"""The log's columns read through ADBC, four times as fast as by Python's own SQLite; run as a process of its own.

`python -m engine.store.bulk LOG AFTER TO` writes Arrow batches to its standard output. ADBC's driver brings a second SQLite;
in a process that writes, that one would take the locks away from the first (docs/decisions/001-store.md). This process has no
other, and it imports nothing of ours: it is to start at once.
"""

import sys

import pyarrow as pa

SIZE = 125_000  # rows a batch, and a transaction; eight make a segment of the history
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


def main(path: str, after: int, to: int) -> None:
    """Write the events with after < position <= to to the standard output, in the format of Arrow's streams."""
    from adbc_driver_sqlite import dbapi  # noqa: PLC0415  # only here, where there is no other SQLite

    with dbapi.connect(f"file:{path}?mode=ro") as connection, pa.ipc.new_stream(sys.stdout.buffer, SCHEMA) as stream:
        for first in range(after, to, SIZE):
            with connection.cursor() as cursor:
                # The driver takes a column's type from the first rows; here they are all of them.
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(SIZE)})
                cursor.execute(
                    f"{SELECTED} WHERE position > {first} AND position <= {min(first + SIZE, to)} ORDER BY position"
                )
                found = cursor.fetch_arrow_table()
            stream.write_table(found.rename_columns(SCHEMA.names).cast(SCHEMA))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

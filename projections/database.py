"""DuckDB: the one place that opens it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

MEMORY = "600MB"  # so that the whole process stays under 1 GiB; what is more goes into the spill folder


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, with a limit and a folder of its own to spill into; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadlog-") as spill:
        connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "temp_directory": spill,
                "preserve_insertion_order": "false",
                "checkpoint_threshold": "1TB",  # what lies in memory needs no checkpoint: each would rewrite what was just inserted
                "autoinstall_known_extensions": "false",  # nothing may need the network
                "autoload_known_extensions": "false",
            }
        )
        try:
            connection.execute("SET enable_progress_bar = false")  # standard output is the answer's
            yield connection
        finally:
            connection.close()


def sql(file: str) -> str:
    """The text of a query file of this package."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")


def literal(value: str | Path) -> str:
    """A text as it stands in a query."""
    return "'" + str(value).replace("'", "''") + "'"


def table(connection: duckdb.DuckDBPyConnection, name: str, content: pa.Table) -> None:
    """Makes a table of Arrow columns. name: one of our own."""
    connection.register("content", content)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM content")
    connection.unregister("content")


def hold(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Makes a table of what a temporary view tells, under its name: it is computed here, once."""
    connection.execute(f"CREATE TEMP TABLE held AS FROM {view}; DROP VIEW {view}; ALTER TABLE held RENAME TO {view}")


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query, read to their end."""
    rows: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return rows

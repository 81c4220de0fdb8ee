"""DuckDB: the one place that opens it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "4GB"


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, with a limit and a folder of its own to spill into; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadlog-") as spill:
        connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "temp_directory": spill,
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",  # nothing may need the network
                "autoload_known_extensions": "false",
            }
        )
        try:
            yield connection
        finally:
            connection.close()


def sql(file: str) -> str:
    """The text of a query file of this package."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")

"""Which columns of the history a view reads: told by DuckDB's own plans, so that nobody keeps a list."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import duckdb

from projections.history.columns import COLUMNS
from projections.history.shelf import Shelf

WORD = re.compile(r"\w+")


class Watched:
    """A connection that notes the columns that its queries read from the history's files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seen: set[str]) -> None:
        self._connection, self._seen = connection, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, *args: Any) -> "Watched":
        """As the connection does, one statement after the other."""
        if args:
            self._note(query, *args)
            self._connection.execute(query, *args)
        for statement in () if args else self._connection.extract_statements(query):
            self._note(statement.query)
            self._connection.execute(statement)
        return self

    def sql(self, query: str, *args: Any) -> Any:
        """As the connection does."""
        self._note(query)
        return self._connection.sql(query, *args)

    def _note(self, query: str, *args: Any) -> None:
        try:
            plans = self._connection.execute(f"EXPLAIN (FORMAT json) {query}", *args).fetchall()
        except duckdb.Error:
            return  # SET, ATTACH and the like have no plan
        for _, plan in plans:
            self._walk(json.loads(plan))

    def _walk(self, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            if node["name"].strip() in {"READ_PARQUET", "PARQUET_SCAN"}:
                told = json.dumps([node["extra_info"].get(name, "") for name in ("Projections", "Filters")])
                self._seen |= COLUMNS.keys() & set(WORD.findall(told))
            self._walk(node["children"])


@contextmanager
def watched() -> Iterator[set[str]]:
    """While it lasts every database that is opened notes the columns that it reads, in the set that is given.

    Nothing that was kept is found then, nor is anything kept: a plan does not tell its files from the history's.
    """
    seen: set[str] = set()
    connect = duckdb.connect

    def opened(*args: Any, **kwargs: Any) -> Any:
        return Watched(connect(*args, **kwargs), seen)

    with (
        patch.object(duckdb, "connect", opened),
        patch.object(Shelf, "newest", nothing),
        patch.object(Shelf, "put", nothing),
    ):
        yield seen


def nothing(*_: object) -> None:
    """What a shelf without a place has and keeps."""

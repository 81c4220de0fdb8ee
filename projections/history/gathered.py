"""Events that were read straight from the log, under a name in a database."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from projections.history.columns import TYPED

FEW = 200_000  # events that stay in memory as they are


class Gathered:
    """Events of all columns under one name.

    Few stay in Arrow's columns, of which a question reads those that it needs: to move all of them costs more than the question.
    Many go into a table, which the database can spill.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        """name: one of our own."""
        self._connection, self._name = connection, name
        self._few: list[pa.Table] = [TYPED.empty_table()]
        self._parts = [f"FROM {name}_few"]

    def add(self, events: Iterable[pa.Table]) -> None:
        """These too."""
        for some in events:
            self._few.append(some)
            if sum(one.num_rows for one in self._few) > FEW:
                self._move()
        self._connection.register(f"{self._name}_few", pa.concat_tables(self._few))
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {self._name} AS {' UNION ALL '.join(self._parts)}")

    def _move(self) -> None:
        """From memory into the table."""
        self._connection.register("moving", pa.concat_tables(self._few))
        if len(self._parts) == 1:
            self._parts.append(f"FROM {self._name}_many")
            self._connection.execute(f"CREATE TEMP TABLE {self._name}_many AS FROM moving")
        else:
            self._connection.execute(f"INSERT INTO {self._name}_many FROM moving")
        self._connection.unregister("moving")
        self._few = [TYPED.empty_table()]

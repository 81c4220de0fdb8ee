"""Rows of a long answer: they lie in columns, and become what is told only while they are read, some thousands at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import duckdb
import pyarrow as pa

PORTION = 5_000  # rows that are in memory at once
Row = Mapping[str, Any]
Change = Callable[[Sequence[Row]], Iterable[Row]]  # of a portion of rows, one for each


class Rows(Sequence[Row]):  # noqa: PLW1641  # has no hash, as a list has none
    """As the list of all would be, at a fraction of its memory.

    content: the columns that were found. told: makes the rows that are read of what was found.
    """

    def __init__(self, content: pa.Table, told: Change) -> None:
        self._content, self._told = content, told

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, query: str, told: Callable[[Row], Row]) -> "Rows":
        """The rows of a query, each as it is told."""
        return cls(connection.sql(query).to_arrow_table(), lambda rows: map(told, rows))

    def __len__(self) -> int:
        return int(self._content.num_rows)

    def __iter__(self) -> Iterator[Row]:
        for batch in self._content.to_batches(PORTION):
            yield from self._told(batch.to_pylist())

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        chosen = range(len(self))[place]
        if isinstance(chosen, range):
            return Rows(self._content.take(pa.array(chosen, pa.int64())), self._told)
        return next(iter(self._told(self._content.slice(chosen, 1).to_pylist())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"{list(self)}"

    def values(self, name: str) -> set[Any]:
        """All values of a column that is told as it was found."""
        return set(self._content[name].unique().to_pylist())

    def changed(self, change: Change) -> "Rows":
        """Each of them changed when it is read."""
        return Rows(self._content, lambda rows: change([*self._told(rows)]))


def changed(rows: Sequence[Row], change: Change) -> Sequence[Row]:
    """Each of the rows changed; of a long answer when it is read."""
    return rows.changed(change) if isinstance(rows, Rows) else [*change(rows)]


def values(rows: Sequence[Row], name: str) -> set[Any]:
    """All values that the rows have in a column, which a long answer tells as it was found."""
    return rows.values(name) if isinstance(rows, Rows) else {row.get(name) for row in rows}

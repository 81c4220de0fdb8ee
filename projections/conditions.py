"""What a filter asks for, as a table that queries read."""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from projections.database import table
from projections.dimensions import Dimension


def make_conditions(
    connection: duckdb.DuckDBPyConnection,
    dimensions: Sequence[Dimension],
    wanted: Mapping[str, tuple[str | None, ...]],
) -> None:
    """Makes `condition`: for each filtered dimension its number among `dimensions` (from 1), the values wanted, and whether the unknown one is."""
    numbers = {one.name: number for number, one in enumerate(dimensions, 1)}
    columns = {
        "number": pa.array([numbers[name] for name in wanted], pa.int32()),
        "wanted": pa.array([[v for v in values if v is not None] for values in wanted.values()], pa.list_(pa.string())),
        "unknown": pa.array([None in values for values in wanted.values()], pa.bool_()),
    }
    table(connection, "condition", pa.table(columns))

"""What counted rows are cut by: the value of each dimension for each row (RULES.md, section 4, "Dimensions")."""

from collections.abc import Sequence

import duckdb

from projections.dimensions import Dimension
from projections.kpi.sales import TOLD

OWN = ("owner", "team", "channel", "campaign")  # what rows that belong to no lead tell of themselves


def value_rows(connection: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension]) -> None:
    """Makes `given` (row, given: the values in the order of the dimensions) for the rows of `counted`. Reads `telling`."""
    if not dimensions:
        connection.execute("CREATE TEMP TABLE given AS SELECT row, []::VARCHAR[] AS given FROM counted")
        return
    joins, values = [], []
    for number, one in enumerate(dimensions, 1):
        match one.at:
            case "journey":
                values.append("counted.journey::VARCHAR")
            case "reason":
                values.append("counted.reason")
            case _:
                joins.append(_join(one, number))
                values.append(f"told_{number}.value")
        if one.name in OWN:
            values[-1] = f"coalesce(counted.own_{one.name}, {values[-1]})"
    connection.execute(
        f"CREATE TEMP TABLE given AS SELECT row, [{', '.join(values)}]::VARCHAR[] AS given FROM counted {' '.join(joins)}"
    )


def _join(one: Dimension, number: int) -> str:
    """The join that finds a dimension's value: the first or the last one told in the journey, or the one at the row's instant."""
    place = TOLD.index(one.name) + 1
    value, known = f"told[{place}]", f"told[{place}] IS NOT NULL"
    told = f"({known} OR emptied[{place}])"  # a clearing is told as well
    if one.at == "stage":
        return f"""
        ASOF LEFT JOIN (
            SELECT story, occurred, arg_max_null({value}, place) AS value FROM telling WHERE {told} GROUP BY story, occurred
        ) AS told_{number} ON told_{number}.story = counted.story AND counted.occurred_until >= told_{number}.occurred"""
    chosen = f"arg_min({value}, place)" if one.at == "first" else f"arg_max_null({value}, place)"
    return f"""
        ASOF LEFT JOIN (
            SELECT story, journey, {chosen} AS value FROM telling WHERE {known if one.at == "first" else told} GROUP BY story, journey
        ) AS told_{number} ON told_{number}.story = counted.story AND counted.journey >= told_{number}.journey"""

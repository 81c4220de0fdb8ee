"""What counted rows are cut by: the value of each dimension for each row (RULES.md, section 4, "Dimensions")."""

from collections.abc import Sequence

import duckdb

from projections.dimensions import TELLING, Dimension

TYPES = ", ".join(f"'{name}'" for name in (*TELLING, "LeadRecycled"))


def value_rows(connection: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension]) -> None:
    """Makes `given` (row, given: the values in the order of the dimensions) for the rows of `counted`. Reads `history`."""
    if not dimensions:
        connection.execute("CREATE TEMP TABLE given AS SELECT row, []::VARCHAR[] AS given FROM counted")
        return
    connection.execute(_telling(dimensions))
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


OWN = ("owner", "team", "channel", "campaign")  # what rows that belong to no lead tell of themselves


def _telling(dimensions: Sequence[Dimension]) -> str:
    """All that any event tells of the dimensions, in the order of its story; a clearing is told as well."""
    return f"""
    CREATE TEMP TABLE telling AS
    WITH told AS (
        SELECT story, occurred,
               row_number() OVER in_order AS place,
               1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey,
               [{", ".join(one.told for one in dimensions)}]::VARCHAR[] AS told,
               [{", ".join(one.cleared for one in dimensions)}]::BOOLEAN[] AS emptied
        FROM history
        WHERE type IN ({TYPES})
        WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
    )
    SELECT story, occurred, place, journey, number, told[number] AS value
    FROM told, (SELECT unnest(range(1, {len(dimensions) + 1})) AS number)
    WHERE told[number] IS NOT NULL OR emptied[number]
    """


def _join(one: Dimension, number: int) -> str:
    """The join that finds a dimension's value: the first or the last one told in the journey, or the one at the row's instant."""
    if one.at == "stage":
        return f"""
        ASOF LEFT JOIN (
            SELECT story, occurred, arg_max_null(value, place) AS value FROM telling WHERE number = {number} GROUP BY story, occurred
        ) AS told_{number} ON told_{number}.story = counted.story AND counted.occurred_until >= told_{number}.occurred"""
    chosen = "arg_min(value, place)" if one.at == "first" else "arg_max_null(value, place)"
    known = " AND value IS NOT NULL" if one.at == "first" else ""
    return f"""
        ASOF LEFT JOIN (
            SELECT story, journey, {chosen} AS value FROM telling WHERE number = {number}{known} GROUP BY story, journey
        ) AS told_{number} ON told_{number}.story = counted.story AND counted.journey >= told_{number}.journey"""

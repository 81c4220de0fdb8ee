"""What counted rows are cut by: the value of each dimension for each row (RULES.md, section 4, "Dimensions")."""

from collections.abc import Sequence
from typing import Any

import duckdb

from projections.dimensions import At, Dimension, dimension

LEAD = "lead"  # the story itself
OF_ROWS = ("stage", "kind")  # what only rows tell themselves
OWN = ("owner", "team", "channel", "campaign", *OF_ROWS)  # what rows may tell themselves, those of no lead above all


def kpi_dimension(name: str, at: At | None) -> Dimension:
    """The dimension of that name: one of leads, or one that only some measures have. Raises QuestionError."""
    return Dimension(name, "own") if name in (LEAD, *OF_ROWS) else dimension(name, at)


def value_rows(
    connection: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension], counted: str = "counted"
) -> None:
    """Makes `given` (row, given: the values in the order of the dimensions) for the rows of `counted`, or those given. Reads `telling`."""
    joins, values = [], []
    for number, one in enumerate(dimensions, 1):
        match one.at:
            case "journey":
                values.append("counted.journey::VARCHAR")
            case "reason":
                values.append("counted.reason")
            case "own" if one.name == LEAD:
                values.append("counted.story::VARCHAR")
            case "own":
                values.append(f"counted.own_{one.name}")
            case _:
                joins.append(_join(one, number))
                told = f"told_{number}.value"
                values.append(f"coalesce(counted.own_{one.name}, {told})" if one.name in OWN else told)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE given AS SELECT row, [{', '.join(values)}]::VARCHAR[] AS given"
        f" FROM {counted} AS counted {' '.join(joins)}"
    )


def told_key(by: Sequence[str], key: Sequence[str | None]) -> dict[str, Any]:
    """The dimensions of a row as they are told: a lead by its number, so that whoever knows its name can put it there."""
    return {name: int(value) if name == LEAD and value else value for name, value in zip(by, key, strict=True)}


def instants_of(one: Dimension) -> str:
    """A query: the value of a dimension from each instant on at which it was told (story, occurred, value)."""
    return f"SELECT story, occurred, arg_max_null({one.name}, place) AS value FROM telling WHERE {_tells(one)} GROUP BY story, occurred"


def _join(one: Dimension, number: int) -> str:
    """The join that finds a dimension's value: the first or the last one told in the journey, or the one at the row's instant."""
    if one.at == "stage":
        return f"""
        ASOF LEFT JOIN ({instants_of(one)}) AS told_{number}
            ON told_{number}.story = counted.story AND counted.occurred_until >= told_{number}.occurred"""
    known = f"{one.name} IS NOT NULL" if one.at == "first" else _tells(one)
    chosen = f"arg_min({one.name}, place)" if one.at == "first" else f"arg_max_null({one.name}, place)"
    return f"""
        ASOF LEFT JOIN (
            SELECT story, journey, {chosen} AS value FROM telling WHERE {known} GROUP BY story, journey
        ) AS told_{number} ON told_{number}.story = counted.story AND counted.journey >= told_{number}.journey"""


def _tells(one: Dimension) -> str:
    """Whether an event tells anything of it; a clearing is told as well."""
    return f"({one.name} IS NOT NULL OR {one.cleared})"

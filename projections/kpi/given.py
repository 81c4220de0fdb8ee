"""What counted rows are cut by: the value of each dimension for each row (RULES.md, section 4, "Dimensions")."""

from collections.abc import Sequence
from typing import Any

import duckdb

from projections.dimensions import At, Dimension, dimension

LEAD = "lead"  # the story itself
OF_ROWS = ("stage", "kind")  # what only rows tell themselves
FOR_EVER = 2**63 - 1
OWN = ("owner", "team", "channel", "campaign", *OF_ROWS)  # what rows may tell themselves, those of no lead above all


def kpi_dimension(name: str, at: At | None) -> Dimension:
    """The dimension of that name: one of leads, or one that only some measures have. Raises QuestionError."""
    return Dimension(name, "own") if name in (LEAD, *OF_ROWS) else dimension(name, at)


def value_rows(
    connection: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension], counted: str = "counted"
) -> None:
    """Makes `given` (row, given: the values in the order of the dimensions) for the rows of `counted`, or those given. Reads `telling`."""
    values, joins = valued(dimensions, counted)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE given AS SELECT row, [{', '.join(values)}]::VARCHAR[] AS given"
        f" FROM {counted} AS counted {joins}"
    )


def valued(dimensions: Sequence[Dimension], counted: str) -> tuple[list[str], str]:
    """The value of each dimension, as an expression over a query FROM `counted`, and what is to be joined to that. counted: a relation."""
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
                joins.append(_join(one, number, counted))
                told = f"told_{number}.value"
                values.append(f"coalesce(counted.own_{one.name}, {told})" if one.name in OWN else told)
    return values, " ".join(joins)


def told_key(by: Sequence[str], key: Sequence[str | None]) -> dict[str, Any]:
    """The dimensions of a row as they are told: a lead by its number, so that whoever knows its name can put it there."""
    return {name: int(value) if name == LEAD and value else value for name, value in zip(by, key, strict=True)}


def instants_of(one: Dimension, of: str = "true") -> str:
    """A query: the value of a dimension from each instant on at which it was told (story, occurred, value). of: which leads, as a condition."""
    return (
        f"SELECT story, occurred, arg_max_null({one.name}, place) AS value FROM telling WHERE {_tells(one)} AND {of}"
        " GROUP BY story, occurred"
    )


def _join(one: Dimension, number: int, counted: str) -> str:
    """The join that finds a dimension's value: the first or the last one told in the journey, or the one at the row's instant.

    Each value that is told of the leads that are counted holds until the next one: so it is found by the lead and two limits, and what is
    counted need not be put in order.
    """
    of = f"story IN (SELECT story FROM {counted})"
    if one.at == "stage":
        return _holding(number, instants_of(one, of), "occurred", "occurred_until")
    known = f"{one.name} IS NOT NULL" if one.at == "first" else _tells(one)
    chosen = f"arg_min({one.name}, place)" if one.at == "first" else f"arg_max_null({one.name}, place)"
    told = f"SELECT story, journey, {chosen} AS value FROM telling WHERE {known} AND {of} GROUP BY story, journey"
    return _holding(number, told, "journey", "journey")


def _holding(number: int, told: str, since: str, at: str) -> str:
    """The join of what holds for a row. told: a query (story, value, and since when in the column of that name). at: the row's column."""
    name = f"told_{number}"
    return f"""
        LEFT JOIN (
            SELECT *, lead({since}, 1, {FOR_EVER}) OVER (PARTITION BY story ORDER BY {since}) AS next FROM ({told})
        ) AS {name} ON {name}.story = counted.story AND counted.{at} >= {name}.{since} AND counted.{at} < {name}.next"""


def _tells(one: Dimension) -> str:
    """Whether an event tells anything of it; a clearing is told as well."""
    return f"({one.name} IS NOT NULL OR {one.cleared})"

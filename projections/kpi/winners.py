"""Who won: the representatives where nobody says who belongs to which team."""

import duckdb

from projections.dimensions import dimension
from projections.kpi.given import instants_of


def make_winners(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `winner` (stretch, owner, team) for the wins of all stretches; empty where people are told to have joined.

    Reads `won` (measures.sql), `business` and `telling`.
    """
    connection.execute("CREATE TEMP TABLE winner (stretch INTEGER, owner VARCHAR, team VARCHAR)")
    if connection.sql("SELECT 1 FROM business WHERE type = 'MemberJoined' LIMIT 1").fetchall():
        return
    joins = " ".join(
        f"ASOF LEFT JOIN ({instants_of(dimension(name, None))}) AS {name}"
        f" ON {name}.story = win.story AND win.occurred_until >= {name}.occurred"
        for name in ("owner", "team")
    )
    connection.execute(
        f"INSERT INTO winner SELECT DISTINCT stretch, owner.value, team.value FROM happening('won') AS win {joins}"
        " WHERE owner.value IS NOT NULL"
    )

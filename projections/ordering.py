"""The order of a lead's events as one value: which of two is the later one (RULES.md, section 3)."""

import duckdb

# An instant of these centuries takes 54 bits, a position 40: together they fit into a number, which is compared ten times as fast as a row.
IN_ONE_NUMBER = "occurred::HUGEINT * 1099511627776 + position"
IN_A_ROW = "row(occurred, coalesce(sequence, -9223372036854775808), position)"


def make_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the macro in_order(occurred, sequence, position) over a database with `history`: of two events the later one's is greater.

    Where no event has a sequence, as in most logs, it is a number; else a row of numbers.
    """
    sequenced = connection.sql("SELECT 1 FROM history WHERE sequence IS NOT NULL LIMIT 1").fetchall()
    order = IN_A_ROW if sequenced else IN_ONE_NUMBER
    connection.execute(f"CREATE OR REPLACE TEMP MACRO in_order(occurred, sequence, position) AS {order}")

"""What was promised for each handoff, and the verdict on it: the steps behind every view of the agreement."""

from collections.abc import Iterable
from datetime import timedelta

import duckdb

from events.instants import DAY, EPOCH_DAY
from projections.business_time import openings_table
from projections.database import sql
from projections.sla.agreed import Agreed
from projections.sla.judging import judge


def make_promises(connection: duckdb.DuckDBPyConnection, agreed: Agreed, asked: int) -> None:
    """Makes the tables `handed`, `promised` and `paused`, and `opening` up to what is due, over a database with the view `history`.

    asked: µs of an instant up to which business time will be asked for; the tables do not depend on it otherwise.
    """
    agreed.tables(connection)
    connection.execute(sql("sla/handed.sql"))
    judge(connection, agreed.versions)
    tell(connection, (("contacts", agreed.contacts),))
    connection.execute(sql("sla/contacted.sql"))
    first, last = connection.sql(
        "SELECT min(occurred), max(occurred) FROM"
        " (SELECT occurred FROM act UNION ALL SELECT answers[len(answers)].occurred FROM contacted)"
    ).fetchall()[0]
    ends = [end for end in (first, last, asked) if end is not None]
    days = [EPOCH_DAY + timedelta(days=end // DAY) for end in (min(ends), max(ends))]
    openings_table(connection, agreed.calendars, days[0], days[1], agreed.longest)
    connection.execute(sql("sla/promised.sql"))


def make_verdicts(connection: duckdb.DuckDBPyConnection, asked: int) -> None:
    """Makes the table `verdict`: how each promise stands at an instant (µs)."""
    tell(connection, (("asked", asked),))
    connection.execute(sql("sla/verdicts.sql"))


def tell(connection: duckdb.DuckDBPyConnection, variables: Iterable[tuple[str, object]]) -> None:
    """Sets variables that the query files read."""
    for name, value in variables:
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})

"""What was promised for each handoff, and the verdict on it: the steps behind every view of the agreement."""

from collections.abc import Iterable
from datetime import timedelta

import duckdb

from events.instants import DAY, EPOCH_DAY
from projections.business_time import openings_table, rules_of
from projections.database import sql
from projections.known import Known
from projections.ordering import make_order
from projections.sla.agreed import Agreed
from projections.sla.judging import decide, facts, types_of
from projections.steps import Step, per_lead

HANDOFFS = (
    "LeadHandedOff",
    "HandoffAccepted",
    "HandoffRejected",
    "HandoffWithdrawn",
    "HandoffExpired",
    "HandoffPaused",
    "HandoffResumed",
)


def make_promises(known: Known, agreed: Agreed, asked: int) -> None:
    """Makes the tables `handed`, `course`, `promised` and `paused`, and `opening` and `clock` up to what is due, over what is known.

    asked: µs of an instant up to which business time will be asked for; the tables do not depend on it otherwise.
    """
    _clocks(per_lead(known, _step(agreed)), agreed, RANGE_OF_PROMISES, asked)


def handed_off(*also: str) -> str:
    """SQL that makes `act` and `handed`. also: what is asked of each handoff beside id, times, source, team and tier."""
    told = dict.fromkeys(("actor", "source", "reason", "tier", "to_team", *also))
    return sql("sla/handed.sql").format(told=", ".join(told), also="".join(f", {name}" for name in also))


NO_LONGER_READ = """
DROP MACRO TABLE begun;
DROP TABLE held_up;
DROP TABLE contacted;
DROP TABLE contact;
DROP TABLE act;
DROP TABLE fact_at_handoff;
DROP TABLE judged;
"""
# The first and the last instant at which business time is asked for.
RANGE_OF_HANDOFFS = """
SELECT min(occurred), max(occurred) FROM (
    SELECT occurred FROM handed UNION ALL SELECT occurred FROM contacted
    UNION ALL SELECT unnest([answer.occurred, ending.occurred]) FROM course UNION ALL SELECT unnest([begins, ends]) FROM pause
)
"""
RANGE_OF_PROMISES = """
SELECT min(first), max(last) FROM (
    SELECT min(occurred) AS first, max(occurred) AS last FROM handed
    UNION ALL SELECT min(started), max(greatest(started, stop)) FROM promised
)
"""


def _step(agreed: Agreed) -> Step:
    """The per-lead step: handoffs, what became of them, and what was promised for each, by its tier.

    Times are told as instants or as differences, so that it does not matter from when on business time is counted.
    """
    rest = "\n".join((sql("sla/course.sql"), facts(agreed.versions), sql("sla/contacted.sql")))

    def promise(connection: duckdb.DuckDBPyConnection) -> None:
        make_order(connection)
        connection.execute(rest)
        decide(connection, agreed.versions)
        _clocks(connection, agreed, RANGE_OF_HANDOFFS)
        connection.execute(sql("sla/promised.sql"))

    return Step(
        name="promises",
        text=handed_off(),
        tables=("handed", "course", "promised", "paused"),
        definition=repr(
            (
                [version.told() for version in agreed.versions],
                [rules_of(calendar) for calendar in agreed.calendars],
                rest,
                *(sql(file) for file in ("business_time.sql", "sla/clock.sql", "sla/promised.sql")),
            )
        ),
        prepare=agreed.tables,
        types=frozenset((*HANDOFFS, "InteractionLogged", *types_of(agreed.versions))),
        finish=promise,
        clear=NO_LONGER_READ,
    )


def _clocks(connection: duckdb.DuckDBPyConnection, agreed: Agreed, range_: str, *instants: int) -> None:
    """Makes `opening`, `clock` and `due_clock`. range_: a query for the first and the last instant. instants: others (µs)."""
    found = connection.sql(range_).fetchall()[0]
    ends = [end for end in (*found, *instants) if end is not None]
    first, last = (EPOCH_DAY + timedelta(days=end // DAY) for end in (min(ends, default=0), max(ends, default=0)))
    calendars = agreed.calendars if ends else ()  # nobody knows the holidays of 1970
    openings_table(connection, calendars, first, last, agreed.longest)
    connection.execute(sql("sla/clock.sql"))


def make_verdicts(connection: duckdb.DuckDBPyConnection, asked: int) -> None:
    """Makes the view `verdict`: how each promise stands at an instant (µs)."""
    tell(connection, (("asked", asked),))
    connection.execute(f"CREATE TEMP VIEW verdict AS {sql('sla/verdicts.sql')}")


def tell(connection: duckdb.DuckDBPyConnection, variables: Iterable[tuple[str, object]]) -> None:
    """Sets variables that the query files read."""
    for name, value in variables:
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})

"""What was known: the history cut at a knowing, with merged leads as one story. Every view reads it."""

import duckdb
import pyarrow as pa

from projections.database import table
from projections.history.columns import LAYOUT
from projections.history.moment import NEWS, Moment
from projections.history.shelf import Kept
from projections.merging import stories

ALWAYS = 2**63 - 1
SHARE = 10  # of the log; where a greater part of it is new, all is computed again
ROUND = 10_000  # events; stories with news since about the same position are kept once

# What is general, as far as runs are undone and leads are merged by it.
GENERAL = "SELECT position, type, lead, occurred, sequence, recorded, run, of_run, merged FROM general"
# The runs that are undone: their last word is a retraction.
RETRACTED = """
CREATE OR REPLACE TEMP TABLE retracted AS
SELECT of_run AS run
FROM general
WHERE of_run IS NOT NULL AND recorded <= getvariable('as_of')
GROUP BY of_run
HAVING arg_max(type, position) = 'RunRetracted'
"""
# What is known of these events. Conditions that hold for all are left out: each costs a column.
KNOWN = "SELECT {events}.* FROM {events} {undone} {cut}"
# The last word on each pair; a merge is in force where that is no reversal.
MERGES = """
SELECT lead, merged
FROM ({known})
WHERE merged IS NOT NULL AND merged <> lead
GROUP BY lead, merged
HAVING arg_max(type, row(occurred, coalesce(sequence, -9223372036854775808), position)) = 'LeadsMerged'
"""

# The leads with news, and all that a merge ever joined with one of these.
TOUCHED = """
WITH RECURSIVE pair AS MATERIALIZED (
    SELECT lead, merged AS other FROM general WHERE merged IS NOT NULL
    UNION ALL
    SELECT merged, lead FROM general WHERE merged IS NOT NULL
), reached AS (
    SELECT DISTINCT lead FROM {news} AS news WHERE lead > 0
    UNION
    SELECT pair.other FROM reached JOIN pair USING (lead)
)
SELECT lead FROM reached ORDER BY lead
"""


class Known:
    """The log as it was known at an instant: a database in which views are computed.

    connection: the database. position: the last one known. made: the steps whose tables are there, by key.
    as_of: µs; what was recorded later is not known; None for all.
    """

    def __init__(self, moment: Moment, as_of: int | None) -> None:
        self.connection, self.moment, self.as_of = moment.connection, moment, as_of
        self.made: set[str] = set()
        self._everything = self._general = False

    @property
    def position(self) -> int:
        """The last position known."""
        if self.as_of is None:
            return self.moment.head
        last = self.everything().sql(f"SELECT coalesce(max(position), 0) FROM events WHERE recorded <= {self.as_of}")
        return int(last.fetchall()[0][0])

    def business(self) -> duckdb.DuckDBPyConnection:
        """The database with the view `business`: what concerns no lead. It has `retracted` (runs) too, and `general`, whence both come."""
        if not self._general:
            self.moment.general()
            known = cut(self.connection, self.as_of)
            self.connection.execute(
                f"CREATE TEMP VIEW business AS SELECT * FROM ({known.format(events='general')}) WHERE lead = 0"
            )
            self._general = True
        return self.connection

    def everything(self) -> duckdb.DuckDBPyConnection:
        """The database with the view `history` too: one row a known event of a lead, `story` being the surviving lead of a merged
        one; and `events`: all of them, as they came.
        """
        if not self._everything:
            self.business()
            self.moment.events()
            know(self.connection, self.as_of)
            self._everything = True
        return self.connection

    def touched(self, since: int) -> list[int] | None:
        """The leads whose stories are other than they were at that position: they have new events, or were merged or parted.

        None where it is not worth asking: too much is new, a run was retracted or restored, or a past knowing is asked for.
        """
        if self.as_of is not None or self.much(since):
            return None
        self.business()
        if self.connection.sql(f"SELECT 1 FROM general WHERE position > {since} AND of_run IS NOT NULL").fetchall():
            return None
        touched = TOUCHED.format(news=self.moment.news(since))
        return [lead for (lead,) in self.connection.sql(touched).fetchall()]

    def much(self, since: int) -> bool:
        """Whether so much is new since that position that it does not pay to go on from there."""
        return self.moment.head - since > max(NEWS, self.moment.head // SHARE)

    def stories_since(self, since: int) -> Kept | None:
        """All events of the leads that have news since that position or a little before, in a file that serves every step.

        None where nothing can be kept.
        """
        since = since // ROUND * ROUND
        shelf, key = self.moment.shelf, f"stories-{since:012d}-{LAYOUT}"
        there = shelf.newest(key, ("stories",), self.moment.head) if shelf else None
        if shelf is None or (there is not None and there.position == self.moment.head):
            return there
        leads = self.touched(since)
        if leads is None:
            return None
        self.moment.events()
        table(self.connection, "with_news", pa.table({"lead": pa.array(leads, pa.int32())}))
        self.connection.execute("CREATE OR REPLACE TEMP VIEW stories AS FROM events WHERE lead IN (FROM with_news)")
        return shelf.put(self.connection, key, self.moment.head, {"stories": "stories"})


def know(connection: duckdb.DuckDBPyConnection, as_of: int | None = None) -> None:
    """Makes `history` over a database with `events`, and with `general`: at least those that retract runs or merge leads of theirs."""
    known = cut(connection, as_of)
    members = stories(connection.sql(MERGES.format(known=known.format(events="general"))).fetchall())
    leads, survivors = pa.array(members.keys(), pa.int32()), pa.array(members.values(), pa.int32())
    table(connection, "merged_story", pa.table({"lead": leads, "story": survivors}))
    connection.execute(
        f"CREATE TEMP VIEW known AS SELECT * FROM ({known.format(events='events')}) WHERE lead > 0;"
        "CREATE TEMP VIEW history AS "
        "SELECT known.*, coalesce(merged_story.story, known.lead) AS story FROM known LEFT JOIN merged_story USING (lead)"
    )


def cut(connection: duckdb.DuckDBPyConnection, as_of: int | None) -> str:
    """What is known by then, as a query over {events}. Makes `retracted`: the runs that are undone by then."""
    connection.execute("SET VARIABLE as_of = $as_of", {"as_of": ALWAYS if as_of is None else as_of})
    connection.execute(RETRACTED)
    undone = "ANTI JOIN retracted USING (run)" if connection.sql("SELECT 1 FROM retracted LIMIT 1").fetchall() else ""
    return KNOWN.format(
        events="{events}", undone=undone, cut="" if as_of is None else "WHERE recorded <= getvariable('as_of')"
    )

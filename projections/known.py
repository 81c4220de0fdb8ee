"""What was known: the history cut at a knowing, with merged leads as one story. Every view reads it."""

import duckdb
import pyarrow as pa

from projections.database import literal, table
from projections.history.columns import LAYOUT
from projections.history.moment import Moment
from projections.merging import stories

ALWAYS = 2**63 - 1
NEWS = 20_000  # events behind what was computed before, up to which it is cheaper to compute only what they touch
GENERAL = f"general-{LAYOUT}"  # the key under which what concerns no single lead is kept

# The runs that are undone: their last word is a retraction.
RETRACTED = """
CREATE OR REPLACE TEMP TABLE retracted AS
SELECT of_run AS run
FROM events
WHERE of_run IS NOT NULL AND recorded <= getvariable('as_of')
GROUP BY of_run
HAVING arg_max(type, position) = 'RunRetracted'
"""
# The events that are known; `history` and `business` are views over it. Conditions that hold for all are left out: they cost a column.
KNOWN = """
CREATE OR REPLACE TEMP VIEW kept AS SELECT events.* FROM events {undone} {cut};
CREATE OR REPLACE TEMP VIEW known AS FROM kept WHERE lead > 0;
CREATE OR REPLACE TEMP VIEW business AS FROM kept WHERE lead = 0;
"""
# The last word on each pair; a merge is in force where that is no reversal.
MERGES = """
SELECT lead, merged
FROM known
WHERE merged IS NOT NULL AND merged <> lead
QUALIFY row_number() OVER (
    PARTITION BY lead, merged ORDER BY occurred DESC, sequence DESC NULLS LAST, position DESC
) = 1 AND type = 'LeadsMerged'
"""
OF_NO_LEAD = "lead = 0 OR merged IS NOT NULL"  # what a story depends on beside its leads' own events

# The leads with news, and all that a merge ever joined with one of these.
TOUCHED = """
WITH RECURSIVE pair AS (
    SELECT lead, merged AS other FROM general WHERE merged IS NOT NULL
    UNION
    SELECT merged, lead FROM general WHERE merged IS NOT NULL
), reached AS (
    SELECT lead FROM news WHERE position > {since} AND lead > 0
    UNION
    SELECT pair.other FROM reached JOIN pair USING (lead)
)
SELECT lead FROM reached ORDER BY lead
"""


class Known:
    """The log as it was known at an instant: a database in which views are computed.

    connection: the database. position: the last one known. as_of: µs; what was recorded later is not known; None for all.
    """

    def __init__(self, moment: Moment, as_of: int | None) -> None:
        self.connection, self.moment, self.as_of = moment.connection, moment, as_of
        self._everything = False
        self._general_there = False

    @property
    def position(self) -> int:
        """The last position known."""
        if self.as_of is None:
            return self.moment.head
        last = self.everything().sql(f"SELECT coalesce(max(position), 0) FROM events WHERE recorded <= {self.as_of}")
        return int(last.fetchall()[0][0])

    def everything(self) -> duckdb.DuckDBPyConnection:
        """The database with the views `history` (one row a known event of a lead, `story` being the surviving lead of a
        merged one), `business` (what concerns no lead), `events` (both, as they came) and the table `retracted` (runs).
        """
        if not self._everything:
            self.moment.events()
            know(self.connection, self.as_of)
            self._everything = True
        return self.connection

    def business(self) -> duckdb.DuckDBPyConnection:
        """The database with the view `business`; of the rest no more is read than that takes."""
        if self._everything or not self._general():
            return self.everything()
        self.connection.execute("CREATE OR REPLACE TEMP VIEW events AS FROM general")
        _cut(self.connection, None)
        return self.connection

    def touched(self, since: int) -> list[int] | None:
        """The leads whose stories are other than they were at that position: they have new events, or were merged or parted.

        None where it is not worth asking: too much is new, a run was retracted or restored, or a past knowing is asked for.
        """
        if self.moment.head - since > NEWS or not self._general():
            return None
        self.moment.news(since)
        undone = f"SELECT 1 FROM news WHERE position > {since} AND of_run IS NOT NULL LIMIT 1"
        if self.connection.sql(undone).fetchall():
            return None
        return [lead for (lead,) in self.connection.sql(TOUCHED.format(since=since)).fetchall()]

    def keep_general(self) -> None:
        """Keeps what bears on more than one lead, for the next report."""
        if self.moment.shelf:
            if not self._general():
                self.connection.execute(f"CREATE OR REPLACE TEMP VIEW general AS FROM events WHERE {OF_NO_LEAD}")
            self.moment.shelf.put(self.connection, GENERAL, self.moment.head, ("general",))

    def _general(self) -> bool:
        """Makes the view `general`, which holds the events that bear on more than one lead; whether that went without a full scan."""
        moment = self.moment
        if self.as_of is not None or moment.shelf is None:
            return False
        if not self._general_there:
            kept = moment.shelf.newest(GENERAL, ("general",), moment.head)
            if kept is None or moment.head - kept.position > NEWS // 2:
                return False
            self._general_there = True
            moment.news(kept.position)
            self.connection.execute(
                f"CREATE OR REPLACE TEMP VIEW general AS SELECT * FROM read_parquet({literal(kept.files['general'])})"
                f" UNION ALL BY NAME SELECT * FROM news WHERE position > {kept.position} AND ({OF_NO_LEAD})"
            )
        return True


def know(connection: duckdb.DuckDBPyConnection, as_of: int | None = None) -> None:
    """Makes `history`, `business` and `retracted` over a database with `events`."""
    _cut(connection, as_of)
    members = stories(connection.sql(MERGES).fetchall())
    leads, survivors = pa.array(members.keys(), pa.int32()), pa.array(members.values(), pa.int32())
    table(connection, "merged_story", pa.table({"lead": leads, "story": survivors}))
    connection.execute(
        "CREATE TEMP VIEW history AS "
        "SELECT known.*, coalesce(merged_story.story, known.lead) AS story FROM known LEFT JOIN merged_story USING (lead)"
    )


def _cut(connection: duckdb.DuckDBPyConnection, as_of: int | None) -> None:
    connection.execute("SET VARIABLE as_of = $as_of", {"as_of": ALWAYS if as_of is None else as_of})
    connection.execute(RETRACTED)
    undone = "ANTI JOIN retracted USING (run)" if connection.sql("SELECT 1 FROM retracted LIMIT 1").fetchall() else ""
    cut = "" if as_of is None else "WHERE recorded <= getvariable('as_of')"
    connection.execute(KNOWN.format(undone=undone, cut=cut))

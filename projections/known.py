"""What was known: the history cut at a knowing, with merged leads as one story. Every view reads it."""

import duckdb
import pyarrow as pa

from projections.database import sql, table
from projections.merging import stories

ALWAYS = 2**63 - 1

# The last word on each pair; a merge is in force where that is no reversal.
MERGES = """
SELECT lead, merged
FROM known
WHERE type IN ('LeadsMerged', 'MergeReverted') AND merged IS NOT NULL AND merged <> lead
QUALIFY row_number() OVER (
    PARTITION BY lead, merged ORDER BY occurred DESC, sequence DESC NULLS LAST, position DESC
) = 1 AND type = 'LeadsMerged'
"""


def know(connection: duckdb.DuckDBPyConnection, head: int, as_of: int | None) -> int:
    """Makes the view `history`: one row a known event of a lead, `story` being the surviving lead of a merged one.

    head: the position that is covered. as_of: µs; what was recorded later is not known; None for all.
    Returns the last position known.
    """
    connection.execute("SET VARIABLE head = $head", {"head": head})
    connection.execute("SET VARIABLE as_of = $as_of", {"as_of": ALWAYS if as_of is None else as_of})
    connection.execute(sql("known.sql"))
    members = stories(connection.sql(MERGES).fetchall())
    leads, survivors = pa.array(members.keys(), pa.int32()), pa.array(members.values(), pa.int32())
    table(connection, "story", pa.table({"lead": leads, "story": survivors}))
    connection.execute(
        "CREATE TEMP VIEW history AS "
        "SELECT known.*, coalesce(story.story, known.lead) AS story FROM known LEFT JOIN story USING (lead)"
    )
    if as_of is None:
        return head
    last = connection.sql(
        "SELECT coalesce(max(position), 0) FROM events WHERE recorded <= getvariable('as_of')"
    ).fetchall()
    return int(last[0][0])

"""Which verdicts are asked for, and how they are cut: periods, dimensions, filters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa

from events.instants import DAY, EPOCH, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import sql, table
from projections.dimensions import DIMENSIONS, TELLING, Dimension, dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.periods import WRITTEN_AS, calendar
from projections.sla.promises import tell

OF_A_VERDICT = ("team", "owner", "responder", "tier", "reason")  # dimensions that the verdict itself says


class Selection:
    """The table `counted`: the verdicts that are asked for, each with its period and its values of the asked dimensions.

    own: makes the table `lay` (handed, promise, owner), needed where owners are asked for.
    """

    def __init__(self, known: Known, asked: Asked, limits: Limits, own: Callable[[], None]) -> None:
        connection = known.connection
        self._known, self._connection, self._asked, self._limits = known, connection, asked, limits
        self.cut_by = list(asked.dimensions)
        names = [*self.cut_by, *(name for name in asked.filter if name not in self.cut_by)]
        dimensions = [_dimension(name, asked) for name in names]
        if "owner" in names:
            own()
        self._describe(dimensions)
        make_conditions(connection, dimensions, asked.filter)
        self._calendar()
        variables = {
            "since": limits.since,
            "until": limits.until,
            "width": len(self.cut_by),
            "cut": asked.grain is not None,
            "lead": asked.lead,
            "handoff": asked.handoff,
        }
        tell(connection, variables.items())
        for file in ("local_days.sql", "fitting.sql", "sla/counted.sql"):
            connection.execute(sql(file))

    def make_periods(self) -> None:
        """Makes `period`: every one of the grain from `since` to `until`, else from the first to the last handoff; one without a name where none is asked."""
        grain, limits = self._asked.grain, self._limits
        names: list[str | None] = [None]
        if grain is not None:
            first, last = self._connection.sql("SELECT min(local_day), max(local_day) FROM counted").fetchall()[0]
            first = first if limits.since is None else self.day_at(limits.since)
            last = last if limits.until is None else self.day_at(limits.until - 1)
            first, last = (first if first is not None else last), (last if last is not None else first)
            days = range(first, last + 1) if first is not None else ()
            names = list(dict.fromkeys(WRITTEN_AS[grain](EPOCH_DAY + timedelta(days=day)) for day in days))
        table(self._connection, "period", pa.table({"period": pa.array(names, pa.string())}))

    def unfolded(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row with its period and its dimensions by their names."""
        period, key = row.pop("period"), row.pop("key")
        named = dict(zip(self.cut_by, key, strict=True))
        if named.get("journey") is not None:
            named["journey"] = int(named["journey"])
        return ({"period": period} if self._asked.grain else {}) | named | row

    def day_at(self, micros: int) -> int:
        """The number of the local day on which an instant falls."""
        return ((EPOCH + timedelta(microseconds=micros)).astimezone(self._limits.zone).date() - EPOCH_DAY).days

    def undated(self) -> int:
        """How many handoffs fall into no period because they are only known to have happened some time."""
        if self._limits.since is None and self._limits.until is None and self._asked.grain is None:
            return 0
        found = self._connection.sql("SELECT count(DISTINCT handed) FROM verdict WHERE precision = 2").fetchall()
        return int(found[0][0])

    def _describe(self, dimensions: list[Dimension]) -> None:
        """Makes the view `described`: the verdicts, each with its values of the asked dimensions."""
        of_the_lead = [one for one in dimensions if one.name not in OF_A_VERDICT]
        if of_the_lead:
            self._value(of_the_lead)
        places = {one.name: place for place, one in enumerate(of_the_lead, 1)}
        values = [f"given[{places[one.name]}]" if one.name in places else one.name for one in dimensions]
        self._connection.execute(
            f"CREATE TEMP VIEW described AS SELECT verdict.*, [{', '.join(values)}]::VARCHAR[] AS given FROM verdict"
            + (" LEFT JOIN valued USING (handed)" if of_the_lead else "")
            + (" JOIN lay USING (handed, promise)" if "owner" in values else "")
        )

    def _value(self, cuts: list[Dimension]) -> None:
        numbers = pa.array(range(1, len(cuts) + 1), pa.int32())
        table(self._connection, "dimension", pa.table({"number": numbers, "known": [cut.at for cut in cuts]}))
        types = ", ".join(f"'{name}'" for name in (*TELLING, "LeadRecycled"))
        self._known.everything().execute(f"""
            CREATE TEMP VIEW telling AS
            SELECT story, type, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position,
                   [{", ".join(cut.told for cut in cuts)}]::VARCHAR[] AS told,
                   [{", ".join(cut.cleared for cut in cuts)}]::BOOLEAN[] AS emptied
            FROM history SEMI JOIN handed USING (story)
            WHERE type IN ({types})
        """)
        self._connection.execute(sql("sla/dimensions.sql"))

    def _calendar(self) -> None:
        """The days of all handoffs, and two more at each end, since zones differ."""
        happened = self._connection.sql("SELECT min(occurred), max(occurred) FROM handed").fetchall()[0]
        first, last = (EPOCH_DAY + timedelta(days=(end or 0) // DAY) for end in happened)
        days = calendar(self._limits.zone, first - timedelta(days=2), last + timedelta(days=2))
        table(self._connection, "calendar", days)
        grain = self._asked.grain
        self._connection.execute(
            f"CREATE TEMP TABLE period_of_day AS SELECT number, {grain or 'NULL::VARCHAR'} AS period FROM calendar"
        )


def _dimension(name: str, asked: Asked) -> Dimension:
    if name in OF_A_VERDICT:
        return Dimension(name, "stage")
    if name not in DIMENSIONS:
        known = (*OF_A_VERDICT, *(of for of in DIMENSIONS if of not in OF_A_VERDICT))
        raise QuestionError(
            f"{name!r} is no dimension of the agreement; there are {', '.join(known)}, and day, week, month, quarter, year"
        )
    return dimension(name, asked.at)

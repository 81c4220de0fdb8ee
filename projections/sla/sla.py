"""The agreement's verdicts as views: how many promises were kept, each verdict, and with whom the time was spent."""

from typing import Any

import pyarrow as pa

from events.instants import DAY
from projections.asked import Asked, Limits
from projections.database import rows_of, sql, table
from projections.errors import QuestionError
from projections.known import Known
from projections.ordering import make_order
from projections.result import Column, instant
from projections.rows import Row, Rows
from projections.sla.agreed import PROMISES, Agreed
from projections.sla.promises import make_promises, make_verdicts
from projections.sla.selection import Selection

COUNTS = ("promised", "met", "breached", "running", "excluded")
SPANS = {"response_p50_s": "business_us", "response_p90_s": "business_us", "wall_p50_s": "wall_us"}
MEASURES = (
    *(Column(name, "count") for name in COUNTS),
    Column("compliance", "fraction"),
    *(Column(name, "s") for name in SPANS),
)
VERDICTS = (
    *(Column(name) for name in "handoff lead promise tier team owner responder verdict reason".split()),
    *(Column(name, "instant") for name in ("started_at", "due_at", "done_at")),
    *(Column(name, "s") for name in ("business_s", "wall_s", "late_s")),
)
OWNERS = (
    *(Column(name) for name in "handoff lead promise owner".split()),
    *(Column(name, "s") for name in ("business_s", "wall_s")),
)
# What a verdict is told of, and the order of a handoff's promises.
LISTED = (
    "handoff, story AS lead, promise, tier, team, lay.owner, responder, verdict, reason, started, due, done,"
    " done_day, business_us, wall_us, late_us, exact, precision, until_precision, day, until_day, occurred, until"
)
EARLIER = """
SELECT count(*) FROM handed
WHERE occurred <= getvariable('asked')
  AND CASE WHEN day IS NULL THEN occurred < (SELECT min(begins) FROM version) ELSE day < (SELECT min(effective) FROM version) END
"""
IN_ORDER = f"list_position({list(PROMISES)}, promise)"


class Sla:
    """The verdicts that were asked for, over what is known.

    agreed: what judges them.
    """

    def __init__(self, known: Known, agreed: Agreed, asked: Asked, limits: Limits) -> None:
        self.agreed = agreed
        self._known, self._asked, self._limits = known, asked, limits
        self._connection = known.connection
        self._owned = False
        make_promises(known, agreed, limits.asked)
        make_verdicts(known.connection, limits.asked)
        self._selection = Selection(known, asked, limits, self.own)

    @property
    def key_columns(self) -> list[Column]:
        """Period and dimensions, which stand first."""
        return [*([Column("period")] if self._asked.grain else []), *map(Column, self._selection.cut_by)]

    def notes(self) -> list[str]:
        """What a reader of the numbers must know."""
        notes = list(self.agreed.notes)
        if undated := self._selection.undated():
            notes.append(f"{undated} handoffs are undated and fall into no period")
        if earlier := self._connection.sql(EARLIER).fetchall()[0][0]:
            notes.append(
                f"{earlier} handoffs lie before the first agreement was in force: nothing was promised for them"
            )
        return notes

    def rows(self) -> list[dict[str, Any]]:
        """The summary: a row for each promise, for each period and each combination of dimensions."""
        self._selection.make_periods()
        table(self._connection, "promising", pa.table({"promise": pa.array(self.agreed.promises, pa.string())}))
        rows = rows_of(self._connection, sql("sla/summary.sql"))
        rows.sort(
            key=lambda row: (
                row["period"] or "",
                [(part is None, part) for part in row["key"]],
                PROMISES.index(row["promise"]),
            )
        )
        return [self._selection.unfolded(row) for row in rows]

    def verdicts(self, where: str = "true", counted: str | None = None) -> Rows:
        """A row for each handoff and promise, by the time of the handoff.

        where, counted: SQL over the table `counted`, of our own making: which rows, and a flag of theirs.
        """
        self.own()
        told = "" if counted is None else f", {counted} AS counted"
        return Rows.of(
            self._connection,
            f"SELECT {LISTED}{told} FROM counted JOIN lay USING (handed, promise) WHERE {where} ORDER BY occurred, handed, {IN_ORDER}",
            lambda row: self._told(row) | ({} if counted is None else {"counted": row["counted"]}),
        )

    def owners(self) -> Rows:
        """A row for each handoff, promise and owner: the time that it lay with each."""
        self.own()
        self._connection.execute(sql("sla/shares.sql"))
        return Rows.of(
            self._connection,
            "SELECT handoff, story AS lead, promise, owner, share.business_us / 1e6 AS business_s, share.wall_us / 1e6 AS wall_s"
            f" FROM share JOIN counted USING (handed, promise) ORDER BY occurred, handed, {IN_ORDER}, owner NULLS LAST",
            lambda row: row,
        )

    def opened(self, promise: str, column: str) -> Rows:
        """The verdicts behind a number of the summary, as many as a count says.

        Behind `compliance` stand the rows of its denominator; `counted` says which of them were met.
        Raises QuestionError for what is no promise or no number.
        """
        self.agreed.must_promise(promise)
        of = f"counted.promise = '{promise}'"
        if column == "promised":
            return self.verdicts(of)
        if column in COUNTS:
            return self.verdicts(f"{of} AND verdict = '{column}'")
        if column == "compliance":
            return self.verdicts(f"{of} AND verdict IN ('met', 'breached')", "verdict = 'met'")
        if column in SPANS:
            return self.verdicts(f"{of} AND done IS NOT NULL AND {SPANS[column]} IS NOT NULL")
        raise QuestionError(
            f"{column!r} has no handoffs behind it; there are {', '.join((*COUNTS, 'compliance', *SPANS))}"
        )

    def knows(self, handoff: str) -> bool:
        """Whether there is such a handoff, promised for or not."""
        found = self._connection.execute(
            "SELECT 1 FROM handed WHERE $handoff IN (handoff, source || '/' || handoff) LIMIT 1", {"handoff": handoff}
        )
        return bool(found.fetchall())

    def own(self) -> None:
        """Makes `owning` and `lay`, once: with whom each lead lay, and with whom at the end of each promise."""
        if self._owned:
            return
        self._owned = True
        make_order(self._known.everything())
        self._connection.execute(sql("sla/owning.sql"))
        self._connection.execute(
            "CREATE TEMP TABLE lay AS SELECT handed, promise, owner FROM verdict "
            "ASOF LEFT JOIN owning ON owning.story = verdict.story AND owning.since <= verdict.until"
        )

    def _told(self, row: Row) -> dict[str, Any]:
        zone = self._limits.zone
        told = {
            "started_at": instant(row["started"], None, zone),
            "due_at": instant(row["due"], None, zone),
            "done_at": instant(row["done"], row["done_day"], zone),
            "business_s": _seconds(row["business_us"]),
            "wall_s": _seconds(row["wall_us"]) if row["exact"] else self._days(row),
            "late_s": _seconds(row["late_us"]),
        }
        return {column.name: told[column.name] if column.name in told else row[column.name] for column in VERDICTS}

    def _days(self, row: Row) -> float | None:
        """A duration with a plain date at either end, in whole calendar days; none with "some time"."""
        if 2 in (row["precision"], row["until_precision"]):
            return None
        start = row["day"] if row["day"] is not None else self._selection.day_at(row["occurred"])
        end = row["until_day"] if row["until_day"] is not None else self._selection.day_at(row["until"])
        return float(max(0, end - start) * (DAY // 1_000_000))


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6

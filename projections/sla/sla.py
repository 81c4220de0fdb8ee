"""The agreement's verdicts as views: how many promises were kept, each verdict, and with whom the time was spent."""

from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa

from events.instants import DAY, EPOCH, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.database import rows_of, sql, table
from projections.definitions.agreement import Agreement
from projections.dimensions import DIMENSIONS, TELLING, Dimension, dimension
from projections.errors import QuestionError
from projections.periods import WRITTEN_AS, calendar
from projections.result import Column, instant
from projections.sla.agreed import PROMISES, agreed
from projections.sla.promises import make_promises, make_verdicts, tell

OF_A_VERDICT = ("team", "owner", "responder", "tier", "reason")  # dimensions that the verdict itself says
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


class Sla:
    """The verdicts that were asked for, over a database with the views `history` and `business`.

    what_if: an agreement that is taken for the last one recorded.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits, what_if: Agreement | None = None
    ) -> None:
        self._connection = connection
        self._asked = asked
        self._limits = limits
        self.agreed = agreed(connection, what_if)
        self._cut_by = list(asked.dimensions)
        self._dimensions = [*self._cut_by, *(name for name in asked.filter if name not in self._cut_by)]
        self._lead_dimensions = [_of_the_lead(name, asked) for name in self._dimensions if name not in OF_A_VERDICT]
        make_promises(connection, self.agreed, limits.asked)
        make_verdicts(connection, limits.asked)
        self._owned = False
        self._count()

    @property
    def key_columns(self) -> list[Column]:
        """Period and dimensions, which stand first."""
        return [*([Column("period")] if self._asked.grain else []), *(Column(name) for name in self._cut_by)]

    def notes(self) -> list[str]:
        """What a reader of the numbers must know."""
        return [*self.agreed.notes, *self._undated()]

    def rows(self) -> list[dict[str, Any]]:
        """The summary: a row for each promise, for each period and each combination of dimensions."""
        self._periods()
        table(self._connection, "promising", pa.table({"promise": pa.array(self.agreed.promises, pa.string())}))
        rows = rows_of(self._connection, sql("sla/summary.sql"))
        rows.sort(
            key=lambda row: (
                row["period"] or "",
                [(part is None, part) for part in row["key"]],
                PROMISES.index(row["promise"]),
            )
        )
        return [self._unfolded(row) for row in rows]

    def verdicts(self, where: str = "true", counted: str | None = None) -> list[dict[str, Any]]:
        """A row for each handoff and promise, by the time of the handoff.

        where, counted: SQL over the table `counted`, of our own making: which rows, and a flag of theirs.
        """
        self._own()
        told = "" if counted is None else f", {counted} AS counted"
        rows = rows_of(
            self._connection,
            f"SELECT counted.*, lay.owner{told} FROM counted JOIN lay USING (handed, promise) WHERE {where} ORDER BY occurred, handed",
        )
        rows.sort(key=lambda row: (row["occurred"], row["handed"], PROMISES.index(row["promise"])))
        return [self._told(row) | ({} if counted is None else {"counted": row["counted"]}) for row in rows]

    def owners(self) -> list[dict[str, Any]]:
        """A row for each handoff, promise and owner: the time that it lay with each."""
        self._own()
        self._connection.execute(sql("sla/shares.sql"))
        rows = rows_of(
            self._connection,
            "SELECT handoff, story AS lead, promise, owner, share.business_us / 1e6 AS business_s, share.wall_us / 1e6 AS wall_s, occurred, handed "
            "FROM share JOIN counted USING (handed, promise)",
        )
        rows.sort(
            key=lambda row: (
                row["occurred"],
                row["handed"],
                PROMISES.index(row["promise"]),
                row["owner"] is None,
                row["owner"],
            )
        )
        return [{column.name: row[column.name] for column in OWNERS} for row in rows]

    def opened(self, promise: str, column: str) -> list[dict[str, Any]]:
        """The verdicts behind a number of the summary, as many as a count says.

        Behind `compliance` stand the rows of its denominator; `counted` says which of them were met.
        Raises QuestionError for what is no promise or no number.
        """
        if promise not in self.agreed.promises:
            raise QuestionError(
                f"{promise!r} is not promised; {self.agreed.versions[-1].name} promises {', '.join(self.agreed.promises)}"
            )
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

    def _undated(self) -> list[str]:
        if self._limits.since is None and self._limits.until is None and self._asked.grain is None:
            return []
        found = self._connection.sql("SELECT count(DISTINCT handed) FROM verdict WHERE precision = 2").fetchall()[0][0]
        return [f"{found} handoffs are undated and fall into no period"] if found else []

    def _own(self) -> None:
        """Makes `owning` and `lay`, once: with whom each lead lay, and with whom at the end of each promise."""
        if self._owned:
            return
        self._owned = True
        self._connection.execute(sql("sla/owning.sql"))
        self._connection.execute(
            "CREATE TEMP TABLE lay AS SELECT handed, promise, owner FROM verdict "
            "ASOF LEFT JOIN owning ON owning.story = verdict.story AND owning.since <= verdict.until"
        )

    def _count(self) -> None:
        limits, asked = self._limits, self._asked
        self._describe()
        self._conditions()
        self._calendar()
        variables = {
            "since": limits.since,
            "until": limits.until,
            "width": len(self._cut_by),
            "cut": asked.grain is not None,
            "lead": asked.lead,
            "handoff": asked.handoff,
        }
        tell(self._connection, variables.items())
        self._connection.execute(sql("sla/counted.sql"))

    def _describe(self) -> None:
        """Makes the view `described`: for each verdict its values of the asked dimensions."""
        if "owner" in self._dimensions:
            self._own()
        if self._lead_dimensions:
            self._value()
        numbers = {cut.name: number for number, cut in enumerate(self._lead_dimensions, 1)}
        values = [f"given[{numbers[name]}]" if name in numbers else name for name in self._dimensions]
        self._connection.execute(
            f"CREATE TEMP VIEW described AS SELECT handed, promise, [{', '.join(values)}]::VARCHAR[] AS given FROM verdict"
            + (" LEFT JOIN valued USING (handed)" if self._lead_dimensions else "")
            + (" JOIN lay USING (handed, promise)" if "owner" in self._dimensions else "")
        )

    def _value(self) -> None:
        cuts = self._lead_dimensions
        numbers = pa.array(range(1, len(cuts) + 1), pa.int32())
        table(self._connection, "dimension", pa.table({"number": numbers, "known": [cut.at for cut in cuts]}))
        types = ", ".join(f"'{name}'" for name in (*TELLING, "LeadRecycled"))
        self._connection.execute(f"""
            CREATE TEMP VIEW telling AS
            SELECT story, type, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position,
                   [{", ".join(cut.told for cut in cuts)}]::VARCHAR[] AS told, [{", ".join(cut.cleared for cut in cuts)}]::BOOLEAN[] AS emptied
            FROM history SEMI JOIN handed USING (story)
            WHERE type IN ({types})
        """)
        self._connection.execute(sql("sla/dimensions.sql"))

    def _conditions(self) -> None:
        numbers = {name: number for number, name in enumerate(self._dimensions, 1)}
        wanted = self._asked.filter
        columns = {
            "number": pa.array([numbers[name] for name in wanted], pa.int32()),
            "wanted": pa.array(
                [[v for v in values if v is not None] for values in wanted.values()], pa.list_(pa.string())
            ),
            "unknown": pa.array([None in values for values in wanted.values()], pa.bool_()),
        }
        table(self._connection, "condition", pa.table(columns))

    def _calendar(self) -> None:
        """The days of all handoffs, and two more at each end, since zones differ."""
        happened = self._connection.sql("SELECT min(occurred), max(occurred) FROM verdict").fetchall()[0]
        first, last = (EPOCH_DAY + timedelta(days=(end or 0) // DAY) for end in happened)
        table(
            self._connection,
            "calendar",
            calendar(self._limits.zone, first - timedelta(days=2), last + timedelta(days=2)),
        )
        grain = self._asked.grain
        self._connection.execute(
            f"CREATE TEMP TABLE period_of_day AS SELECT number, {grain or 'NULL::VARCHAR'} AS period FROM calendar"
        )

    def _periods(self) -> None:
        """Every period of the grain from `since` to `until`, else from the first to the last handoff; one without a name where none is asked."""
        grain, limits = self._asked.grain, self._limits
        names: list[str | None] = [None]
        if grain is not None:
            first, last = self._connection.sql("SELECT min(local_day), max(local_day) FROM counted").fetchall()[0]
            first = first if limits.since is None else self._day_at(limits.since)
            last = last if limits.until is None else self._day_at(limits.until - 1)
            first, last = (first if first is not None else last), (last if last is not None else first)
            days = range(first, last + 1) if first is not None else ()
            names = list(dict.fromkeys(WRITTEN_AS[grain](EPOCH_DAY + timedelta(days=day)) for day in days))
        table(self._connection, "period", pa.table({"period": pa.array(names, pa.string())}))

    def _day_at(self, micros: int) -> int:
        """The number of the local day on which an instant falls."""
        return ((EPOCH + timedelta(microseconds=micros)).astimezone(self._limits.zone).date() - EPOCH_DAY).days

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        done, zone = row["done"], self._limits.zone
        return {
            **{column.name: row.get(column.name) for column in VERDICTS},
            "lead": row["story"],
            "started_at": instant(row["started"], None, zone),
            "due_at": instant(row["due"], None, zone),
            "done_at": instant(done["occurred"], done["day"], zone) if done else None,
            "business_s": _seconds(row["business_us"]),
            "wall_s": _seconds(row["wall_us"]) if row["exact"] else self._days(row),
            "late_s": _seconds(row["late_us"]),
        }

    def _days(self, row: dict[str, Any]) -> float | None:
        """A duration with a plain date at either end, in whole calendar days; none with "some time"."""
        if 2 in (row["precision"], row["until_precision"]):
            return None
        start = row["day"] if row["day"] is not None else self._day_at(row["occurred"])
        end = row["until_day"] if row["until_day"] is not None else self._day_at(row["until"])
        return float(max(0, end - start) * (DAY // 1_000_000))

    def _unfolded(self, row: dict[str, Any]) -> dict[str, Any]:
        period, key = row.pop("period"), row.pop("key")
        named = dict(zip(self._cut_by, key, strict=True))
        if named.get("journey") is not None:
            named["journey"] = int(named["journey"])
        return ({"period": period} if self._asked.grain else {}) | named | row


def _of_the_lead(name: str, asked: Asked) -> Dimension:
    if name not in DIMENSIONS:
        known = (*OF_A_VERDICT, *(of for of in DIMENSIONS if of not in OF_A_VERDICT))
        raise QuestionError(
            f"{name!r} is no dimension of the agreement; there are {', '.join(known)}, and day, week, month, quarter, year"
        )
    return dimension(name, asked.at)


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6

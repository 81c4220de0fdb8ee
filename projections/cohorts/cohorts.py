"""The view `cohorts`: the leads of a period by their capture, and what had become of them in each period after it."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from events.money import digits
from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.errors import QuestionError
from projections.exchange import Exchange, plain
from projections.goals import goal_step
from projections.known import Known
from projections.kpi.sales import SALES
from projections.result import Column, instant
from projections.selection import Selection, place_in, sorting
from projections.steps import per_lead

STANDARD = "month"
MEASURES = (
    Column("after"),
    Column("leads", "count"),
    Column("reached", "count"),
    Column("share", "fraction"),
    Column("revenue", "amount"),
    Column("revenue_so_far", "amount"),
    Column("currency"),
    Column("partial"),
)
OPENED = (
    *map(Column, ("period", "lead", "after")),
    Column("at", "instant"),
    *map(Column, ("opportunity",)),
    Column("amount", "amount"),
    *map(Column, ("currency", "position")),
)
LEADS = "SELECT *, NULL AS after, NULL AS opportunity, NULL::HUGEINT AS amount, NULL AS currency FROM member"
REACHED = (
    "SELECT period, story, after, goal_occurred AS occurred, goal_day AS day, NULL AS opportunity, NULL::HUGEINT AS amount,"
    " NULL AS currency, goal_position AS position FROM reached_goal WHERE after <= getvariable('after')"
)
EARNED = "SELECT * FROM earned WHERE amount IS NOT NULL AND after {} getvariable('after')"
BEHIND = {
    "leads": LEADS,
    "reached": REACHED,
    "share": REACHED,
    "revenue": EARNED.format("="),
    "revenue_so_far": EARNED.format("<="),
}
Told = tuple[str, Sequence[Column], list[dict[str, Any]], list[str]]  # definition, columns, rows, notes


def cohorts(known: Known, asked: Asked, limits: Limits) -> Told:
    """The view. Raises QuestionError."""
    found = Cohorts(known, asked, limits)
    return found.definition, found.columns, found.rows(), found.notes()


def opened_cohorts(known: Known, asked: Asked, limits: Limits, cell: str) -> Told:
    """The leads or deals behind a number. cell: PERIOD/AFTER[,COLUMN]. Raises QuestionError."""
    found = Cohorts(known, asked, limits)
    return found.definition, OPENED, found.opened(*place_in(cell, "reached")), []


class Cohorts:
    """The cohorts that were asked for, over what is known."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        cut = asked if asked.grain else asked.model_copy(update={"by": (*asked.by, STANDARD)})
        self._limits = limits
        self._selection = Selection(cut, limits)
        step, self.definition = goal_step(asked)
        per_lead(known, SALES)
        self._connection = per_lead(known, step)
        known.business()
        self._connection.execute(sql("cohorts/counted.sql"))
        self._selection.make(known)
        for name, value in {"asked": limits.asked, "asked_day": self._selection.day_at(limits.asked)}.items():
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        self._connection.execute(sql("cohorts/cohorts.sql"))
        self._exchange = Exchange(self._connection, "earned", asked.currency, limits.currency)

    @property
    def columns(self) -> list[Column]:
        """The columns of `rows`."""
        return [*self._selection.key_columns, *MEASURES]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each cohort and each period from its own to the asked instant's."""
        together = rows_of(
            self._connection,
            "SELECT period, key, any_value(age) AS age, count(*) AS leads FROM member GROUP BY period, key",
        )
        reached: dict[Any, int] = defaultdict(int)
        for row in rows_of(
            self._connection, "SELECT period, key, after, count(*) AS leads FROM reached_goal GROUP BY ALL"
        ):
            reached[row["period"], tuple(row["key"]), row["after"]] += row["leads"]
        earned: dict[Any, Fraction | None] = defaultdict(Fraction)
        for row in rows_of(
            self._connection,
            "SELECT period, key, after, currency, rate, sum(amount) AS amount"
            f" FROM {self._exchange.rated('earned')} GROUP BY ALL",
        ):
            place = row["period"], tuple(row["key"]), row["after"]
            earned[place] = _plus(earned[place], self._exchange.worth(row))
        return [row for one in sorted(together, key=sorting) for row in self._of(one, reached, earned)]

    def notes(self) -> list[str]:
        """Deals without an amount, rates that are missing, what is undated."""
        count = self._connection.sql("SELECT count(*) FROM earned WHERE amount IS NULL AND effect = 'won'").fetchall()[
            0
        ][0]
        told = [f"{count:,} won deals without an amount bring no revenue"] if count else []
        return [*told, *self._exchange.notes, *self._selection.undated(self._connection)]

    def opened(self, cell: str, column: str) -> list[dict[str, Any]]:
        """The leads, goals or deals behind a number, over all rows of that cohort and period after it. Raises QuestionError."""
        period, _, after = cell.rpartition("/")
        if column not in BEHIND:
            raise QuestionError(f"{column!r} has no leads behind it; there are {', '.join(BEHIND)}")
        if not period or not after.isdigit():
            raise QuestionError(f"{cell!r} names no cell; write PERIOD/AFTER, like 2026-01/3")
        for name, value in {"cohort": period, "after": int(after)}.items():
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        rows = rows_of(
            self._connection,
            f"SELECT * FROM ({BEHIND[column]}) WHERE period = getvariable('cohort') ORDER BY story, position",
        )
        return [self._lead(row) for row in rows]

    def _of(
        self, one: dict[str, Any], reached: dict[Any, int], earned: dict[Any, Fraction | None]
    ) -> list[dict[str, Any]]:
        rows, so_far, revenue = [], 0, Fraction(0)
        together: Fraction | None = revenue
        for after in range(one["age"] + 1):
            place = one["period"], tuple(one["key"]), after
            so_far += reached[place]
            together = _plus(together, earned[place])
            rows.append(
                {
                    **self._selection.keyed(one),
                    "after": after,
                    "leads": one["leads"],
                    "reached": so_far,
                    "share": so_far / one["leads"],
                    "revenue": plain(earned[place]),
                    "revenue_so_far": plain(together),
                    "currency": self._exchange.currency,
                    "partial": after == one["age"],
                }
            )
        return rows

    def _lead(self, row: dict[str, Any]) -> dict[str, Any]:
        worth = None if row["amount"] is None else Fraction(int(row["amount"]), 10 ** digits(row["currency"]))
        return {
            "period": row["period"],
            "lead": row["story"],
            "after": row["after"],
            "at": instant(row["occurred"], row["day"], self._limits.zone),
            "opportunity": row["opportunity"],
            "amount": plain(worth),
            "currency": row["currency"],
            "position": row["position"],
        }


def _plus(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one + other

"""The forecast of a period: what is won so far, and what is open and expected to close in it by the measured conversion of its stage."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from events.instants import EPOCH, midnight
from events.money import digits
from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.stretches import Cutting, Stretch
from projections.periods import days_of, written_as
from projections.pipeline.conversion import measured
from projections.pipeline.deals import make_deals
from projections.pipeline.money import make_weights
from projections.result import Column, instant

MEASURES = (
    Column("won", "amount"), Column("open", "amount"), Column("deals", "count"), Column("unpriced", "count"),
    Column("low", "amount"), Column("likely", "amount"), Column("high", "amount"), Column("submitted", "amount"),
    Column("currency"), Column("partial"), Column("reason"),
)  # fmt: skip
OPENED = (
    Column("kind"), Column("stage"), Column("lead"), Column("opportunity"), Column("rep"), Column("at", "instant"),
    Column("expected_close", "instant"), Column("amount", "amount"), Column("weight", "fraction"), Column("likely", "amount"),
    Column("currency"), Column("position"),
)  # fmt: skip
KINDS = {
    "won": ("won", "reversed"),
    "open": ("open",),
    "likely": ("won", "reversed", "open"),
    "submitted": ("submitted",),
}
Key = tuple[str | None, ...]


class Forecast:
    """What is expected of the periods that are asked for, over what is known. first_submitted: what was submitted first, not last."""

    def __init__(self, known: Known, asked: Asked, limits: Limits, *, first_submitted: bool = False) -> None:
        self._asked, self._limits = asked, limits
        at = limits.asked + 1
        self._deals = make_deals(known, asked, limits, self._chosen, looked_from=lambda one: min(one.begins, at))
        self._connection = self._deals.connection
        for name, value in (("until", at), ("first_submitted", first_submitted)):
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        self.money = make_weights(self._connection, self._currencies(), asked.currency, limits.currency, at)
        self._connection.execute(sql("pipeline/forecast.sql"))
        self._conversion = measured(self._connection)

    @property
    def stretches(self) -> Sequence[Stretch]:
        """The periods."""
        return self._deals.stretches

    def rows(self) -> list[dict[str, Any]]:
        """A row for each period and each combination of dimensions."""
        found: dict[tuple[int, Key], dict[tuple[str, str], dict[str, Any]]] = {}
        for row in rows_of(
            self._connection,
            "SELECT stretch, key, kind, stage, count(*) AS count, count(*) FILTER (unpriced) AS unpriced,"
            " sum(value)::VARCHAR AS value, bool_or(value IS NULL) AS unknown FROM expectation GROUP BY ALL",
        ):
            found.setdefault((row["stretch"], tuple(row["key"])), {})[row["kind"], row["stage"]] = row
        submitted = self._submitted()
        keys: set[Key] = {key for _, key in [*found, *submitted]} if self._asked.dimensions else {()}
        rows = []
        for number, stretch in enumerate(self._deals.stretches):
            for key in sorted(keys, key=lambda key: [(part is None, part) for part in key]):
                named = dict(zip(self._asked.dimensions, key, strict=True))
                sums = self._sums(found.get((number, key), {}))
                told = {"submitted": submitted.get((number, key)), "partial": stretch.partial}
                rows.append({"period": stretch.label, **named, **sums, **told})
        return rows

    def notes(self) -> list[str]:
        """The measured conversion, and the rates."""
        told = [f"{stage} {one.won} of {one.decided} won" for stage, one in self._conversion.items() if one.decided]
        return [*([f"conversion of decided deals: {', '.join(told)}"] if told else []), *self.money.notes()]

    def opened(self, column: str) -> list[dict[str, Any]]:
        """The deals, or the submissions, behind a number. Raises QuestionError."""
        if column not in KINDS:
            raise QuestionError(f"behind `{column}` stand no deals; behind {', '.join(KINDS)} they do")
        if column == "submitted":
            return [self._opened_submission(row) for row in self._submissions()]
        kinds = ", ".join(f"'{kind}'" for kind in KINDS[column])
        found = rows_of(
            self._connection,
            f"SELECT * REPLACE (value::VARCHAR AS value) FROM expectation WHERE kind IN ({kinds})"
            " ORDER BY stretch, kind DESC, placed_at, story, opportunity, position",
        )
        return [self._opened(row) for row in found]

    def _chosen(self, happened: tuple[int, int] | None) -> Sequence[Stretch]:
        asked, limits = self._asked, self._limits
        if asked.period is None and asked.grain is None and limits.since is None and limits.until is None:
            asked, limits = this_quarter(asked, limits)
        if happened is not None:
            happened = (
                happened[0],
                max(happened[1], limits.asked),
            )  # a period in which nothing happened can be asked for too
        return Cutting(asked, limits).stretches(happened)

    def _currencies(self) -> list[str]:
        found = self._connection.execute(
            "SELECT DISTINCT unnest([currency, taken_in]) AS currency FROM stand SEMI JOIN stretch"
            " ON closed IN ('won', 'reversed', 'taken_back') AND placed_at >= begins AND placed_at < ends"
            " OR inside AND expected_day BETWEEN first_day AND last_day AND ends >= getvariable('until')"
            " AND placed_at < getvariable('until') AND (to_at IS NULL OR to_at >= getvariable('until'))"
        ).fetchall()
        told = self._connection.sql(
            "SELECT DISTINCT currency FROM business JOIN stretch ON label = period WHERE type = 'ForecastSubmitted'"
        ).fetchall()
        return sorted({one for (one,) in [*found, *told] if one is not None})

    def _sums(self, cells: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
        counts = {
            "deals": sum(row["count"] for (kind, _), row in cells.items() if kind == "open"),
            "unpriced": sum(row["unpriced"] for row in cells.values()),
            "currency": self.money.currency,
        }
        if any(row["unknown"] for row in cells.values()):
            return {
                **dict.fromkeys(("won", "open", "low", "likely", "high")),
                **counts,
                "reason": "no rate for all currencies",
            }
        won = sum((self._exact(row) for (kind, _), row in cells.items() if kind != "open"), Fraction(0))
        waiting = {stage: self._exact(row) for (kind, stage), row in cells.items() if kind == "open"}
        low, likely, high, reason = won, won, won, None
        for stage, amount in waiting.items():
            conversion = self._conversion[stage]
            least, most = conversion.interval
            low, high = low + amount * least, high + amount * most
            if conversion.share is None and amount:
                reason = f"no deal that was in the stage {stage} is decided yet"
            likely += amount * (conversion.share or 0)
        return {
            "won": self._told(won),
            "open": self._told(sum(waiting.values(), Fraction(0))),
            "low": self._told(low),
            "likely": None if reason else self._told(likely),
            "high": self._told(high),
            **counts,
            "reason": reason,
        }

    def _submitted(self) -> dict[tuple[int, Key], int | float | None]:
        """What representatives submitted: in all, or by `owner`; nothing where it is cut by anything else."""
        by = self._asked.dimensions
        sums: dict[tuple[int, Key], list[str | None]] = {}
        for row in self._submissions():
            sums.setdefault((row["stretch"], (row["rep"],) if by else ()), []).append(row["value"])
        return {
            place: None
            if None in values
            else self._told(Fraction(sum(int(value or 0) for value in values), self.money.parts))
            for place, values in sums.items()
        }

    def _submissions(self) -> list[dict[str, Any]]:
        """Those of the representatives who are asked for."""
        if self._asked.dimensions not in ((), ("owner",)):
            return []
        wanted = self._asked.filter.get("owner")
        query = "SELECT * REPLACE (value::VARCHAR AS value) FROM submission ORDER BY stretch, rep"
        return [row for row in rows_of(self._connection, query) if wanted is None or row["rep"] in wanted]

    def _exact(self, row: dict[str, Any]) -> Fraction:
        return Fraction(int(row["value"]), self.money.parts)

    def _told(self, amount: Fraction) -> int | float:
        """Rounded to the currency's smallest unit: a forecast is no exact number."""
        rounded = round(amount, digits(self.money.currency))
        return int(rounded) if rounded.denominator == 1 else float(rounded)

    def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        share = self._conversion[row["stage"]].share if row["kind"] == "open" else Fraction(1)
        amount = None if row["value"] is None or row["unpriced"] else self._exact(row)
        return {
            **self._place(row),
            **dict(zip(self._asked.dimensions, row["key"], strict=True)),
            **{name: row[name] for name in ("kind", "stage", "opportunity", "expected_close", "position")},
            "lead": row["story"],
            "at": instant(row["placed_at"], None, self._limits.zone),
            "amount": None if amount is None else self._told(amount),
            "weight": None if share is None else float(share),
            "likely": None if amount is None or share is None else self._told(amount * share),
        }

    def _opened_submission(self, row: dict[str, Any]) -> dict[str, Any]:
        amount = None if row["value"] is None else self._told(self._exact(row))
        at = instant(row["occurred"], None, self._limits.zone)
        return {
            **self._place(row),
            **dict.fromkeys(self._asked.dimensions, row["rep"]),
            "kind": "submitted",
            "rep": row["rep"],
            "at": at,
            "amount": amount,
            "position": row["position"],
        }

    def _place(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"period": self._deals.stretches[row["stretch"]].label, "currency": self.money.currency}


def this_quarter(asked: Asked, limits: Limits) -> tuple[Asked, Limits]:
    """The question, about the quarter in which it is asked."""
    label = written_as("quarter", (EPOCH + limits.asked * timedelta(microseconds=1)).astimezone(limits.zone).date())
    days = days_of(label)
    begins, ends = (midnight(day, limits.zone) for day in (days.first, days.end))
    return asked.model_copy(update={"period": label}), replace(limits, since=begins, until=ends)

"""The view `attribution`: won deals and their amounts, credited to the touches before the win; two models side by side."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from events.money import digits
from projections.asked import Asked, Limits
from projections.attribution.lookback import lookback
from projections.database import rows_of, sql, table
from projections.definitions.journey_rules import JourneyRules, journey_rules
from projections.dimensions import ORIGIN
from projections.errors import QuestionError
from projections.exchange import Exchange, plain
from projections.known import Known
from projections.kpi.sales import SALES
from projections.pipeline.deals import DEALS
from projections.result import Column, instant
from projections.selection import Selection, place_in, sorting
from projections.steps import Step, per_lead

MODELS = ("first", "last", "linear", "u", "w", "time_decay")
STANDARD = "linear"
MOST = 2  # models side by side
OWN = {  # where a touch came from: it tells it itself, else the lead's origin does; a deal without one has none
    **dict.fromkeys((*ORIGIN, "system"), "CASE WHEN touches > 0 THEN {told} END"),
    "content": "CASE WHEN touches > 0 THEN coalesce(own_content, {told}) END",
    "kind": "own_kind",
    "direction": "own_direction",
}
COUNTED = """
CREATE TEMP TABLE counted AS
SELECT row_number() OVER () AS row, *, NULL::BIGINT AS ends_at, NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_team, NULL::VARCHAR AS own_channel,
       campaign AS own_campaign, kind AS own_kind, direction AS own_direction, content AS own_content
FROM touched
"""
OPENED = (
    *map(Column, ("lead", "journey", "opportunity")),
    Column("won_at", "instant"),
    *map(Column, ("touch", "kind", "direction")),
    Column("touched_at", "instant"),
    Column("credit", "fraction"),
    Column("amount", "amount"),
    *map(Column, ("currency", "position")),
)
Told = tuple[str, Sequence[Column], list[dict[str, Any]], list[str]]  # definition, columns, rows, notes


def attribution(known: Known, asked: Asked, limits: Limits) -> Told:
    """The view. Raises QuestionError."""
    found = Credits(known, asked, limits)
    return found.rules.definition, found.columns, found.rows(), found.notes()


def opened_credits(known: Known, asked: Asked, limits: Limits, cell: str) -> Told:
    """The credits behind a number. cell: VALUE[,COLUMN], the value of the first dimension. Raises QuestionError."""
    found = Credits(known, asked, limits)
    return found.rules.definition, OPENED, found.opened(*place_in(cell, "touches")), []


class Credits:
    """The credits that were asked for, over what is known."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        self._asked = asked if asked.by else asked.model_copy(update={"by": ("channel",)})
        self._limits = limits
        self.rules: JourneyRules = journey_rules(asked.rules)
        self.models = _models(asked)
        if asked.per == "opportunity":
            raise QuestionError("per: touches are those of a journey or of a lead")
        self._selection = Selection(self._asked, limits, OWN)
        per_lead(known, SALES if known.as_of is None else DEALS)
        self._connection = per_lead(known, _touches(self.rules))
        known.business()
        self._variables(per=asked.per, within=lookback(asked.within), half_life=self.rules.time_decay.micros)
        self._variables(since=limits.since, until=limits.until)
        self._connection.execute(sql("attribution/touched.sql"))
        self._connection.execute(COUNTED)
        self._selection.make(known)
        for model in self.models:
            self._variables(model=model)
            self._connection.execute(sql("attribution/credited.sql"))
            self._connection.execute(
                f"CREATE TEMP TABLE credited_{model} AS SELECT selected.* EXCLUDE (amount), weight, credit, credited AS amount"
                " FROM selected JOIN credited USING (deal, place)"
            )
        self._exchange = Exchange(self._connection, "selected", asked.currency, limits.currency)

    @property
    def columns(self) -> list[Column]:
        """The columns of `rows`: those of each model bear its name."""
        of_models = (
            column
            for model in self.models
            for column in (
                Column(f"deals_{model}"),
                Column(f"amount_{model}", "amount"),
                Column(f"share_{model}", "fraction"),
            )
        )
        counts = (Column("touches", "count"), Column("deals", "count"))
        return [*self._selection.key_columns, *counts, *of_models, Column("currency")]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each combination of dimensions (and period), the unknown last."""
        found = {model: self._summed(model) for model in self.models}
        first = found[self.models[0]]
        every = sorted(first.values(), key=sorting)
        return [self._row(one, found) for one in every]

    def notes(self) -> list[str]:
        """What is credited to nobody, what has no amount, what was taken back."""
        count = self._connection.sql(
            "SELECT count(DISTINCT deal) FILTER (touches = 0), count(DISTINCT deal) FILTER (amount IS NULL) FROM selected"
        ).fetchall()[0]
        told = [
            f"{count[0]:,} won deals without a touch are credited to unknown" if count[0] else "",
            f"{count[1]:,} won deals without an amount are counted and bring no money" if count[1] else "",
            *self._exchange.notes,
        ]
        return [*filter(None, told), *self._selection.undated(self._connection)]

    def opened(self, value: str, column: str) -> list[dict[str, Any]]:
        """The credits behind a number, over all rows whose first dimension has that value (empty: the unknown one). Raises QuestionError."""
        names = {f"{what}_{model}": model for model in self.models for what in ("deals", "amount", "share")}
        if column not in ("touches", "deals", *names):
            raise QuestionError(f"{column!r} has no touches behind it; there are touches, deals, {', '.join(names)}")
        model = names.get(column, self.models[0])
        where = {"touches": "touches > 0", "deals": "true"}.get(column, "weight > 0")
        if not self._asked.dimensions:
            raise QuestionError("nothing is cut by a dimension; name one with `by`")
        self._variables(wanted=value or None)
        rows = rows_of(
            self._connection,
            f"SELECT * FROM credited_{model} WHERE key[1] IS NOT DISTINCT FROM getvariable('wanted') AND {where} ORDER BY story, deal, place",
        )
        return [self._lead(row) for row in rows]

    def _lead(self, row: dict[str, Any]) -> dict[str, Any]:
        zone = self._limits.zone
        minor = None if row["amount"] is None else Fraction(int(row["amount"]), 10 ** digits(row["currency"]))
        return {
            "lead": row["story"],
            "journey": row["journey"],
            "opportunity": row["opportunity"],
            "won_at": instant(row["occurred"], row["day"], zone),
            "touch": row["touch"],
            "kind": row["kind"],
            "direction": row["direction"],
            "touched_at": None if row["touched_at"] is None else instant(row["touched_at"], None, zone),
            "credit": row["credit"],
            "amount": plain(minor),
            "currency": row["currency"],
            "position": row["position"],
        }

    def _summed(self, model: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        """By period and key: the sums of a model, money in the report's currency (None where a rate is missing)."""
        rows = rows_of(
            self._connection,
            "SELECT period, key, currency, rate, count(*) FILTER (touches > 0) AS touches, count(DISTINCT deal) AS deals,"
            f" round(fsum(credit), 9) AS credit, sum(amount) AS amount FROM {self._exchange.rated(f'credited_{model}')} GROUP BY ALL",
        )
        summed: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            place = row["period"], tuple(row["key"])
            none = {
                "period": row["period"],
                "key": row["key"],
                "touches": 0,
                "deals": 0,
                "credit": 0.0,
                "amount": Fraction(0),
            }
            one = summed.setdefault(place, none)
            for name in ("touches", "deals", "credit"):
                one[name] += row[name]
            worth = self._exchange.worth(row)
            one["amount"] = None if worth is None or one["amount"] is None else one["amount"] + worth
        return summed

    def _row(self, one: dict[str, Any], found: dict[str, dict[tuple[Any, ...], dict[str, Any]]]) -> dict[str, Any]:
        row = self._selection.keyed(one) | {"touches": one["touches"], "deals": one["deals"]}
        for model in self.models:
            mine = found[model][one["period"], tuple(one["key"])]
            together = [other["amount"] for (period, _), other in found[model].items() if period == one["period"]]
            total = None if None in together else sum(together)
            amount = mine["amount"]
            row[f"deals_{model}"] = mine["credit"]
            row[f"amount_{model}"] = plain(amount)
            row[f"share_{model}"] = float(amount / total) if total and amount is not None else None
        return row | {"currency": self._exchange.currency}

    def _variables(self, **told: str | int | None) -> None:
        for name, value in told.items():
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})


def _models(asked: Asked) -> tuple[str, ...]:
    """The models that are asked for. Raises QuestionError."""
    told = asked.model if "model" in asked.model_fields_set else STANDARD
    names = tuple(name.strip() for name in told.split(",")) if isinstance(told, str) else ()
    if strange := [name for name in names if name not in MODELS]:
        raise QuestionError(f"{strange[0]!r} is no model of attribution; there are {', '.join(MODELS)}")
    if not 1 <= len(set(names)) <= MOST or len(set(names)) < len(names):
        raise QuestionError(f"name one model or two different ones of {', '.join(MODELS)}, like first,linear")
    return names


def _touches(rules: JourneyRules) -> Step:
    """The per-lead step: touches in their journeys."""
    told = rules.touches
    kinds = [
        *((kind, "inbound", told.automatic) for kind in told.inbound),
        *((kind, "outbound", told.automatic) for kind in told.outbound),
    ]
    if told.captured:
        kinds.append(("captured", "inbound", True))

    def define(connection: duckdb.DuckDBPyConnection) -> None:
        kind, direction, automatic = zip(*kinds, strict=True) if kinds else ((), (), ())
        columns = {
            "kind": pa.array(kind, pa.string()),
            "direction": pa.array(direction, pa.string()),
            "automatic": pa.array(automatic, pa.bool_()),
        }
        table(connection, "touch_kind", pa.table(columns))

    return Step(
        name="touches",
        text=sql("attribution/touches.sql"),
        tables=("contact_made",),
        definition=repr(kinds),
        prepare=define,
        types=frozenset(("InteractionLogged", "LeadCaptured", "LeadRecycled", "DealWon")),
    )

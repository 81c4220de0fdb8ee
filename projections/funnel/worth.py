"""Money of the funnel: what those who entered a stage were worth at that instant."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from fractions import Fraction
from typing import Any

import duckdb

from projections.asked import Per
from projections.database import sql, table
from projections.exchange import Exchange, plain
from projections.known import Known
from projections.kpi.sales import SALES
from projections.pipeline.deals import DEALS
from projections.result import Column
from projections.steps import per_lead

COLUMNS = (Column("amount", "amount"), Column("currency"), Column("unpriced", "count"))
STAND = """
SELECT state.story, state.opportunity, opportunity.journey AS of_journey, state.place, state.position, state.occurred, state.amount,
       state.currency, closing.standing
FROM deal_state AS state
JOIN opportunity USING (story, opportunity)
LEFT JOIN closing ON closing.story = state.story AND closing.place = state.place
"""
BELONGS: Mapping[Per, str] = {  # the deals of each pass
    "journey": "SELECT DISTINCT story, of_journey AS journey, opportunity FROM stand",
    "lead": "SELECT DISTINCT story, 1 AS journey, opportunity FROM stand",
    "opportunity": "SELECT story, journey, opportunity FROM pass",
}
SELECTED = "SELECT worth.* FROM worth SEMI JOIN (SELECT story, journey, stage FROM per_lead WHERE selected) USING (story, journey, stage)"
Pass = tuple[int, int, str]  # story, journey, stage


def make_worth(known: Known, connection: duckdb.DuckDBPyConnection, per: Per) -> None:
    """Makes `worth` (worth.sql). Deals are looked up beside the funnel, whose tables have some names in common with theirs."""
    moment = known.moment.apart()
    with closing(moment.connection):
        deals = per_lead(Known(moment, known.as_of), SALES if known.as_of is None else DEALS)
        table(connection, "stand", deals.sql(STAND).to_arrow_table())
    connection.execute(f"CREATE TEMP VIEW belongs AS {BELONGS[per]}")
    connection.execute(sql("funnel/worth.sql"))


class Worth:
    """The money that was asked for, in one currency. Reads `selected_worth`: `worth` as far as anything of it is counted."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, currency: str | None, workspaces: str) -> None:
        self._connection = connection
        self._exchange = Exchange(connection, "selected_worth", currency, workspaces)
        self.currency, self.notes = self._exchange.currency, self._exchange.notes

    def cells(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of a summary with amount, currency, and how many of those who entered have no amount. Reads `per_lead`."""
        amounts: dict[Any, Fraction | None] = defaultdict(Fraction)
        for period, key, stage, currency, rate, amount in self._connection.sql(
            "SELECT period, key, name, currency, rate, sum(amount)"
            f" FROM {self._exchange.rated('worth')} AS worth JOIN per_lead USING (story, journey, stage)"
            " JOIN stage ON number = stage WHERE selected GROUP BY ALL"
        ).fetchall():
            cell, sum_ = (period, *key, stage), amounts[period, *key, stage]
            worth = self._exchange.worth({"amount": amount, "currency": currency, "rate": rate})
            amounts[cell] = None if sum_ is None or worth is None else sum_ + worth
        priced = {
            (period, *key, stage): count
            for period, key, stage, count in self._connection.sql(
                "SELECT period, key, name, count(*) FROM per_lead SEMI JOIN worth USING (story, journey, stage)"
                " JOIN stage ON number = stage WHERE selected GROUP BY ALL"
            ).fetchall()
        }
        return [self._with_amount(row, amounts, priced) for row in rows]

    def each(self) -> dict[Pass, int | float | None]:
        """What each pass was worth at each stage, in the report's currency."""
        amounts: dict[Pass, Fraction | None] = defaultdict(Fraction)
        for story, journey, stage, currency, rate, amount in self._connection.sql(
            f"SELECT story, journey, name, currency, rate, amount FROM {self._exchange.rated('selected_worth')} JOIN stage ON number = stage"
        ).fetchall():
            sum_ = amounts[story, journey, stage]
            worth = self._exchange.worth({"amount": amount, "currency": currency, "rate": rate})
            amounts[story, journey, stage] = None if sum_ is None or worth is None else sum_ + worth
        return {place: plain(amount) for place, amount in amounts.items()}

    def _with_amount(
        self, row: dict[str, Any], amounts: Mapping[Any, Fraction | None], priced: Mapping[Any, int]
    ) -> dict[str, Any]:
        cell = (row["period"], *row["key"], row["stage"])
        amount = amounts.get(cell, Fraction(0))
        return row | {
            "amount": plain(amount),
            "currency": self.currency,
            "unpriced": row["entered"] - priced.get(cell, 0),
        }

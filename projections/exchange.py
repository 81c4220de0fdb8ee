"""Money of several currencies in the one of a report (RULES.md, section 6, "Currencies")."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import duckdb

from events.money import digits
from projections.database import literal, sql


class Exchange:
    """The report's currency: the one asked for, else the one that all money is in, else the workspace's; and the rates into it.

    money: a table with amount (minor units), currency and local_day, on which the rate is looked up; with `business` and `calendar`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, money: str, asked: str | None, workspaces: str) -> None:
        found = connection.sql(
            f"SELECT DISTINCT currency FROM {money} WHERE amount IS NOT NULL AND currency IS NOT NULL ORDER BY ALL"
        ).fetchall()
        currencies = [str(one) for (one,) in found]
        self.currency = asked or (currencies[0] if len(currencies) == 1 else workspaces)
        self._foreign = any(one != self.currency for one in currencies)
        missing: list[tuple[str]] = []
        if self._foreign:
            connection.execute("SET VARIABLE currency = $currency", {"currency": self.currency})
            connection.execute(sql("kpi/rates.sql"))
            missing = connection.sql(
                f"SELECT DISTINCT currency FROM {self.rated(money)}"
                f" WHERE amount IS NOT NULL AND rate IS NULL AND currency <> {literal(self.currency)} ORDER BY ALL"
            ).fetchall()
        self.notes = [f"no rate from {', '.join(one for (one,) in missing)} to {self.currency}"] if missing else []

    def rated(self, money: str) -> str:
        """The table with the rate of the day, as a relation."""
        if not self._foreign:
            return f"(SELECT *, NULL::VARCHAR AS rate FROM {money})"
        return (
            f"(SELECT money.*, rate.rate FROM {money} AS money"
            " ASOF LEFT JOIN rate ON rate.currency = money.currency AND money.local_day >= rate.day)"
        )

    def worth(self, row: Mapping[str, Any]) -> Fraction | None:
        """An amount in major units of the report's currency; nothing where there is none, None where its rate is missing."""
        if row["amount"] is None:
            return Fraction(0)
        rate = "1" if row["currency"] == self.currency else row["rate"]
        return None if rate is None else Fraction(int(row["amount"]), 10 ** digits(row["currency"])) * Fraction(rate)


def plain(value: Fraction | None) -> int | float | None:
    """The number as JSON has it."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)

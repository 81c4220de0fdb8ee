"""Money of a report on the pipeline: all of it at one rate for each currency, so that it adds up exactly."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

import duckdb
import pyarrow as pa

from events.money import digits
from projections.database import sql, table


@dataclass(frozen=True, slots=True)
class Money:
    """currency: of the report. parts: into how many one unit of it is divided. rates: by currency, as they were told."""

    currency: str
    parts: int
    rates: dict[str, str]
    unknown: Sequence[str]

    def amount(self, value: int | Fraction) -> int | float:
        """Whole parts in units of the currency."""
        exact = Fraction(value) / self.parts
        return int(exact) if exact.denominator == 1 else float(exact)

    def notes(self) -> list[str]:
        """Which rates were taken, and which there are none of."""
        told = [f"1 {one} = {rate} {self.currency}" for one, rate in self.rates.items() if one != self.currency]
        missing = [f"no rate from {', '.join(self.unknown)} to {self.currency}"] if self.unknown else []
        return [*told, *missing]


def make_weights(
    connection: duckdb.DuckDBPyConnection, currencies: Collection[str], asked: str | None, default: str, until: int
) -> Money:
    """Makes `weight`: how many parts of the report's currency one minor unit of each currency is; no row for one without a rate.

    currencies: of what is asked for. asked, default: the report's, and the workspace's. until: µs; the latest rate before it counts.
    """
    currency = asked or (next(iter(currencies)) if len(currencies) == 1 else default)
    connection.execute("SET VARIABLE currency = $value", {"value": currency})
    connection.execute(sql("kpi/rates.sql"))
    told = connection.execute(
        "SELECT currency, arg_max(rate, rate.day) FROM rate JOIN calendar ON calendar.number = rate.day"
        " WHERE calendar.begins < $until GROUP BY ALL",
        {"until": until},
    ).fetchall()
    known = dict(told) | {currency: "1"}
    rates = {one: known[one] for one in sorted(currencies) if one in known}
    units = {one: Fraction(rate) / 10 ** digits(one) for one, rate in rates.items()}
    parts = max((unit.denominator for unit in units.values()), default=1)
    while any(unit * parts % 1 for unit in units.values()):
        parts *= 10
    table(
        connection,
        "weight",
        pa.table(
            {
                "currency": pa.array(units, pa.string()),
                "weight": pa.array([str(unit * parts) for unit in units.values()], pa.string()),
            }
        ),
    )
    connection.execute("ALTER TABLE weight ALTER weight TYPE HUGEINT")
    return Money(currency, parts, rates, sorted(set(currencies) - set(known)))

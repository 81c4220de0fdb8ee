"""Open deals and how they stand from each instant on: what the views of the pipeline are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb

from events.instants import DAY, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import sql, table
from projections.dimensions import dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi import stretches as time
from projections.kpi.given import instants_of, value_rows
from projections.kpi.sales import SALES, TELLING_STEP
from projections.kpi.stretches import EVER, Cutting, Stretch
from projections.periods import calendar, days_of
from projections.steps import Step, per_lead

STAGES = ("opportunity", "offer", "negotiation")
EXPECTED = "expected_close"  # a filter of these views alone: the periods in which deals are expected to close
OF_DEALS = "OpportunityOpened OpportunityUpdated NegotiationOpened OfferMade OfferRevised DealWon DealLost DealReversed LeadRecycled".split()
DEALS = Step(  # of SALES what concerns deals: enough where nothing that is kept can be used
    name="deals",
    text=sql("deals/deals.sql"),
    tables=("deal_event", "opportunity", "deal_state", "closing"),
    types=frozenset(OF_DEALS),
)
Chosen = Callable[[tuple[int, int] | None], Sequence[Stretch]]


@dataclass(frozen=True, slots=True)
class Deals:
    """The database with `stand` (a row for each instant at which a deal may have changed), `calendar` and `stretch`."""

    connection: duckdb.DuckDBPyConnection
    stretches: Sequence[Stretch]


def make_deals(
    known: Known,
    asked: Asked,
    limits: Limits,
    chosen: Chosen | None = None,
    also: Sequence[str] = (),
    *,
    looked_from: Callable[[Stretch], int] | None = None,
) -> Deals:
    """How deals stand. chosen: the stretches of time, given when things happened; those asked for if left out.

    also: dimensions beyond those that rows are cut by, behind them in the column `values`. looked_from: from which instant on (µs) a
    stretch looks at deals; what was closed for good before all of these is left out; if left out itself, nothing is.
    """
    connection = per_lead(known, SALES if known.as_of is None else DEALS)
    known.business()
    told = _happened(connection)
    found = (chosen or Cutting(asked, limits).stretches)(told)
    wanted = {name: values for name, values in asked.filter.items() if name != EXPECTED}
    dimensions = [dimension(name, asked.at) for name in dict.fromkeys((*asked.dimensions, *also, *wanted))]
    turning = [instants_of(one) for one in dimensions if one.at == "stage"]
    if dimensions:
        per_lead(known, TELLING_STEP)
    none = "SELECT 0 AS story, 0::BIGINT AS occurred WHERE false"
    turned = " UNION ".join(f"SELECT story, occurred FROM ({query})" for query in turning) or none
    connection.execute(f"CREATE TEMP VIEW turned AS {turned}")
    earliest = -EVER if looked_from is None else min(map(looked_from, found), default=0)
    for name, value in (("width", len(asked.dimensions)), ("looked_from", earliest)):
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
    connection.execute(f"CREATE TEMP MACRO expected_as_asked(day) AS ({_expected(asked.filter)})")
    table(connection, "stretch", time.table(found))
    ends = [*(told or ()), *(end for one in found for end in (one.begins, one.at) if abs(end) < EVER)] or [0]
    first, last = (EPOCH_DAY + timedelta(days=end // DAY) for end in (min(ends), max(ends)))
    table(connection, "calendar", calendar(limits.zone, first - timedelta(days=2), last + timedelta(days=2)))
    connection.execute(sql("pipeline/points.sql"))
    value_rows(connection, dimensions)
    make_conditions(connection, dimensions, wanted)
    for file in ("fitting.sql", "pipeline/stand.sql"):
        connection.execute(sql(file))
    return Deals(connection, found)


def _expected(filter_: Mapping[str, tuple[str | None, ...]]) -> str:
    """SQL: whether a day of closing (a number, NULL for unknown) is one that is asked for."""
    if EXPECTED not in filter_:
        return "true"
    conditions = []
    for label in filter_[EXPECTED]:
        if label is None:
            conditions.append("day IS NULL")
            continue
        try:
            days = days_of(label)
        except QuestionError as error:
            raise QuestionError(f"{EXPECTED}: {error}") from None
        first, end = ((one - EPOCH_DAY).days for one in (days.first, days.end))
        conditions.append(f"coalesce(day >= {first} AND day < {end}, false)")
    return " OR ".join(conditions)


def _happened(connection: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """µs of the first and the last thing that happened to a deal or was told of the business; None where nothing did."""
    first, last = connection.sql(
        "SELECT min(occurred), max(occurred) FROM (SELECT occurred, precision FROM deal_event UNION ALL SELECT occurred, precision FROM business)"
        " WHERE precision < 2"
    ).fetchall()[0]
    return None if first is None else (first, last)

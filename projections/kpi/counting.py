"""Counting: the rows behind every measure that is asked for, what they are cut by, and what they come to."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from fractions import Fraction

import duckdb
import pyarrow as pa

from events.instants import DAY, EPOCH_DAY
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import rows_of, sql, table
from projections.dimensions import Dimension, dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi import stretches as time
from projections.kpi.cells import Cells, Key, Place, Total
from projections.kpi.given import OWN, value_rows
from projections.kpi.measures import MEASURES, Measure
from projections.kpi.sales import TELLING_STEP
from projections.kpi.stretches import EVER, Stretch
from projections.kpi.terms import Need
from projections.periods import calendar, days_of
from projections.sla.agreed import agreed
from projections.sla.promises import make_promises, make_verdicts
from projections.steps import per_lead

ROW = "story journey occurred_until placed_at thing amount currency span missing reason".split()
SPANNING = ("cycles", "opportunity_cycles")
VIEWS = ("kpi/placed.sql", "kpi/measures.sql", "kpi/levels.sql", "kpi/business.sql")


class Counting:
    """What a question counts, over what is known, with the sales step's tables made.

    needs: the measures. found: the stretches of time. working_days: of each of them.
    """

    def __init__(
        self,
        known: Known,
        asked: Asked,
        limits: Limits,
        needs: Collection[Need],
        found: Sequence[Stretch],
        working_days: Sequence[int] = (),
    ) -> None:
        self._known, self._connection = known, known.business()
        self._asked, self._limits = asked, limits
        self._needs, self._found, self._working_days = needs, found, working_days
        self._cut = [dimension(name, asked.at) for name in asked.dimensions]
        filtered = [name for name in asked.filter if name not in asked.dimensions]
        self._beyond = sorted({need.by for need in needs if need.by is not None})
        self._dimensions: list[Dimension] = [
            *self._cut,
            *(dimension(name, asked.at) for name in filtered),
            *(dimension(name, None) for name in self._beyond),
        ]
        if self._dimensions:
            per_lead(known, TELLING_STEP)
        self._count()

    def cells(self, currency: str | None, default: str) -> Cells:
        """All that is counted. currency: asked for; default: the workspace's, where none is and the money is in several."""
        currency = currency or self._own_currency() or default
        totals = {
            Place("working_days", False, None, number, ()): Total(count)
            for number, count in enumerate(self._working_days)
        }
        for by in (None, *self._beyond):
            totals |= self._totals(by, currency)
        return Cells(totals, currency, self._refused, [one.per_year for one in self._found])

    def _count(self) -> None:
        run = self._connection.execute
        self._tables()
        for file in VIEWS:
            run(sql(file))
        self._refused = self._not_recorded_so() | self._not_agreed()
        measures = sorted(
            {
                (need.measure, need.before)
                for need in self._needs
                if need.measure not in self._refused and not MEASURES[need.measure].everywhere
            }
        )
        selects = [_select(MEASURES[name], before) for name, before in measures]
        run(
            f"CREATE TEMP TABLE counted AS SELECT row_number() OVER () AS row, * FROM ({' UNION ALL BY NAME '.join([EMPTY, *selects])})"
        )
        value_rows(self._connection, self._dimensions)

    def _tables(self) -> None:
        connection = self._connection
        table(connection, "stretch", time.table(self._found))
        table(connection, "stretch_before", time.table(self._found, earlier=True))
        make_calendar(connection, self._limits, (end for one in self._found for end in (one.begins, one.at)))
        columns = {
            "name": pa.array(MEASURES),
            "once": pa.array([one.once for one in MEASURES.values()]),
            "money": pa.array([one.scale != "plain" for one in MEASURES.values()]),
        }
        table(connection, "measure", pa.table(columns))
        told = [
            label
            for (label,) in connection.sql("SELECT DISTINCT period FROM business WHERE period IS NOT NULL").fetchall()
        ]
        days = [days_of(label) for label in told]
        told_period = {
            "label": pa.array(told, pa.string()),
            "first_day": pa.array([(one.first - EPOCH_DAY).days for one in days], pa.int32()),
            "last_day": pa.array([(one.end - EPOCH_DAY).days - 1 for one in days], pa.int32()),
        }
        table(connection, "told_period", pa.table(told_period))
        make_conditions(connection, self._dimensions, self._asked.filter)

    def _own_currency(self) -> str | None:
        """The one currency of all money that is asked for; None where there are several, or there is none."""
        found = self._connection.sql(
            "SELECT DISTINCT currency FROM counted WHERE currency IS NOT NULL AND amount IS NOT NULL"
        ).fetchall()
        return found[0][0] if len(found) == 1 else None

    def _totals(self, by: str | None, currency: str) -> dict[Place, Total]:
        run = self._connection.execute
        inner = (
            None
            if by is None
            else 1 + next(n for n, one in reversed(list(enumerate(self._dimensions))) if one.name == by)
        )
        for name, value in (("width", len(self._cut)), ("inner_dimension", inner), ("currency", currency)):
            run(f"SET VARIABLE {name} = $value", {"value": value})
        run(sql("kpi/rates.sql"))
        run(sql("kpi/totals.sql"))
        amounts: dict[Place, dict[tuple[str | None, str | None], Fraction]] = {}
        for row in rows_of(self._connection, "FROM money"):
            amounts.setdefault(_place(row, by), {})[row["currency"], row["rate"]] = Fraction(row["amount"])
        return {
            _place(row, by): Total(
                row["things"],
                row["span"],
                row["p50"],
                row["p90"],
                row["missing"],
                row["unpriced"],
                amounts.get(_place(row, by), {}),
            )
            for row in rows_of(self._connection, "FROM things")
        }

    def _not_agreed(self) -> dict[str, str]:
        """Measures of the agreement, where there is none; else their tables are made."""
        names = {need.measure for need in self._needs if MEASURES[need.measure].agreed}
        if not names:
            return {}
        try:
            told = agreed(self._connection)
        except QuestionError:
            return dict.fromkeys(names, "no agreement is recorded")
        make_promises(self._known.everything(), told, self._limits.asked)
        make_verdicts(self._connection, self._limits.asked)
        self._connection.execute(sql("kpi/agreement.sql"))
        return {}

    def _not_recorded_so(self) -> dict[str, str]:
        """Measures that are not told by what is asked for."""
        asked = [one.name for one in self._dimensions[: len(self._dimensions) - len(self._beyond)]]
        refused: dict[str, str] = {}
        for name in {need.measure for need in self._needs}:
            told_of = MEASURES[name].told_of
            strange = [] if told_of is None else [one for one in asked if one not in told_of]
            if strange:
                refused[name] = f"{name.replace('_', ' ')}: not recorded by {strange[0]}"
        return refused


def make_calendar(connection: duckdb.DuckDBPyConnection, limits: Limits, ends: Iterable[int]) -> None:
    """Makes `calendar`: a row for each local day of all that happened, and of these instants."""
    known = [*(happened(connection) or ()), *(end for end in ends if abs(end) < EVER)]
    first, last = (EPOCH_DAY + timedelta(days=end // DAY) for end in (min(known, default=0), max(known, default=0)))
    table(connection, "calendar", calendar(limits.zone, first - timedelta(days=2), last + timedelta(days=2)))


def happened(connection: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """µs of the first and the last thing that happened; None where nothing did. Reads the sales step's tables and `business`."""
    tables = ("journey", "milestone", "deal_event", "customer", "offers", "activity", "voice", "business")
    each = " UNION ALL ".join(
        f"SELECT min(occurred) AS a, max(occurred) AS z FROM {name} WHERE precision < 2" for name in tables
    )
    first, last = connection.sql(f"SELECT min(a), max(z) FROM ({each})").fetchall()[0]
    return None if first is None else (first, last)


EMPTY = (
    "SELECT ''::VARCHAR AS measure, false AS before, 0 AS stretch, 0 AS story, 0::BIGINT AS journey, 0::BIGINT AS occurred_until,"
    " 0::BIGINT AS placed_at, ''::VARCHAR AS thing, 0::DECIMAL(38, 6) AS amount, ''::VARCHAR AS currency, 0::BIGINT AS span,"
    " ''::VARCHAR AS missing, ''::VARCHAR AS reason, "
    + ", ".join(f"''::VARCHAR AS own_{name}" for name in OWN)
    + " WHERE false"
)


def _select(measure: Measure, before: bool) -> str:
    """The rows of a measure, each in its stretch."""
    rows = measure.name
    if not measure.level:
        happens = f"{rows}_lasting" if rows in SPANNING else rows
        rows = f"happening('{happens}', 'stretch{'_before' if before else ''}')"
    wanted = ", ".join(f"'{name}'" for name in ROW)
    own = "".join(f", {name} AS own_{name}" for name in OWN if measure.told_of and name in measure.told_of)
    return f"SELECT '{measure.name}' AS measure, {str(before).lower()} AS before, stretch, COLUMNS(lambda name: name IN ({wanted})){own} FROM {rows}"


def _place(row: dict[str, object], by: str | None) -> Place:
    key: Key = tuple(row["key"])  # type: ignore[arg-type]  # a list of texts, as DuckDB gives it
    return Place(str(row["measure"]), bool(row["before"]), by, int(str(row["stretch"])), key)

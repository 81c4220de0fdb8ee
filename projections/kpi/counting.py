"""Counting: the rows behind every measure that is asked for, what they are cut by, and what they come to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from events.instants import DAY, EPOCH_DAY, midnight
from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import hold, rows_of, sql, table
from projections.dimensions import Dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi import stretches as time
from projections.kpi.cells import Cells, Key, Place, Total
from projections.kpi.given import OF_ROWS, OWN, kpi_dimension, valued
from projections.kpi.marketing import leads_promised
from projections.kpi.measures import MEASURES, Measure
from projections.kpi.parts import Parts
from projections.kpi.sales import TELLING_STEP
from projections.kpi.stretches import EVER, Cutting
from projections.kpi.terms import Need
from projections.kpi.winners import make_winners
from projections.kpi.working_days import working_days
from projections.periods import calendar, days_of
from projections.scorecards.contacts import MEASURED, OTHER_CONTACTS
from projections.sla.agreed import agreed
from projections.sla.promises import make_promises, make_verdicts
from projections.steps import per_lead

ROW = "story journey position occurred occurred_until day placed_at thing amount currency span missing reason".split()
SHARED: Mapping[str, set[str]] = {  # views that are made once where several measures read them
    "leads": {"leads", "leads_converted", "leads_won"},
    "open_deals": {"open_deals", "open_priced"},
    "customer_stand": {name for name in MEASURES if name.startswith(("customers_", "mrr_"))},
    "mrr_level": {name for name in MEASURES if name.startswith("mrr_")},
}
OF_MARKETING = ("leads_promised", "leads_delivered", "leads_due")
SPANNING = ("cycles", "opportunity_cycles")


@dataclass(frozen=True, slots=True)
class Way:
    """A way to cut and filter what is counted. by: dimensions. filter: dimension → values that alone count."""

    by: tuple[str, ...]
    filter: tuple[tuple[str, tuple[str | None, ...]], ...] = ()

    @property
    def dimensions(self) -> list[str]:
        """What it takes to know of each row."""
        return [*self.by, *(name for name, _ in self.filter)]


class Counting:
    """What a question counts, over what is known, with the sales step's tables made.

    needs: the measures that each way is about. parts: the stretches asked for, and others that formulas look at: for each its place
    among the first ones. happened: µs of the first and the last thing; None where nothing did.
    """

    def __init__(
        self,
        known: Known,
        asked: Asked,
        limits: Limits,
        needs: Mapping[Way, Collection[Need]],
        parts: Parts,
        happened: tuple[int, int] | None,
    ) -> None:
        self._known, self._connection, self._happened = known, known.business(), happened
        self._asked, self._limits, self._needs, self._parts = asked, limits, needs, parts
        self._refused: dict[str, str] = {}
        self._passes: list[tuple[Way, str | None]] = [
            (way, by)
            for way, several in needs.items()
            for by in (None, *sorted({need.by for need in several if need.by is not None}))
        ]
        names = {need.measure for several in needs.values() for need in several}
        taken = [one for way, by in self._passes for one in self._taken(way, by)]
        if taken or "representatives" in names:
            per_lead(known, TELLING_STEP)
        self._everywhere = self._count_everywhere(names)
        self._count(names)
        self._cut()

    def cells(self, currency: str | None, default: str) -> dict[Way, Cells]:
        """All that is counted. currency: asked for; default: the workspace's, where none is and the money is in several."""
        currency = currency or self._own_currency() or default
        self._connection.execute("SET VARIABLE currency = $value", {"value": currency})
        for file in ("kpi/rates.sql", "kpi/totals.sql"):
            self._connection.execute(sql(file))
        totals: dict[Way, dict[Place, Total]] = {way: dict(self._everywhere) for way in self._needs}
        amounts: dict[tuple[int, Place], dict[tuple[str | None, str | None], Fraction]] = {}
        for row in rows_of(self._connection, "FROM money"):
            place = _place(row, self._passes[row["pass"]][1])
            amounts.setdefault((row["pass"], place), {})[row["currency"], row["rate"]] = Fraction(row["amount"])
        for row in rows_of(self._connection, "FROM things"):
            way, by = self._passes[row["pass"]]
            place = _place(row, by)
            told = (row["things"], row["span"], row["p50"], row["p90"], row["missing"], row["unpriced"])
            totals[way][place] = Total(*told, amounts.get((row["pass"], place), {}))
        return {
            way: Cells(totals[way], currency, self._refused | self._not_told_by(way), self._parts)
            for way in self._needs
        }

    def behind(self, way: Way) -> list[dict[str, Any]]:
        """The rows behind the cells of a way: a row for each thing counted in the stretches asked for, with its dimensions."""
        number = self._passes.index((way, None))
        return rows_of(
            self._connection,
            f"""
            SELECT cut.measure, cut.stretch, cut.key, cut.story, cut.thing, cut.amount, cut.currency, cut.span,
                   counted.position, counted.occurred, counted.day
            FROM cut JOIN counted USING (row)
            WHERE pass = {number} AND cut.stretch < {self._parts.width}
            ORDER BY ALL""",
        )

    def undated(self) -> int:
        """How many events are only known to have happened some time, and are in none of the periods that are asked for."""
        if all(one.everything for one in self._parts.first):
            return 0
        each = " UNION ALL ".join(f"SELECT count(*) AS n FROM {name} WHERE precision = 2" for name in TOLD_IN)
        return int(self._connection.sql(f"SELECT sum(n) FROM ({each})").fetchall()[0][0])

    def _taken(self, way: Way, by: str | None) -> list[Dimension]:
        """The dimensions that a pass takes: those by which rows are cut, those that are filtered, and the one by which a formula cuts
        further, which is taken as usual. Raises QuestionError.
        """
        asked = [kpi_dimension(name, self._asked.at) for name in dict.fromkeys(way.dimensions)]
        return [*asked, *([kpi_dimension(by, None)] if by is not None else [])]

    def _count(self, names: Collection[str]) -> None:
        run = self._connection.execute
        self._tables()
        self._refused |= self._not_agreed(names)
        if beside := {name: query for name, query in MEASURED.items() if name in names}:
            per_lead(self._known, OTHER_CONTACTS)
            for name, query in beside.items():
                run(f"CREATE TEMP VIEW {name} AS {query}")
        run("SET VARIABLE everything = $value", {"value": all(one.everything for one in self._parts.first)})
        for file in ("kpi/placed.sql", "kpi/measures.sql"):
            run(sql(file))
        if "representatives" in names:
            make_winners(self._connection)
        else:
            run("CREATE TEMP TABLE winner (stretch INTEGER, owner VARCHAR, team VARCHAR)")
        for file in ("kpi/levels.sql", "kpi/business.sql"):
            run(sql(file))
        for name, measures in SHARED.items():
            if len(measures & set(names)) > 1:
                hold(self._connection, name)
        wanted = {
            name: self._wanted({name}) for name in names if name not in self._refused and not MEASURES[name].everywhere
        }
        run(f"CREATE TEMP TABLE counted AS {EMPTY}")
        for name in sorted(
            name for name, stretches in wanted.items() if stretches
        ):  # one by one: together they take memory for all
            run(f"INSERT INTO counted BY NAME {NUMBERED} ({self._select(MEASURES[name], wanted[name])})")

    def _cut(self) -> None:
        """Makes `cut`: in each pass the things that it is about, with what they are cut by, and only those that its filter lets through.

        What is neither cut nor filtered is not copied: it may be all that ever happened.
        """
        run = self._connection.execute
        run(CUT)
        whole: list[str] = []
        for number, (way, by) in enumerate(self._passes):
            told = {need.measure for need in self._needs[way] if need.by == by} - self._not_told_by(way).keys()
            measures = ", ".join(f"'{name}'" for name in sorted(told)) or "NULL"
            dimensions = self._taken(way, by)
            if not dimensions:
                whole.append(WHOLE.format(number=number, measures=measures))
                continue
            things = f"(SELECT * FROM counted WHERE measure IN ({measures}))"
            values, joins = valued(dimensions, things)
            key = [*values[: len(way.by)], *(values[-1:] if by else [])]
            fitting = ""
            if way.filter:
                make_conditions(self._connection, dimensions[: len(dimensions) - (by is not None)], dict(way.filter))
                run(sql("fitting.sql"))
                fitting = f"WHERE fits([{', '.join(values)}])"
            cut_by = ", ".join(key)
            run(CUT_BY.format(number=number, things=things, joins=joins, key=cut_by, fitting=fitting))
        run(f"CREATE TEMP VIEW cut AS {' UNION ALL BY NAME '.join(['FROM sorted_out', *whole])}")

    def _tables(self) -> None:
        connection, parts = self._connection, self._parts
        table(connection, "stretch", time.table(parts.all))
        ends = [*(self._happened or ()), *(end for one in parts.all for end in (one.begins, one.at) if abs(end) < EVER)]
        first, last = (EPOCH_DAY + timedelta(days=end // DAY) for end in (min(ends, default=0), max(ends, default=0)))
        days = calendar(self._limits.zone, first - timedelta(days=2), last + timedelta(days=2))
        table(connection, "calendar", days)  # of all that happened, and of the stretches
        columns = {
            "name": pa.array(MEASURES),
            "once": pa.array([one.once for one in MEASURES.values()]),
            "money": pa.array([one.scale != "plain" for one in MEASURES.values()]),
        }
        table(connection, "measure", pa.table(columns))
        periods = connection.sql("SELECT DISTINCT period FROM business WHERE period IS NOT NULL").fetchall()
        told = [label for (label,) in periods]
        days = [days_of(label) for label in told]
        told_period = {
            "label": pa.array(told, pa.string()),
            "begins": pa.array([midnight(one.first, self._limits.zone) for one in days], pa.int64()),
            "ends": pa.array([midnight(one.end, self._limits.zone) for one in days], pa.int64()),
        }
        table(connection, "told_period", pa.table(told_period))

    def _select(self, measure: Measure, stretches: Collection[int]) -> str:
        """The rows of a measure, each in those of the stretches in which it lies."""
        rows = measure.name
        if not measure.level:
            since, until = self._limits_of(stretches)
            of = f"{rows}_lasting" if rows in SPANNING else rows
            rows = f"happening('{of}', since := {since}, until := {until})"
        some = len(stretches) < len(self._parts.all)
        where = f" WHERE stretch IN ({', '.join(map(str, sorted(stretches)))})" if some else ""
        wanted = ", ".join(f"'{name}'" for name in ROW)
        own = "".join(f", {name} AS own_{name}" for name in measure.own)
        return f"SELECT '{measure.name}' AS measure, stretch, COLUMNS(lambda name: name IN ({wanted})){own} FROM {rows}{where}"

    def _wanted(self, names: Collection[str]) -> set[int]:
        """The stretches in which any of these measures is wanted."""
        needs = (need for several in self._needs.values() for need in several if need.measure in names)
        return {number for need in needs for number in self._parts.of(need.when)}

    def _limits_of(self, stretches: Collection[int]) -> tuple[int, int]:
        """µs between which these stretches lie."""
        several = [self._parts.all[number] for number in stretches]
        return min(one.begins for one in several), max(one.ends for one in several)

    def _own_currency(self) -> str | None:
        """The one currency of all money that is asked for; None where there are several, or there is none."""
        found = self._connection.sql(
            "SELECT DISTINCT currency FROM cut WHERE currency IS NOT NULL AND amount IS NOT NULL"
        ).fetchall()
        return str(found[0][0]) if len(found) == 1 else None

    def _count_everywhere(self, names: Collection[str]) -> dict[Place, Total]:
        """What is one figure for all cells of a stretch."""
        found: dict[Place, Total] = {}
        if "working_days" in names:
            cutting = Cutting(self._asked, self._limits)
            days = working_days(self._connection, self._parts.all, cutting, self._happened, self._limits)
            found |= {_everywhere("working_days", number): Total(count) for number, count in enumerate(days)}
        if there := self._wanted(OF_MARKETING):
            try:
                stretches = {number: self._parts.all[number] for number in sorted(there)}
                told = leads_promised(self._known, stretches, self._limits)
            except QuestionError as error:
                self._refused |= dict.fromkeys(OF_MARKETING, str(error))
                return found
            found |= {_everywhere(name, number): total for (name, number), total in told.items()}
        return found

    def _not_agreed(self, names: Collection[str]) -> dict[str, str]:
        """Measures of the agreement, where there is none; else their tables are made."""
        wanted = {name for name in names if MEASURES[name].agreed}
        if not wanted:
            return {}
        try:
            told = agreed(self._connection)
        except QuestionError:
            return dict.fromkeys(wanted, "no agreement is recorded")
        make_promises(self._known, told, self._limits.asked)
        make_verdicts(self._connection, self._limits.asked)
        for name, value in zip(("earliest", "latest"), self._limits_of(self._wanted(wanted)), strict=True):
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        self._connection.execute(sql("kpi/agreement.sql"))
        return {}

    def _not_told_by(self, way: Way) -> dict[str, str]:
        """Measures that are not told by what is asked for."""
        refused: dict[str, str] = {}
        for name in {need.measure for need in self._needs[way]}:
            measure = MEASURES[name]
            strange = [
                one for one in way.dimensions if one not in measure.own and (one in OF_ROWS or not measure.of_leads)
            ]
            if strange and (measure.absent or not measure.everywhere):
                refused[name] = f"{name.replace('_', ' ')}: not recorded by {strange[0]}"
        return refused


def happened(connection: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """µs of the first and the last thing that happened; None where nothing did. Reads the sales step's tables and `business`."""
    tables = ("journey", *TOLD_IN, "handover", "subscription", "customer", "business")
    each = " UNION ALL ".join(
        f"SELECT min(occurred) AS a, max(occurred) AS z FROM {name} WHERE precision < 2" for name in tables
    )
    first, last = connection.sql(f"SELECT min(a), max(z) FROM ({each})").fetchall()[0]
    return None if first is None else (first, last)


TOLD_IN = ("milestone", "deal_event", "offers", "activity", "voice")
CUT = (
    "CREATE TEMP TABLE sorted_out (pass INTEGER, row BIGINT, measure VARCHAR, stretch INTEGER, story INTEGER, thing VARCHAR, placed_at BIGINT,"
    " occurred_until BIGINT, amount DECIMAL(38, 6), currency VARCHAR, span BIGINT, missing VARCHAR, key VARCHAR[])"
)
WHOLE = (
    "SELECT {number} AS pass, row, measure, stretch, story, thing, placed_at, occurred_until, amount, currency, span, missing,"
    " []::VARCHAR[] AS key FROM counted WHERE measure IN ({measures})"
)
CUT_BY = (
    "INSERT INTO sorted_out SELECT {number}, row, measure, stretch, counted.story, thing, placed_at, occurred_until, amount, currency, span,"
    " missing, [{key}]::VARCHAR[] FROM {things} AS counted {joins} {fitting}"
)
NUMBERED = "SELECT (SELECT count(*) FROM counted) + row_number() OVER () AS row, * FROM"
EMPTY = (
    "SELECT 0::BIGINT AS row, ''::VARCHAR AS measure, 0 AS stretch, 0 AS story, 0::BIGINT AS journey, 0::BIGINT AS position, 0::BIGINT AS occurred,"
    " 0::BIGINT AS occurred_until, 0::INTEGER AS day,"
    " 0::BIGINT AS placed_at, ''::VARCHAR AS thing, 0::DECIMAL(38, 6) AS amount, ''::VARCHAR AS currency, 0::BIGINT AS span,"
    " ''::VARCHAR AS missing, ''::VARCHAR AS reason, "
    + ", ".join(f"''::VARCHAR AS own_{name}" for name in OWN)
    + " WHERE false"
)


def _everywhere(measure: str, number: int) -> Place:
    return Place(measure, None, number, ())


def _place(row: dict[str, Any], by: str | None) -> Place:
    key: Key = tuple(row["key"])
    return Place(row["measure"], by, row["stretch"], key)

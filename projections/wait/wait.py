"""Where the time went, as views: the sum of each party, and the pieces of each journey."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa

from events.base import Decision
from events.instants import DAY, EPOCH_DAY, midnight
from events.registry import TYPES
from projections.asked import Asked, Limits
from projections.business_time import openings_table
from projections.conditions import make_conditions
from projections.database import literal, rows_of, sql, table
from projections.definitions.agreement import RESPONSES, Agreement
from projections.dimensions import dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.given import value_rows
from projections.kpi.sales import TELLING_STEP
from projections.ordering import make_order
from projections.periods import calendar
from projections.result import Column, instant
from projections.rows import Row, Rows
from projections.selection import place_in
from projections.sla.agreed import Agreed, agreed
from projections.sla.promises import tell
from projections.steps import Step, per_lead

PARTIES = ("system", "marketing", "queue", "person")
MEASURES = (
    Column("charged"),
    Column("journeys", "count"),
    Column("business_s", "s"),
    Column("wall_s", "s"),
    Column("business_share", "fraction"),
    Column("wall_share", "fraction"),
    Column("business_p50_s", "s"),
    Column("wall_p50_s", "s"),
)
PIECES = (
    *(Column(name) for name in "lead journey status step charged who".split()),
    Column("begins_at", "instant"),
    Column("ends_at", "instant"),
    Column("business_s", "s"),
    Column("wall_s", "s"),
)
DECISIONS = sorted(name for name, of in TYPES.items() if issubclass(of, Decision))
DECIDING = f"CREATE TEMP TABLE deciding AS SELECT unnest([{', '.join(map(literal, DECISIONS))}]) AS type;"
BEHIND = (
    *(Column(name) for name in "lead journey charged".split()),
    Column("business_s", "s"),
    Column("wall_s", "s"),
)
ON_THE_WAY = "\n".join(sql(file) for file in ("wait/per_lead.sql", "sla/owning.sql", "wait/lying.sql"))


def _go(connection: duckdb.DuckDBPyConnection) -> None:
    make_order(connection)
    connection.execute(ON_THE_WAY)


WAYS = Step(
    name="ways",
    text=DECIDING,
    tables=("met", "contact", "dated", "lay"),
    definition=ON_THE_WAY,
    types=frozenset((*DECISIONS, "LeadCaptured", "LeadDetailsChanged", "InteractionLogged")),
    finish=_go,
)
LONGEST = 1  # µs of open time behind the last instant, so that every instant lies in a stretch of the clock
Answer = tuple[str | None, Sequence[Column], Sequence[Row], list[str]]


class Wait:
    """The way of every journey that is asked for, cut into pieces."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        self._known, self._asked, self._limits = known, asked, limits
        self._connection = known.business()
        self.agreed = _agreed(self._connection)
        per_lead(known, WAYS)
        self._agree()
        tell(self._connection, (("asked", limits.asked),))
        self._connection.execute(sql("wait/way.sql"))
        self._select()

    @property
    def definition(self) -> str | None:
        """Name and hash of the agreement."""
        return self.agreed.definition if self.agreed else None

    @property
    def key_columns(self) -> list[Column]:
        """Period and dimensions, which stand first."""
        return [*([Column("period")] if self._asked.grain else []), *map(Column, self._asked.dimensions)]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each party, for each period and combination of dimensions; of the journeys that were answered."""
        self._spend()
        rows = rows_of(self._connection, sql("wait/summary.sql"))
        rows.sort(
            key=lambda row: (
                row["period"] or "",
                [(part is None, part) for part in row["key"]],
                PARTIES.index(row["charged"]),
            )
        )
        return [self._keyed(row) | self._timed(row, MEASURES) for row in rows]

    def opened(self, party: str, column: str) -> list[dict[str, Any]]:
        """The journeys behind any number of a party, with what is charged to it of each. Raises QuestionError."""
        if party not in PARTIES:
            raise QuestionError(f"nothing is charged to {party!r}; there are {', '.join(PARTIES)}")
        if column not in (names := [one.name for one in MEASURES[1:]]):
            raise QuestionError(f"{column!r} has no journeys behind it; there are {', '.join(names)}")
        self._spend()
        rows = rows_of(
            self._connection,
            "SELECT period, key, story AS lead, journey, charged, business_us, wall_us FROM spent JOIN selected USING (row)"
            f" WHERE charged = '{party}' ORDER BY occurred, row",
        )
        return [self._keyed(row) | self._timed(row, BEHIND) for row in rows]

    def pieces(self) -> Rows:
        """A row for each piece of each journey, those that still wait among them."""
        self._cut("true")
        zone = self._limits.zone

        def told(row: Row) -> Row:
            ends = {"begins_at": instant(row["begins"], None, zone), "ends_at": instant(row["ends"], None, zone)}
            return self._timed(row, PIECES) | ends

        query = "SELECT story AS lead, journey, status, piece.* FROM piece JOIN selected USING (row) ORDER BY occurred, row, place, begins"
        return Rows.of(self._connection, query, told)

    def notes(self) -> list[str]:
        """What the sums leave out, and what begins without a capture."""
        waiting, ended, dated, uncaptured = self._connection.sql(
            "SELECT count(*) FILTER (status = 'waiting'), count(*) FILTER (status = 'ended'),"
            " count(*) FILTER (status = 'answered' AND dated), count(*) FILTER (uncaptured) FROM selected"
        ).fetchall()[0]
        told = {
            "journeys still wait for a response": waiting,
            "ended without one": ended,
            "are known only by a day": dated,
        }
        said = ", ".join(f"{count:,} {what}" for what, count in told.items() if count)
        return [
            *([f"not in the sums: {said}"] if said else []),
            *([f"{uncaptured:,} journeys have no capture and begin with their first decision"] if uncaptured else []),
        ]

    def _cut(self, which: str) -> None:
        """Makes `piece`, of the selected ways that are meant. which: SQL over them."""
        self._connection.execute(
            f"CREATE TEMP VIEW wanted AS FROM way SEMI JOIN (FROM selected WHERE {which}) USING (row)"
        )
        self._connection.execute(sql("wait/piece.sql"))

    def _spend(self) -> None:
        """Makes `spent`, of the selected ways that are summed."""
        self._cut("status = 'answered'")
        self._connection.execute(sql("wait/spent.sql"))

    def _agree(self) -> None:
        """Makes `answering`, the macro in_force and the clocks, and says which calendar goes with which version."""
        connection = self._connection
        versions = self.agreed.versions if self.agreed else ()
        calendars = list({one.calendar.definition: one.calendar for one in versions}.values())
        places = [calendars.index(one.calendar) for one in versions]
        answering = [(-1, kind) for kind in RESPONSES]
        answering += [(number, kind) for number, one in enumerate(versions) for kind in one.sales.responds_by]
        numbers, kinds = zip(*answering, strict=True)
        table(connection, "answering", pa.table({"version": pa.array(numbers, pa.int32()), "kind": kinds}))
        connection.execute(f"CREATE TEMP MACRO in_force(instant, day) AS {in_force(versions)}")
        tell(connection, (("calendars", places or None),))
        first = connection.sql("SELECT min(least(begun_at, undertaken_at)) FROM met").fetchall()[0][0]
        ends = (self._limits.asked if first is None else first, self._limits.asked)
        days = [EPOCH_DAY + timedelta(days=end // DAY) for end in ends]
        openings_table(connection, calendars, min(days), max(days), LONGEST)
        connection.execute(sql("sla/clock.sql"))

    def _select(self) -> None:
        asked, limits = self._asked, self._limits
        names = [*asked.dimensions, *(name for name in asked.filter if name not in asked.dimensions)]
        dimensions = [dimension(name, asked.at) for name in names]
        if names:
            per_lead(self._known, TELLING_STEP)
        self._connection.execute("CREATE TEMP VIEW counted AS FROM way")
        value_rows(self._connection, dimensions)
        make_conditions(self._connection, dimensions, asked.filter)
        happened = self._connection.sql("SELECT min(occurred), max(occurred) FROM way").fetchall()[0]
        first, last = (EPOCH_DAY + timedelta(days=(end or 0) // DAY) for end in happened)
        table(self._connection, "calendar", calendar(limits.zone, first - timedelta(days=2), last + timedelta(days=2)))
        self._connection.execute(
            f"CREATE TEMP TABLE period_of_day AS SELECT number, {asked.grain or 'NULL::VARCHAR'} AS period FROM calendar"
        )
        variables = {"since": limits.since, "until": limits.until, "width": len(asked.dimensions), "lead": asked.lead}
        tell(self._connection, variables.items())
        for file in ("local_days.sql", "fitting.sql", "wait/selected.sql"):
            self._connection.execute(sql(file))

    def _keyed(self, row: dict[str, Any]) -> dict[str, Any]:
        """Period and dimensions of a row by their names."""
        named = dict(zip(self._asked.dimensions, row["key"], strict=True))
        if named.get("journey") is not None:
            named["journey"] = int(named["journey"])
        return ({"period": row["period"]} if self._asked.grain else {}) | named

    def _timed(self, row: Row, columns: Sequence[Column]) -> dict[str, Any]:
        """Those columns of a row, with its times in seconds."""
        times = {"business_s": _seconds(row["business_us"]), "wall_s": _seconds(row["wall_us"])}
        return {column.name: row.get(column.name) for column in columns} | times


def wait(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`wait`: how much of the time went to whom."""
    found = Wait(known, asked, limits)
    return found.definition, [*found.key_columns, *MEASURES], found.rows(), found.notes()


def opened_wait(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
    """The journeys behind a number. cell: PARTY[,COLUMN]; they are the same behind each column. Raises QuestionError."""
    found = Wait(known, asked, limits)
    named = {column.name for column in found.key_columns}
    columns = [*found.key_columns, *(column for column in BEHIND if column.name not in named)]
    return found.definition, columns, found.opened(*place_in(cell, "journeys")), found.notes()


def journeys(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`wait journeys`: every piece of every journey."""
    found = Wait(known, asked, limits)
    return found.definition, PIECES, found.pieces(), found.notes()


def in_force(versions: Sequence[Agreement]) -> str:
    """SQL: the number of the version in force, of an instant, which may stand for a plain date (`day`); NULL for none.

    A plain date is effective from that day on, whatever the zone.
    """
    parts = (
        f"CASE WHEN CASE WHEN day IS NULL THEN {midnight(one.effective_from, one.calendar.zone)} <= instant"
        f" ELSE {(one.effective_from - EPOCH_DAY).days} <= day END THEN {number} END"
        for number, one in enumerate(versions)
    )
    return f"greatest({', '.join(('NULL::INTEGER', *parts))})"


def _agreed(connection: duckdb.DuckDBPyConnection) -> Agreed | None:
    try:
        return agreed(connection)
    except QuestionError:
        return None  # then all time is known, and how much of it was business time is not


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else int(micros) / 1e6

"""The view `journey`: the paths that journeys took, how many, how they ended, how long they took, and where they left the agreed one."""

from collections.abc import Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.errors import QuestionError
from projections.journey.deviations import deviations, loops
from projections.journey.paths import Paths
from projections.known import Known
from projections.result import Column, instant
from projections.selection import Selection, place_in, sorting
from projections.steps import per_lead

ARROW = " > "
OUTCOMES = ("won", "lost", "recycled")
MEASURES = (
    Column("path"),
    Column("steps", "count"),
    Column("journeys", "count"),
    Column("share", "fraction"),
    *(Column(name, "count") for name in OUTCOMES),
    Column("conversion", "fraction"),
    Column("time_p50_s", "s"),
    Column("time_p90_s", "s"),
    Column("loops", "count"),
    Column("deviation"),
)
OPENED = (
    *map(Column, ("lead", "journey", "outcome", "reason")),
    Column("began_at", "instant"),
    Column("last_at", "instant"),
    Column("time_s", "s"),
    *map(Column, ("position", "last_position", "counted")),
)
COUNTED = """  -- two days beyond what is asked for, since plain dates are where their zone has them
CREATE TEMP TABLE counted AS
SELECT row_number() OVER () AS row, *, last_occurred AS ends_at, NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_team,
       NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM path
WHERE precision = 2
   OR coalesce(occurred >= $since - 172800000000, true) AND coalesce(occurred < $until + 172800000000, true)
"""
BEHIND = {
    "journeys": "true",
    "share": "true",
    "conversion": "true",
    **{name: "won" if name == "won" else f"outcome = '{name}'" for name in OUTCOMES},
    "time_p50_s": "time_us IS NOT NULL",
    "time_p90_s": "time_us IS NOT NULL",
}


Told = tuple[str, Sequence[Column], list[dict[str, Any]], list[str]]  # definition, columns, rows, notes


def journey(known: Known, asked: Asked, limits: Limits) -> Told:
    """The view. Raises QuestionError."""
    journeys = Journeys(known, asked, limits)
    rows = journeys.rows()
    return journeys.paths.definition, journeys.columns, rows, journeys.notes(rows)


def opened_journeys(known: Known, asked: Asked, limits: Limits, cell: str) -> Told:
    """The journeys behind a number. cell: PATH[,COLUMN]. Raises QuestionError."""
    journeys = Journeys(known, asked, limits)
    return journeys.paths.definition, OPENED, journeys.opened(*place_in(cell, "journeys")), []


class Journeys:
    """The paths that were asked for, over what is known."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        self.paths = Paths(asked)
        self._limits = limits
        self._selection = Selection(asked, limits)
        self._connection = per_lead(known, self.paths.step())
        self._connection.execute(COUNTED, {"since": limits.since, "until": limits.until})
        self._selection.make(known)
        self._connection.execute(sql("journey/variants.sql"))

    @property
    def columns(self) -> list[Column]:
        """The columns of `rows`."""
        return [*self._selection.key_columns, *MEASURES]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each path, the most taken first; for each period and each combination of dimensions."""
        found = rows_of(self._connection, "FROM variant")
        all_of: dict[Any, int] = {}
        for row in found:
            row["names"] = self._named(row["steps"])
            together = row["period"], tuple(row["key"])
            all_of[together] = all_of.get(together, 0) + row["journeys"]
        found.sort(key=lambda row: (sorting(row), -row["journeys"], row["names"]))
        return [self._told(row, all_of[row["period"], tuple(row["key"])]) for row in found]

    def notes(self, rows: list[dict[str, Any]]) -> list[str]:
        """How many journeys fit the agreed path, and how many are undated."""
        fit = []
        if self.paths.agreed:
            journeys = sum(row["journeys"] for row in rows)
            fitting = sum(row["journeys"] for row in rows if row["deviation"] is None)
            fit = [f"{fitting:,} of {journeys:,} journeys keep to the agreed path: {ARROW.join(self.paths.agreed)}"]
        return [*fit, *self._selection.undated(self._connection)]

    def opened(self, path: str, column: str) -> list[dict[str, Any]]:
        """The journeys behind a number of a path, over all its rows. Behind a rate stand those of its denominator. Raises QuestionError."""
        if column not in BEHIND:
            raise QuestionError(f"{column!r} has no leads behind it; there are {', '.join(BEHIND)}")
        numbers = {one.name: number for number, one in enumerate(self.paths.activities, 1)}
        names = [name.strip() for name in path.split(ARROW.strip())]
        if strange := [name for name in names if name not in numbers]:
            raise QuestionError(f"{strange[0]!r} is no step of a path; there are {', '.join(numbers)}")
        steps = [numbers[name] for name in names]
        where = "true" if column == "share" else f"steps = {steps}::UTINYINT[]"
        counted = f"steps = {steps}::UTINYINT[]" if column == "share" else "won" if column == "conversion" else "NULL"
        rows = rows_of(
            self._connection,
            f"SELECT *, ({counted})::BOOLEAN AS is_counted FROM timed WHERE {where} AND {BEHIND[column]} ORDER BY story, journey",
        )
        return [self._lead(row) for row in rows]

    def _named(self, steps: list[int]) -> list[str]:
        return [self.paths.activities[number - 1].name for number in steps]

    def _told(self, row: dict[str, Any], all_of: int) -> dict[str, Any]:
        names, journeys = row["names"], row["journeys"]
        return {
            **self._selection.keyed(row),
            "path": ARROW.join(names),
            "steps": len(names),
            "journeys": journeys,
            "share": journeys / all_of,
            **{name: row[name] for name in OUTCOMES},
            "conversion": row["won"] / journeys,
            "time_p50_s": row["time_p50_s"],
            "time_p90_s": row["time_p90_s"],
            "loops": loops(names),
            "deviation": ", ".join(deviations(names, self.paths.agreed)) or None if self.paths.agreed else None,
        }

    def _lead(self, row: dict[str, Any]) -> dict[str, Any]:
        zone = self._limits.zone
        return {
            "lead": row["story"],
            "journey": row["journey"],
            "outcome": "won" if row["won"] and row["outcome"] == "in_stage" else row["outcome"],
            "reason": row["reason"],
            "began_at": instant(row["occurred"], row["day"], zone),
            "last_at": instant(row["last_occurred"], row["last_day"], zone),
            "time_s": None if row["time_us"] is None else row["time_us"] / 1e6,
            "position": row["position"],
            "last_position": row["last_position"],
            "counted": row["is_counted"],
        }

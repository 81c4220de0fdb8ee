"""The view `experiments`: by the first variant seen, how many leads reached the goal, and how sure that is (RULES.md, section 6)."""

from collections.abc import Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.database import rows_of, sql
from projections.errors import QuestionError
from projections.experiments.statistics import fisher, wilson
from projections.goals import goal_step
from projections.known import Known
from projections.result import Column, instant
from projections.selection import Selection, place_in, sorting
from projections.steps import Step, per_lead

MEASURES = (
    *map(Column, ("experiment", "variant")),
    Column("leads", "count"),
    Column("converted", "count"),
    Column("rate", "fraction"),
    Column("low", "fraction"),
    Column("high", "fraction"),
    Column("difference", "fraction"),
    Column("p_value", "fraction"),
    Column("left_out", "count"),
)
OPENED = (
    *map(Column, ("lead", "journey", "experiment", "variant")),
    Column("seen_at", "instant"),
    Column("converted_at", "instant"),
    *map(Column, ("position", "goal_position", "counted")),
)
EXPOSURES = Step(
    name="exposures",
    text=sql("experiments/exposures.sql"),
    tables=("exposure",),
    types=frozenset(("InteractionLogged", "LeadRecycled")),
)
BEHIND = {
    "leads": "NOT mixed",
    "converted": "NOT mixed AND converted",
    "rate": "NOT mixed",
    "left_out": "mixed",
}
Told = tuple[str, Sequence[Column], list[dict[str, Any]], list[str]]  # definition, columns, rows, notes


def experiments(known: Known, asked: Asked, limits: Limits) -> Told:
    """The view. Raises QuestionError."""
    trials = Trials(known, asked, limits)
    return trials.definition, trials.columns, trials.rows(), trials.notes()


def opened_experiments(known: Known, asked: Asked, limits: Limits, cell: str) -> Told:
    """The leads behind a number. cell: EXPERIMENT/VARIANT[,COLUMN]. Raises QuestionError."""
    trials = Trials(known, asked, limits)
    return trials.definition, OPENED, trials.opened(*place_in(cell, "leads")), []


class Trials:
    """The experiments that were asked for, over what is known."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        self._limits = limits
        self._selection = Selection(asked, limits)
        step, self.definition = goal_step(asked)
        per_lead(known, EXPOSURES)
        self._connection = per_lead(known, step)
        self._connection.execute(sql("experiments/counted.sql"))
        self._selection.make(known)

    @property
    def columns(self) -> list[Column]:
        """The columns of `rows`."""
        return [*self._selection.key_columns, *MEASURES]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each variant; the first one of an experiment, by its name, is what the others are tested against."""
        found = rows_of(
            self._connection,
            "SELECT period, key, experiment, variant, count(*) FILTER (NOT mixed) AS leads,"
            " count(*) FILTER (NOT mixed AND converted) AS converted, count(*) FILTER (mixed) AS mixed"
            " FROM selected GROUP BY ALL",
        )
        found.sort(key=lambda row: (sorting(row), row["experiment"], row["variant"]))
        groups: dict[Any, list[dict[str, Any]]] = {}
        for row in found:
            groups.setdefault((row["period"], tuple(row["key"]), row["experiment"]), []).append(row)
        return [self._row(row, group) for group in groups.values() for row in group]

    def notes(self) -> list[str]:
        """How many leads are left out."""
        count = self._connection.sql("SELECT count(DISTINCT story) FROM selected WHERE mixed").fetchall()[0][0]
        told = [f"{count:,} leads saw two variants of an experiment and are left out"] if count else []
        return [*told, *self._selection.undated(self._connection)]

    def opened(self, cell: str, column: str) -> list[dict[str, Any]]:
        """The leads behind a number, over all rows of that variant; those left out over all of the experiment's. Raises QuestionError."""
        if column not in BEHIND:
            raise QuestionError(f"{column!r} has no leads behind it; there are {', '.join(BEHIND)}")
        experiment, slash, variant = cell.rpartition("/")
        if not slash:
            raise QuestionError(f"{cell!r} names no variant; write EXPERIMENT/VARIANT")
        for name, value in {"experiment": experiment, "variant": variant}.items():
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        of_variant = "" if column == "left_out" else " AND variant = getvariable('variant')"
        rows = rows_of(
            self._connection,
            f"SELECT * FROM selected WHERE experiment = getvariable('experiment'){of_variant} AND {BEHIND[column]} ORDER BY story",
        )
        return [self._lead(row, column) for row in rows]

    def _row(self, row: dict[str, Any], group: list[dict[str, Any]]) -> dict[str, Any]:
        first, leads, converted = group[0], row["leads"], row["converted"]
        low, high = wilson(converted, leads)
        compared = row is not first and leads > 0 and first["leads"] > 0
        return {
            **self._selection.keyed(row),
            "experiment": row["experiment"],
            "variant": row["variant"],
            "leads": leads,
            "converted": converted,
            "rate": converted / leads if leads else None,
            "low": low,
            "high": high,
            "difference": converted / leads - first["converted"] / first["leads"] if compared else None,
            "p_value": fisher(converted, leads, first["converted"], first["leads"]) if compared else None,
            "left_out": sum(other["mixed"] for other in group),
        }

    def _lead(self, row: dict[str, Any], column: str) -> dict[str, Any]:
        zone = self._limits.zone
        reached = row["goal_occurred"]
        return {
            "lead": row["story"],
            "journey": row["journey"],
            "experiment": row["experiment"],
            "variant": row["variant"],
            "seen_at": instant(row["occurred"], row["day"], zone),
            "converted_at": None if reached is None else instant(reached, row["goal_day"], zone),
            "position": row["position"],
            "goal_position": row["goal_position"],
            "counted": row["converted"] if column == "rate" else None,
        }

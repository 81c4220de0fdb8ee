"""Customers classed by revenue and by potential: A are those who bring the first 80 % of it, B the next 15 %, C the rest."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from projections.asked import Asked, Limits
from projections.known import Known
from projections.kpi.kpi import number
from projections.result import Column
from projections.scorecards.scorecard import Row, Scorecard

CUSTOMERS = "segments customers"
LIMITS = (("A", Fraction(80, 100)), ("B", Fraction(95, 100)))
LAST = "C"
CLASSED = (Column("share", "fraction"), Column("cumulated", "fraction"), Column("class"), Column("potential_class"))


def customers(
    known: Known, asked: Asked, limits: Limits
) -> tuple[str, Sequence[Column], list[dict[str, Any]], list[str]]:
    """A row for each lead with revenue or open opportunities, those of most revenue first; in each period and group for itself."""
    card = Scorecard(CUSTOMERS, known, asked, limits)
    cells = card.cells()
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in card.values(cells):
        if row.values["revenue"] or row.values["potential"]:
            groups.setdefault((row.period, *row.key[:-1]), []).append(row)
    rows = [
        {**card.told_row(row), **told, "currency": cells.currency}
        for group in groups.values()
        for row, told in _classed(group)
    ]
    columns = card.columns
    return card.definition, [*columns[:-1], *CLASSED, columns[-1]], rows, card.notes()


def _classed(group: Sequence[Row]) -> list[tuple[Row, dict[str, Any]]]:
    """The rows by revenue, each with its share, the share of all up to it, and its classes."""
    ordered = sorted(group, key=lambda row: (-_worth(row, "revenue"), -_worth(row, "potential"), _number(row)))
    by_potential = sorted(group, key=lambda row: (-_worth(row, "potential"), _number(row)))
    of_potential = {
        row.key: kind
        for row, kind in zip(by_potential, classes([_worth(r, "potential") for r in by_potential]), strict=True)
    }
    worth = [_worth(row, "revenue") for row in ordered]
    total = sum(worth, Fraction(0))
    told, so_far = [], Fraction(0)
    for row, kind, value in zip(ordered, classes(worth), worth, strict=True):
        so_far += value
        shares: Mapping[str, Fraction | None] = {
            "share": value / total if total else None,
            "cumulated": so_far / total if total else None,
        }
        told.append(
            (
                row,
                {
                    **{name: number(one) for name, one in shares.items()},
                    "class": kind,
                    "potential_class": of_potential[row.key],
                },
            )
        )
    return told


def classes(worth: Sequence[Fraction]) -> list[str | None]:
    """The class of each, given from the largest on: the one with which a limit is reached still belongs to the class above it.

    None for those who bring nothing.
    """
    total, so_far, found = sum(worth, Fraction(0)), Fraction(0), list[str | None]()
    for value in worth:
        found.append(next((name for name, limit in LIMITS if so_far < limit * total), LAST) if value > 0 else None)
        so_far += value
    return found


def _worth(row: Row, column: str) -> Fraction:
    return max(row.values[column] or Fraction(0), Fraction(0))


def _number(row: Row) -> int:
    return int(row.key[-1] or 0)

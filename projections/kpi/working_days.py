"""Working days: those on which the calendar in force opens; Monday to Friday where nothing is agreed."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb

from events.instants import EPOCH_DAY
from projections.asked import Limits
from projections.definitions.agreement import Agreement, agreement
from projections.definitions.versions import Version, reigns
from projections.errors import DefinitionError
from projections.kpi.stretches import EVER, Cutting, Stretch

FRIDAY = 4


def working_days(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Stretch],
    cutting: Cutting,
    happened: tuple[int, int] | None,
    limits: Limits,
) -> list[int]:
    """How many working days lie in each stretch, up to the asked instant; from what happened first on. Reads `business`."""
    versions = list(_versions(connection))
    first, last = happened or (limits.asked, limits.asked)
    counts = []
    for one in found:
        begins = first if one.begins == -EVER else one.begins
        ends = min(one.ends, max(limits.asked, last if one.everything else limits.asked) + 1)
        days = range(cutting.day(begins), cutting.day(ends - 1) + 1) if begins < ends and not one.missing else range(0)
        counts.append(sum(_works(EPOCH_DAY + timedelta(days=number), versions) for number in days))
    return counts


def _versions(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[date, Agreement]]:
    """Which agreement is in force from which day on."""
    told = []
    rows = connection.sql(
        "SELECT agreement, position, recorded FROM business WHERE type = 'SlaAgreed' ORDER BY position"
    )
    for text, position, recorded in rows.fetchall():
        try:
            told.append(Version(agreement(json.loads(text)), position, recorded))
        except DefinitionError:  # the views of the agreement say so
            continue
    for reign in reigns(told):
        yield reign.version.agreement.effective_from, reign.version.agreement


def _works(day: date, versions: Sequence[tuple[date, Agreement]]) -> bool:
    in_force = [version for begins, version in versions if begins <= day]
    return bool(in_force[-1].calendar.hours_on(day)) if in_force else day.weekday() <= FRIDAY

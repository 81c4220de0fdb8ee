"""Working days: those on which the calendar in force opens; Monday to Friday where nothing is agreed."""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import duckdb

from events.instants import DAY, EPOCH_DAY
from projections.asked import Limits
from projections.definitions.agreement import Agreement, agreement
from projections.kpi.stretches import Stretch

FRIDAY = 4
LONGEST = 40_000  # days; longer stretches have no limits of their own


def working_days(connection: duckdb.DuckDBPyConnection, found: Sequence[Stretch], limits: Limits) -> list[int]:
    """How many working days lie in each stretch, up to the asked instant. Reads `business`."""
    told = connection.sql("SELECT agreement FROM business WHERE type = 'SlaAgreed' ORDER BY position").fetchall()
    versions = sorted((agreement(json.loads(one)) for (one,) in told), key=lambda version: version.effective_from)
    return [_count(one, versions, limits) for one in found]


def _count(stretch: Stretch, versions: Sequence[Agreement], limits: Limits) -> int:
    if stretch.last_day - stretch.first_day > LONGEST:
        return 0
    days = range(stretch.first_day, min(stretch.last_day, limits.asked // DAY) + 1)
    return sum(_works(EPOCH_DAY + timedelta(days=number), versions) for number in days)


def _works(day: date, versions: Sequence[Agreement]) -> bool:
    in_force = [version for version in versions if version.effective_from <= day]
    return bool(in_force[-1].calendar.hours_on(day)) if in_force else day.weekday() <= FRIDAY

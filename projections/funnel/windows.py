"""Windows: how long a step of the funnel may take, `30d`, or `lead=12h,mql=10bd,30d` where stages differ."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from events.instants import DAY, EPOCH_DAY, midnight
from projections.asked import Limits
from projections.business_time import openings_table
from projections.database import sql, table
from projections.definitions.agreement import agreement
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.span import HOUR
from projections.definitions.versions import Version, in_force, reigns
from projections.errors import DefinitionError, QuestionError

WRITTEN = re.compile(r"([1-9]\d{0,4}) ?(d|h|bd|bh)", re.ASCII)
SAID = "write 30d or 12h, 10bd of business days, 16bh of business hours; or mql=10bd,30d: one for a stage, one for all others"
ONE_DAY = timedelta(days=1)
MOST_DAYS = 40  # for each working day asked for: beyond that a calendar is never open
WEEKDAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
AGREED = "SELECT agreement, position, recorded FROM business WHERE type = 'SlaAgreed' ORDER BY position"
NO_WINDOWS = "CREATE TEMP VIEW stepped AS SELECT *, NULL::BOOLEAN AS running FROM spanned;"
NO_BUSINESS = (
    "CREATE TEMP VIEW due AS SELECT NULL::INTEGER AS story, NULL::BIGINT AS journey, NULL::INTEGER AS stage, NULL::BIGINT AS due_at, "
    "NULL::BOOLEAN AS next_late, NULL::BOOLEAN AS end_late, NULL::BIGINT AS ran_out WHERE false"
)


@dataclass(frozen=True, slots=True)
class Window:
    """How long a step may take: µs of wall time, working days, or µs of business hours; one of them."""

    wall: int | None = None
    days: int | None = None
    hours: int | None = None


def windows(told: str, stages: Sequence[str]) -> dict[str, Window]:
    """The window of each stage that has one. Raises QuestionError."""
    found: dict[str, Window] = {}
    others: Window | None = None
    for part in told.split(","):
        stage, named, span = part.rpartition("=")
        stage = stage.strip()
        if named and stage not in stages:
            raise QuestionError(f"within: {stage!r} is no stage; there are {', '.join(stages)}")
        if stage in found or (not named and others is not None):
            raise QuestionError(f"within: {stage or 'what holds for all stages'} is told twice; one window for each")
        if named:
            found[stage] = _window(span)
        else:
            others = _window(span)
    return {stage: window for stage in stages if (window := found.get(stage, others)) is not None}


def _window(told: str) -> Window:
    written = WRITTEN.fullmatch(told.strip())
    if not written:
        raise QuestionError(f"within: {told.strip()!r} is no span of time; {SAID}")
    amount = int(written[1])
    match written[2]:
        case "d":
            return Window(wall=amount * DAY)
        case "h":
            return Window(wall=amount * HOUR)
        case "bd":
            return Window(days=amount)
        case _:
            return Window(hours=amount * HOUR)


def make_steps(
    connection: duckdb.DuckDBPyConnection, found: Mapping[str, Window], stages: Sequence[str], limits: Limits
) -> None:
    """Makes `stepped` (windows.sql) over `spanned` and, where business time counts, `business`. Raises QuestionError.

    found: of each stage that has one; where none has, every step counts.
    """
    if not found:
        connection.execute(NO_WINDOWS)
        return
    numbers = {stage: number for number, stage in enumerate(stages, 1)}
    columns = {
        name: pa.array([getattr(window, name) for window in found.values()], pa.int64())
        for name in ("wall", "days", "hours")
    }
    table(connection, "term", pa.table({"stage": pa.array([numbers[stage] for stage in found], pa.int32()), **columns}))
    connection.execute("SET VARIABLE last = $value", {"value": len(stages)})
    if all(window.wall is not None for window in found.values()):
        connection.execute(NO_BUSINESS)
    else:
        _business(connection, list(found.values()), limits)
    connection.execute(sql("funnel/windows.sql"))


def _business(connection: duckdb.DuckDBPyConnection, found: Sequence[Window], limits: Limits) -> None:
    hours = max((window.hours for window in found if window.hours is not None), default=0)
    calendar = _calendar(connection, limits, hours > 0)
    first, last = connection.sql(
        "SELECT min(least(occurred, next_at, ended_at)), max(greatest(occurred, next_at, ended_at)) FROM spanned WHERE dateable"
    ).fetchall()[0]
    begins, ends = (
        EPOCH_DAY + timedelta(days=(limits.asked if at is None else at) // DAY + more)
        for at, more in ((first, -2), (last, 2))
    )
    working = _working_days(calendar, begins, ends, max((window.days or 0 for window in found), default=0))
    until = max([ends, *working[-1:]])
    days = [begins + ONE_DAY * count for count in range((until - begins).days + 1)]
    own = {
        "number": pa.array([(day - EPOCH_DAY).days for day in days], pa.int32()),
        "begins": pa.array([midnight(day, calendar.zone) for day in days], pa.int64()),
        "ends": pa.array([midnight(day + ONE_DAY, calendar.zone) for day in days], pa.int64()),
    }
    table(connection, "own_day", pa.table(own))
    told = {
        "number": pa.array(range(1, len(working) + 1), pa.int64()),
        "day": pa.array([(day - EPOCH_DAY).days for day in working], pa.int32()),
        "ends": pa.array([midnight(day + ONE_DAY, calendar.zone) for day in working], pa.int64()),
    }
    table(connection, "working_day", pa.table(told))
    openings_table(connection, [calendar] if hours else [], begins, ends, hours)
    connection.execute(sql("funnel/business_windows.sql"))


def _working_days(calendar: BusinessCalendar, begins: date, ends: date, more: int) -> list[date]:
    """Those from the first day to the last, and so many more. Raises QuestionError."""
    found: list[date] = []
    day, latest, behind = begins, ends + ONE_DAY * (MOST_DAYS * more + 366), 0
    while day <= ends or behind < more:
        if calendar.hours_on(day):
            found.append(day)
            behind += day > ends
        day += ONE_DAY
        if day > latest:
            raise QuestionError(f"within: the calendar of the agreement has not {more} working days after {ends}")
    return found


def _calendar(connection: duckdb.DuckDBPyConnection, limits: Limits, hours: bool) -> BusinessCalendar:
    """That of the agreement in force at the asked instant; Monday to Friday in the reporting zone where there is none."""
    versions = []
    for told, position, recorded in connection.sql(AGREED).fetchall():
        try:
            versions.append(Version(agreement(json.loads(told)), position, recorded))
        except DefinitionError:  # the views of the agreement say so
            continue
    version = in_force(reigns(versions), limits.asked)
    if version is not None:
        return version.agreement.calendar
    if hours:
        raise QuestionError(
            "within: business hours are those of an agreement, and none is in force; write 10bd, 12h or 30d"
        )
    return BusinessCalendar.model_validate({"zone": limits.zone, "hours": WEEKDAYS})

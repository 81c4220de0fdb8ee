"""Handoffs that nobody answered: how old they are, and since when they are past the agreement's `expires_after`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from events.instants import DAY, EPOCH_DAY
from projections.business_time import BusinessTime
from projections.database import rows_of
from projections.definitions.agreement import Agreement
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.span import Span
from projections.handoffs.audit import Audit

UNANSWERED = "SELECT * FROM selected WHERE status = 'open' AND occurred <= {asked} ORDER BY occurred, row"
PAUSES = (
    "SELECT handed, begins, ends FROM pause SEMI JOIN selected ON selected.row = pause.handed ORDER BY handed, place"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open handoff.

    row: of the audit. agreement: in force at the handoff. limit: what it says. expires: µs; None where it says nothing, the handoff is
    known only by its day, or it is paused.
    """

    row: dict[str, Any]
    agreement: Agreement | None
    limit: Span | None
    expires: int | None
    paused: bool


def waiting(audit: Audit, asked: int) -> Iterator[Waiting]:
    """The open handoffs among `selected`, oldest first. asked: µs of the instant at which it is asked.

    The clock is that of the agreement in force at the handoff: its tier's calendar, else its own. Open time in pauses does not count; a
    pause that begins when the time is over changes nothing.
    """
    rows = rows_of(audit.connection, UNANSWERED.format(asked=asked))
    pauses: dict[int, list[tuple[int, int | None]]] = {}
    for pause in rows_of(audit.connection, PAUSES):
        pauses.setdefault(pause["handed"], []).append((pause["begins"], pause["ends"]))
    first = min((row["occurred"] for row in rows), default=0)
    clocks: dict[str, BusinessTime] = {}
    for row in rows:
        version = audit.agreed.versions[row["version"]] if audit.agreed and row["version"] is not None else None
        limit = version.handoff.expires_after if version and version.handoff else None
        held = [(begins, ends) for begins, ends in pauses.get(row["row"], []) if begins <= asked]
        lasting = any(ends is None or ends > asked for _, ends in held)
        if version is None or limit is None or row["day"] is not None:
            yield Waiting(row, version, limit, None, lasting)
            continue
        tier = None if row["tier_number"] is None else version.sales.tier[row["tier_number"]]
        calendar = version.calendar if tier is None else version.calendar_of(tier)
        clock = _clock(clocks, calendar, first, asked)
        expires = _over(clock, limit, row["occurred"], held, asked)
        yield Waiting(row, version, limit, expires, lasting)


def _clock(clocks: dict[str, BusinessTime], calendar: BusinessCalendar, first: int, last: int) -> BusinessTime:
    if calendar.definition not in clocks:
        days = [EPOCH_DAY + timedelta(days=at // DAY) for at in (first, last)]
        clocks[calendar.definition] = BusinessTime(calendar, days[0] - timedelta(days=2), days[1])
    return clocks[calendar.definition]


def _over(clock: BusinessTime, limit: Span, start: int, pauses: list[tuple[int, int | None]], asked: int) -> int | None:
    """When the time is over (µs); None while a pause lasts."""
    over, held = clock.due(start, limit), 0
    for begins, ends in pauses:
        if begins >= over:
            break
        if ends is None or ends > asked:
            return None
        held += ends - begins if limit.wall else clock.at(ends) - clock.at(begins)
        over = start + limit.micros + held if limit.wall else clock.instant(clock.at(start) + limit.micros + held)
    return over

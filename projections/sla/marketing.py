"""Marketing's side of the agreement: qualified leads promised and delivered, and the share of them that sales accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from events.instants import EPOCH, EPOCH_DAY, midnight
from projections.asked import Asked, Limits
from projections.database import rows_of, sql, table
from projections.definitions.agreement import Agreement, Marketing
from projections.errors import QuestionError
from projections.known import Known
from projections.ordering import make_order
from projections.periods import GRAINS, WRITTEN_AS, Grain, days_of
from projections.result import Column
from projections.sla.agreed import Agreed, agreed
from projections.sla.promises import HANDOFFS, handed_off, tell
from projections.steps import Step, per_lead

COLUMNS = (
    Column("period"),
    Column("promise"),
    Column("promised"),
    Column("delivered"),
    Column("attainment", "fraction"),
    Column("pace", "fraction"),
    Column("verdict"),
)

COUNTS = (
    "SELECT number, count(*) FILTER (delivers) AS delivered, count(*) FILTER (accepted) AS accepted,"
    " count(*) FILTER (returned) AS returned FROM delivery GROUP BY number"
)
COURSE = "\n".join(sql(file) for file in ("sla/course.sql", "sla/delivered.sql"))


def _deliver(connection: duckdb.DuckDBPyConnection) -> None:
    make_order(connection)
    connection.execute(COURSE)


HANDED_OVER = Step(
    name="handedover",
    text=handed_off(),
    tables=("handed_over",),
    definition=COURSE,
    types=frozenset((*HANDOFFS, "LeadRecycled", "LeadScored", "MarketingQualified")),
    finish=_deliver,
)


@dataclass(frozen=True)
class Term:
    """A period and what marketing promises for it: the version that is in force at its start.

    first ≤ day < end, in the calendar's zone; begins ≤ t < ends (µs of UTC).
    """

    period: str
    side: Marketing
    first: date
    end: date
    begins: int
    ends: int

    def elapsed(self, asked: int) -> Fraction:
        """The share of the period that is over."""
        return min(Fraction(1), max(Fraction(0), Fraction(asked - self.begins, self.ends - self.begins)))

    def row(self, promise: str, promised: float, delivered: float | None, asked: int) -> dict[str, Any]:
        """A row of the view. asked: µs."""
        reached = delivered is not None and delivered >= promised
        over = asked >= self.ends
        elapsed = self.elapsed(asked)
        paced = promise == "qualified_leads" and not over and elapsed > 0
        return {
            "period": self.period,
            "promise": promise,
            "promised": promised,
            "delivered": delivered,
            "attainment": None if delivered is None else delivered / promised,
            "pace": float(delivered / (promised * elapsed)) if paced and delivered is not None else None,
            "verdict": "met" if reached else "running" if not over else "excluded" if delivered is None else "breached",
        }


class Delivered(NamedTuple):
    """A period and what came of its promise: leads delivered; handoffs accepted, and those rejected or expired."""

    term: Term
    delivered: int
    accepted: int
    returned: int


def marketing(known: Known, asked: Asked, limits: Limits) -> tuple[Agreed, list[dict[str, Any]]]:
    """A row for each period and promise. Raises QuestionError."""
    told, terms = delivered(known, asked, limits)
    return told, [row for one in terms for row in _rows(one, limits.asked)]


def delivered(known: Known, asked: Asked, limits: Limits) -> tuple[Agreed, list[Delivered]]:
    """What was promised and what came of it in each period. Raises QuestionError.

    Makes `delivery`: the handoffs, by the number of their period's place in the answer.

    Periods are those of the promise, cut in its calendar's zone: those that `since`, `until` or `period` touch, else from the
    first event under an agreement to the asked instant.
    """
    connection = known.business()
    told = agreed(connection)
    if not any(version.marketing for version in told.versions):
        raise QuestionError(
            f"marketing promises nothing in {told.versions[-1].name}: add [marketing] to the agreement and record it with `leadlog agree`"
        )
    terms = list(_terms(told.versions, *_window(known, told, asked, limits)))
    if asked.grain is not None and (other := {_per(term.side) for term in terms} - {asked.grain}):
        raise QuestionError(f"marketing promises by the {min(other)}, not by the {asked.grain}: leave the grain out")
    per_lead(known, HANDED_OVER)
    table(connection, "term_of", _table(terms))
    tell(connection, (("asked", limits.asked),))
    connection.execute(sql("sla/marketing.sql"))
    counts = {row["number"]: row for row in rows_of(connection, COUNTS)}
    nothing = {"delivered": 0, "accepted": 0, "returned": 0}
    found = (counts.get(number, nothing) for number in range(len(terms)))
    return told, [
        Delivered(term, count["delivered"], count["accepted"], count["returned"])
        for term, count in zip(terms, found, strict=True)
    ]


def _rows(one: Delivered, asked: int) -> Iterator[dict[str, Any]]:
    term = one.term
    if term.side.qualified_leads is not None:
        yield term.row("qualified_leads", term.side.qualified_leads.count, one.delivered, asked)
    if term.side.accepted_share is not None:
        answered = one.accepted + one.returned
        yield term.row("accepted_share", term.side.accepted_share, one.accepted / answered if answered else None, asked)


def _per(side: Marketing) -> Grain:
    return side.qualified_leads.per if side.qualified_leads is not None else "month"


def _window(known: Known, told: Agreed, asked: Asked, limits: Limits) -> tuple[date, date]:
    """The first and the last day that are asked for."""
    if asked.period is not None and asked.period not in GRAINS:
        days = days_of(asked.period)
        return days.first, days.end - timedelta(days=1)
    first, last = limits.since, limits.until
    if first is None:
        (first,) = known.everything().sql("SELECT min(occurred) FROM history").fetchall()[0]
    zone = told.versions[-1].calendar.zone

    def day(micros: int) -> date:
        return (EPOCH + timedelta(microseconds=micros)).astimezone(zone).date()

    return day(limits.asked if first is None else first), day(limits.asked if last is None else last - 1)


def _terms(versions: Sequence[Agreement], first: date, last: date) -> Iterator[Term]:
    """The periods that begin under a promise and have a day from first to last."""

    def in_force(day: date) -> Agreement | None:
        return next((version for version in reversed(versions) if version.effective_from <= day), None)

    day = first
    while day <= last:
        version = in_force(day)
        if version is None:
            day = versions[0].effective_from
            continue
        name = WRITTEN_AS[_per(version.marketing) if version.marketing else "month"](day)
        days = days_of(name)
        promising = in_force(days.first)
        if promising is not None and promising.marketing is not None:
            zone = promising.calendar.zone
            yield Term(
                name, promising.marketing, days.first, days.end, midnight(days.first, zone), midnight(days.end, zone)
            )
        day = days.end


def _table(terms: Sequence[Term]) -> pa.Table:
    rows = [
        {
            "number": number,
            "begins": term.begins,
            "ends": term.ends,
            "first_day": (term.first - EPOCH_DAY).days,
            "end_day": (term.end - EPOCH_DAY).days,
            "minimum_score": term.side.minimum_score,
        }
        for number, term in enumerate(terms)
    ]
    types = {
        "number": pa.int32(),
        "begins": pa.int64(),
        "ends": pa.int64(),
        "first_day": pa.int32(),
        "end_day": pa.int32(),
    }
    return pa.Table.from_pylist(rows, pa.schema([*types.items(), ("minimum_score", pa.int64())]))

"""Agreements as people look at them: the list of versions, and one with all that it promises."""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.agreements import states
from projections.definitions.agreement import Agreement, Tier
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.special_days import written
from projections.definitions.versions import Version
from projections.definitions.working_week import WEEKDAYS
from projections.result import Column, Result, instant

LISTED = tuple(map(Column, "name effective_from state position recorded_at actor definition".split()))
SHOWN = tuple(map(Column, "side tier promise promised when calendar".split()))


def listed(versions: Sequence[Version], now: int, position: int, zone: ZoneInfo) -> Result:
    """A version a row, by first day. now: µs; the instant at which one is in force."""
    state = states(versions, now)
    rows = [
        {
            "name": version.agreement.name,
            "effective_from": str(version.agreement.effective_from),
            "state": state[version.position],
            "position": version.position,
            "recorded_at": instant(version.recorded_at, None, zone),
            "actor": version.actor,
            "definition": version.agreement.definition,
        }
        for version in sorted(versions, key=lambda version: (version.agreement.effective_from, version.position))
    ]
    columns = [Column("recorded_at", "instant") if column.name == "recorded_at" else column for column in LISTED]
    return Result("agreements", None, position, None, columns, rows)


def shown(version: Version) -> Result:
    """A promise a row; the hours stand below."""
    told = version.agreement
    empty: dict[str, Any] = {column.name: None for column in SHOWN}
    rows = [empty | row for row in (*_sales(told), *_marketing(told), *_handoff(told))]
    own = [tier for tier in told.sales.tier if tier.calendar]
    notes = [
        f"{told.name}, from {told.effective_from} on. Answered by {', '.join(told.sales.responds_by)}.",
        *_hours("calendar", told.calendar),
        *(line for tier in own if tier.calendar for line in _hours(f"calendar of {tier.id}", tier.calendar)),
    ]
    return Result("agreement", told.definition, version.position, None, SHOWN, rows, notes)


def _sales(told: Agreement) -> Iterator[dict[str, Any]]:
    for tier in told.sales.tier:
        about = {
            "side": "sales",
            "tier": tier.id,
            "when": str(tier.when) if tier.when else None,
            "calendar": _called(told.calendar_of(tier)),
        }
        promises = list(_promises(tier))
        yield from ({**about, "promise": promise, "promised": promised} for promise, promised in promises)
        if not promises:
            yield {**about, "promised": "nothing"}


def _promises(tier: Tier) -> Iterator[tuple[str, str]]:
    if tier.response:
        yield "response", str(tier.response)
    if tier.decision:
        yield "decision", str(tier.decision)
    if tier.follow_up:
        yield "follow_up", f"{tier.follow_up.count} within {tier.follow_up.within}"


def _marketing(told: Agreement) -> Iterator[dict[str, Any]]:
    if not (side := told.marketing):
        return
    if side.qualified_leads:
        promised = f"{side.qualified_leads.count:,} a {side.qualified_leads.per}"
        yield {"side": "marketing", "promise": "qualified_leads", "promised": promised}
    if side.minimum_score is not None:
        yield {"side": "marketing", "promise": "minimum_score", "promised": str(side.minimum_score)}
    if side.accepted_share is not None:
        yield {"side": "marketing", "promise": "accepted_share", "promised": f"{side.accepted_share * 100:g} %"}


def _handoff(told: Agreement) -> Iterator[dict[str, Any]]:
    if not (terms := told.handoff):
        return
    if terms.requires:
        yield {"side": "handoff", "promise": "requires", "promised": ", ".join(terms.requires)}
    if terms.expires_after:
        yield {"side": "handoff", "promise": "expires_after", "promised": str(terms.expires_after)}


def _called(calendar: BusinessCalendar) -> str:
    return f"{calendar.zone.key}, {calendar.holidays}" if calendar.holidays else calendar.zone.key


def _hours(name: str, calendar: BusinessCalendar) -> Iterator[str]:
    days = (
        f"{day} {', '.join(map(str, calendar.hours.on(place)))}"
        for place, day in enumerate(WEEKDAYS)
        if calendar.hours.on(place)
    )
    yield f"{name}: {_called(calendar)}: {'; '.join(days)}"
    if calendar.closed:
        yield f"{name}: closed {'; '.join(written(calendar.closed))}"
    if calendar.open:
        yield f"{name}: open {'; '.join(written(calendar.open))}"

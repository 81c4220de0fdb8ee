"""What marketing promised and delivered in each stretch of time, from the view `sla marketing`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from events.instants import EPOCH_DAY
from projections.asked import Asked, Limits
from projections.known import Known
from projections.kpi.cells import Total
from projections.kpi.stretches import EVER, Stretch
from projections.sla.marketing import Delivered, delivered


def leads_promised(known: Known, found: Mapping[int, Stretch], limits: Limits) -> dict[tuple[str, int], Total]:
    """Leads promised, delivered, and due by now of those of running periods, by the number of the stretch.

    A period of the promise that a stretch cuts through makes them missing. Raises QuestionError where marketing promises nothing.
    """
    begins = [one.begins for one in found.values() if one.begins > -EVER]
    ends = [one.ends for one in found.values() if -EVER < one.ends < EVER]
    window = replace(
        limits,
        since=min(begins) if len(begins) == len(found) else None,
        until=max(ends) if len(ends) == len(found) else None,
    )
    terms = [one for one in delivered(known, Asked(), window)[1] if one.term.side.qualified_leads is not None]
    totals: dict[tuple[str, int], Total] = {}
    for number, stretch in found.items():
        for name, total in _of(stretch, terms, limits.asked):
            totals[name, number] = total
    return totals


def _of(stretch: Stretch, terms: Sequence[Delivered], asked: int) -> list[tuple[str, Total]]:
    touched = [one for one in terms if _first(one) <= stretch.last_day and _last(one) >= stretch.first_day]
    if not touched:
        return []
    whole = [one for one in touched if stretch.first_day <= _first(one) and _last(one) <= stretch.last_day]
    if len(whole) < len(touched):
        per = touched[0].term.side.qualified_leads
        assert per is not None
        missing = Total(missing=f"leads are promised by the {per.per} as a whole")
        return [(name, missing) for name in ("leads_promised", "leads_delivered", "leads_due")]
    told = [("leads_promised", _total(sum(_promised(one) for one in whole)))]
    told.append(("leads_delivered", _total(sum(one.delivered for one in whole))))
    if any(one.term.begins <= asked < one.term.ends for one in whole):
        told.append(
            ("leads_due", _total(sum((_promised(one) * one.term.elapsed(asked) for one in whole), Fraction(0))))
        )
    return told


def _total(amount: int | Fraction) -> Total:
    return Total(amounts={(None, None): Fraction(amount)})


def _promised(one: Delivered) -> int:
    assert one.term.side.qualified_leads is not None
    return one.term.side.qualified_leads.count


def _first(one: Delivered) -> int:
    return (one.term.first - EPOCH_DAY).days


def _last(one: Delivered) -> int:
    return (one.term.end - EPOCH_DAY).days - 1

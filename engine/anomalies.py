"""What breaks the lifecycle in what is recorded: one row an event at most, the first kind that fits."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from engine.intake.parking import fact_of
from engine.lead import DEPENDS_ON
from engine.merges import Merges
from engine.runs import retracted_runs
from engine.store.log import Log
from engine.story import Story
from engine.ties import Fact
from events.instants import wire
from projections.anomalies import negative_spans
from projections.asked import Asked, Clock, limits
from projections.history import History
from projections.result import Column, Result, instant

COLUMNS = ("lead", "kind", "type", "position", "time", "detail")


def anomalies(log: Log, history: History, asked: Asked, zone: str, clock: Clock) -> Result:
    """The events that were recorded and are illegal by their time, spans that run backwards, and ids that look alike.

    Judged by the merges known at `as_of`, as a report of that instant would.
    """
    cut = limits(asked, zone, clock)
    found = {row["position"]: row for row in _illegal(log, cut.as_of)}
    for kind, rows in (
        ("negative_span", negative_spans(history, asked, zone, clock)),
        ("similar_id", _similar(log, cut.as_of)),
    ):
        for row in rows:
            found.setdefault(row["position"], {**row, "kind": kind})
    rows = [
        {
            "lead": row["lead"],
            "kind": row["kind"],
            "type": row["type"],
            "position": position,
            "time": instant(row["at"][0], row["at"][1], cut.zone) if "at" in row else row["time"],
            "detail": row["detail"],
        }
        for position, row in sorted(found.items())
    ]
    as_of = None if cut.as_of is None else wire(cut.as_of)
    columns = [Column(name, "instant" if name == "time" else None) for name in COLUMNS]
    return Result("anomalies", None, log.head().position, as_of, columns, rows)


def _illegal(log: Log, as_of: int | None) -> Iterator[dict[str, Any]]:
    """One lead's story after the other; only the merged ones wait until all their leads have been read."""
    with log.reading() as reading:
        merges, retracted = Merges.of(reading, as_of), retracted_runs(reading, as_of)
    waiting: dict[frozenset[int], list[tuple[int, Fact]]] = defaultdict(list)
    for lead, facts in _facts_by_lead(log, as_of, retracted):
        members = merges.group(lead)
        if len(members) == 1:
            yield from _of_story([(lead, fact) for fact in facts])
        else:
            waiting[members] += [(lead, fact) for fact in facts]
    for story in waiting.values():
        yield from _of_story(story)


def _facts_by_lead(log: Log, as_of: int | None, retracted: frozenset[str]) -> Iterator[tuple[int, list[Fact]]]:
    lead, facts = 0, list[Fact]()
    for row in log.by_lead(DEPENDS_ON):
        if row.run in retracted or (as_of is not None and row.recorded_at > as_of):
            continue
        if row.lead != lead:
            if facts:
                yield lead, facts
            lead, facts = row.lead, []
        facts.append(fact_of(row))
    if facts:
        yield lead, facts


def _of_story(facts: Sequence[tuple[int, Fact]]) -> Iterator[dict[str, Any]]:
    lead_of = {fact.position: lead for lead, fact in facts}
    for fact, kind, detail in Story(fact for _, fact in facts).anomalies():
        yield {
            "lead": lead_of[fact.position], "kind": kind, "type": type(fact.event).__name__, "position": fact.position,
            "at": (fact.time.start, fact.time.day), "detail": detail,
        }  # fmt: skip


def _similar(log: Log, as_of: int | None) -> Iterator[dict[str, Any]]:
    """Ids of one source that differ in case, blanks or Unicode form only; at the first event of the one that came later."""
    first_of: dict[tuple[str, str], str] = {}
    with log.reading() as reading:
        retracted = retracted_runs(reading, as_of)
    for first in log.first_events():
        row = first
        if row.run in retracted:
            others = (later for later in log.rows(lead=row.lead) if later.run not in retracted)
            row = next(others, first)
        if row.run in retracted or (as_of is not None and row.recorded_at > as_of):
            continue
        event = log.recorded(row)
        if event.subject is None:
            continue
        other = first_of.setdefault((event.source, _folded(event.subject)), event.subject)
        if other != event.subject:
            yield {
                "lead": row.lead, "type": row.type, "position": row.position, "at": (row.occurred_at, row.occurred_day),
                "detail": f"{event.subject!r} is written like {other!r} of the same source",
            }  # fmt: skip


def _folded(subject: str) -> str:
    return "".join(unicodedata.normalize("NFKC", subject).casefold().split())

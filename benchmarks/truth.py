"""Truth at scale: what the views say of the whole log is what the plain-Python references of the tests say of a tenth of the leads.

Row by row: the views over all events, of which the sampled leads' rows are taken. And in sum: the funnel over a log of the
sampled leads' events alone.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.bench import ASKED_AT, Bench
from benchmarks.delivered import delivered
from benchmarks.sampled import Sample
from engine.workspace import Workspace
from events.instants import parse_instant
from projections.asked import Asked
from projections.definitions.business_calendar import BusinessCalendar
from projections.history import History
from projections.views import ask
from tests.projections import handoffs_reference, reference, sla_reference
from tests.projections.fake_log import FakeLog

ZONE = ZoneInfo("Europe/Berlin")
Row = Mapping[str, Any]


def check(bench: Bench) -> None:
    """All checks."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        for view in ROW_BY_ROW:
            with bench.measuring("truth", view):
                told = process.submit(row_by_row, bench.workspace, view).result()
                rule = f"`{view}` over the whole log says of each sampled lead what the reference says"
                bench.check("truth", rule, *told.said)
        for question in QUESTIONS:
            options = "".join(f", {name} {value}" for name, value in question.items())
            with bench.measuring("truth", f"funnel{options}"):
                told = process.submit(in_sum, bench.workspace, question).result()
                bench.check("truth", f"`funnel`{options} over the sampled leads is the reference's", *told.said)
    delivered(bench)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many rows were compared, which of them differ, and over how many leads and events."""

    rows: int
    wrong: int
    first: str
    leads: int
    events: int

    @classmethod
    def of(cls, rows: int, wrong: Sequence[Any], sample: Sample) -> "Compared":
        """The count of what differs, and the first of it."""
        first = str(wrong[0])[:500] if wrong else ""
        return cls(rows, len(wrong), first, sample.leads.num_rows, sample.events.num_rows)

    @property
    def said(self) -> tuple[bool, str]:
        """Whether it holds, and in words."""
        told = f"{self.rows:,} rows of {self.leads:,} leads with {self.events:,} events"
        return not self.wrong and self.rows > 0, told + (f"; {self.wrong:,} differ: {self.first}" if self.wrong else "")


def row_by_row(workspace: Path, view: str) -> Compared:
    """A view over everything against its reference over the sample, some stories after the others."""
    key, expect = ROW_BY_ROW[view]
    history, sample = _sample(workspace)
    stories = sample.stories
    rows = ask(view, history, Asked.of({"now": ASKED_AT}), ZONE.key, lambda: 0).rows
    found = {tuple(row[name] for name in key): row for row in rows if row["lead"] in stories}
    count, wrong = 0, list[Any]()
    for portion in sample.portions():
        for expected in expect(portion):
            count += 1
            seen = found.pop(tuple(expected[name] for name in key), {})
            if not same(seen, expected):
                wrong.append((seen, expected))
    return Compared.of(count, [*wrong, *found.values()], sample)


@cache
def _sample(workspace: Path) -> tuple[History, Sample]:
    """Read once in the process that compares."""
    here = Workspace.find(workspace)
    history = History.open(here.history, here.log)
    return history, Sample.of(history, here.log)


def entries(log: FakeLog) -> Iterator[Row]:
    """The funnel's inner step: each journey at each stage."""
    question = asked()
    for journey in reference.journeys(log, None):
        entered = journey.entered(question.count)
        for stage, (event, own) in entered.items():
            one = reference.Entry(journey, stage, event, own, entered, question)
            yield {
                "lead": journey.story, "journey": journey.number, "stage": stage,
                "next_stage": one.later[0] if one.later else None, "outcome": one.outcome, "position": event["position"],
                "time_s": one.time, "age_s": one.age, "lost_s": one.lost,
            }  # fmt: skip


def verdicts(log: FakeLog) -> list[dict[str, Any]]:
    """Each promise of each handoff."""
    sla_reference.openings = openings  # the tests' own calendar ends with the weeks that they are about
    return sla_reference.verdicts(log, asked().asked, ZONE)


@cache
def openings(told: str) -> list[tuple[int, int]]:
    """The open time of a calendar over the sample's years."""
    return BusinessCalendar.model_validate(json.loads(told)).openings(date(2023, 12, 1), date(2026, 3, 1))


ROW_BY_ROW: Mapping[str, tuple[tuple[str, ...], Callable[[FakeLog], Any]]] = {
    "funnel.per_lead": (("lead", "journey", "stage"), entries),
    "handoffs": (("lead", "handoff"), partial(handoffs_reference.handoffs, zone=ZONE)),
    "sla verdicts": (("lead", "handoff", "promise"), verdicts),
}
QUESTIONS: Sequence[Mapping[str, str]] = (
    {},
    {"count": "strict", "by": "channel"},
    {"count": "furthest", "period": "month", "basis": "period"},
)


def in_sum(workspace: Path, question: Mapping[str, str]) -> Compared:
    """The funnel over the sample alone against the reference."""
    _, sample = _sample(workspace)
    log = sample.whole()
    options = Asked.of({**question, "now": ASKED_AT})
    found = ask("funnel", History.open(None, log), options, ZONE.key, lambda: 0).rows
    expected = reference.funnel(log, asked(options))
    wrong = [pair for pair in zip(found, expected, strict=False) if not same(*pair)]
    return Compared.of(len(expected), [*wrong, *found[len(expected) :], *expected[len(found) :]], sample)


def asked(options: Asked | None = None) -> reference.Question:
    """The question as the reference takes it."""
    options = options or Asked()
    return reference.Question(
        ZONE,
        parse_instant(ASKED_AT, ZONE).end,
        options.dimensions,
        options.grain,
        count=options.count,
        basis=options.basis,
    )


def same(found: Row, expected: Row) -> bool:
    """Whether a row has every value that is expected; numbers to a billionth."""
    return all(name in found and _equal(found[name], value) for name, value in expected.items())


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float | int):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected)

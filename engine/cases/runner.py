"""Runs cases, each in a workspace of its own that is gone afterwards."""

import tempfile
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.agreements import agree
from engine.cases.case import Case, Kept, Step, cloudevent
from engine.cases.compare import agrees, matching
from engine.erasure import erase
from engine.errors import Trouble
from engine.intake.element import Element
from engine.intake.intake import Intake
from engine.intake.ndjson import FORMAT, ndjson_again
from engine.retraction import retract
from engine.views import ask
from engine.workspace import Workspace
from events.cloudevents import Sender
from events.faults import Fault
from events.instants import Instant, parse_instant, wire, zone_named
from projections.definitions.agreement import agreement
from projections.errors import QuestionError

CONTEXT = {"format": FORMAT, "encoding": "utf-8", "source": None}


@dataclass(slots=True)
class Failure:
    """One expectation that did not hold. expected and found are printed side by side."""

    step: str
    expected: Any
    found: Any


@dataclass(slots=True)
class Outcome:
    """What came of a case."""

    failures: list[Failure] = field(default_factory=list)
    steps: int = 0


def run(case: Case) -> Outcome:
    """Take the case's events in, in order of arrival, and ask what is expected of them."""
    outcome = Outcome()
    error_expected = next((step.error for step in case.expect if step.error is not None), None)
    with tempfile.TemporaryDirectory(prefix="leadlog-case-") as folder:
        try:
            _run_in(Path(folder) / "workspace", case, outcome)
        except (Trouble, Fault, QuestionError) as trouble:
            if error_expected is None or error_expected.casefold() not in str(trouble).casefold():
                outcome.failures.append(Failure("the case", error_expected or "no error", str(trouble)))
            return outcome
    if error_expected is not None:
        outcome.failures.append(Failure("the case", f"refused: {error_expected}", "it was taken"))
    return outcome


def _run_in(folder: Path, case: Case, outcome: Outcome) -> None:
    agreed = agreement(case.agreement) if case.agreement is not None else None
    zone = zone_named(case.zone) if case.zone else agreed.calendar.zone if agreed else zone_named("UTC")
    told = _told(case, zone)
    clock = Clock(0)
    workspace = Workspace.init(folder, zone.key, case.currency, clock)
    try:
        if agreed:
            agree(workspace, agreed)  # known from the beginning
        last = _take(workspace, case, told, zone, clock)
        workspace = Workspace.find(folder, clock)
        for run_ in case.retract:
            retract(workspace, run_)
        for subject in case.erase:
            erase(workspace, subject)
        asked = _asked(case, last, zone)
        clock.micros = max(clock.micros, asked)
        for step in case.expect:
            outcome.steps += 1
            if step.view is not None:
                _check_view(workspace, case, step, asked, outcome)
            elif step.quarantine is not None:
                _check_quarantine(workspace, step.quarantine, told, outcome)
    finally:
        workspace.close()


class Clock:
    """A clock that stands where it is put. micros: µs since 1970."""

    def __init__(self, micros: int) -> None:
        self.micros = micros

    def __call__(self) -> int:
        """µs."""
        return self.micros


def _told(case: Case, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The case's events on the wire, each with the instant at which it was learned."""
    told, learned = [], 0
    for number, event in enumerate(case.events, 1):
        sent = cloudevent(number, event)
        try:
            known = parse_instant(sent.get("knowntime", sent.get("time")), zone, days=zone).start
        except Fault:
            known = learned  # a time that cannot be read is what the case is about
        learned = known if "knowntime" in sent else max(learned, known)
        told.append(sent | {"knowntime": wire(learned)})
    return told


def _take(workspace: Workspace, case: Case, told: list[dict[str, Any]], zone: ZoneInfo, clock: Clock) -> int:
    def sender_of(source: str | None) -> Sender:
        return Sender(source, trusted=source in case.trusted, archive=True, days=zone)

    last = 0
    numbered = list(enumerate(told, 1))
    for run_, portion in groupby(numbered, key=lambda one: one[1].get("run", "case")):
        elements: list[Element] = []
        for number, event in portion:
            sent = {name: value for name, value in event.items() if name != "run"}
            element = ndjson_again(msgspec.json.encode(sent), CONTEXT, sender_of)
            element.where = f"event {number}"
            elements.append(element)
            last = max(last, parse_instant(event["knowntime"]).start)
        clock.micros = last
        Intake(workspace.log, workspace.keys, sender_of, run_).take(elements)
    return last


def _asked(case: Case, last: int, zone: ZoneInfo) -> int:
    if case.now is None:
        return last
    now: Instant = parse_instant(case.now, zone, field="now", days=zone)
    return now.end


def _check_view(workspace: Workspace, case: Case, step: Step, asked: int, outcome: Outcome) -> None:
    assert step.view is not None
    assert step.rows is not None
    told = f"view {step.view}" + (f" {step.options}" if step.options else "")
    try:
        result = ask(workspace, step.view, step.options, now=asked, model=case.funnel_model, kpis=case.kpis)
    except (QuestionError, Trouble) as error:
        outcome.failures.append(Failure(told, step.rows, str(error)))
        return
    rows = result.document()["rows"]
    for expected in step.rows:
        found = matching(expected, rows)
        if len(found) != 1:
            nearest = found or _nearest(expected, rows)
            what = "no row like it; the nearest" if not found else f"{len(found)} rows like it"
            outcome.failures.append(Failure(f"{told}: {what}", expected, nearest))
    if step.only and len(rows) != len(step.rows):
        outcome.failures.append(Failure(f"{told}: only these rows", f"{len(step.rows)} rows", rows))


def _nearest(expected: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | str:
    def likeness(row: dict[str, Any]) -> tuple[int, list[bool]]:
        like = [agrees(name, value, row.get(name)) for name, value in expected.items()]
        return sum(like), like  # among equals the one that agrees in what is named first

    if not rows:
        return "no rows at all"
    nearest = max(rows, key=likeness)
    return {name: nearest.get(name) for name in expected}


def _check_quarantine(workspace: Workspace, expected: list[Kept], told: list[dict[str, Any]], outcome: Outcome) -> None:
    with workspace.quarantine() as quarantine:
        entries = list(quarantine.entries())
    if not expected and entries:
        outcome.failures.append(Failure("quarantine", "empty", [f"{entry.where}: {entry.reason}" for entry in entries]))
    for one in expected:
        sent = told[one.event - 1]
        raw = msgspec.json.encode({name: value for name, value in sent.items() if name != "run"})
        found = [entry for entry in entries if entry.raw == raw]
        word = one.reason or ""
        if not any(word.casefold() in entry.reason.casefold() for entry in found):
            reasons = [entry.reason for entry in found] or "it was taken"
            outcome.failures.append(Failure(f"quarantine of event {one.event}", word or "in quarantine", reasons))

"""The funnel in plain Python, written after RULES.md alone: what the view must agree with, slow and obvious."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog

WATERFALL = {
    "lead": "LeadCaptured",
    "mql": "MarketingQualified",
    "sal": "HandoffAccepted",
    "sql": "SalesQualified",
    "opportunity": "OpportunityOpened",
    "offer": "OfferMade",
    "won": "DealWon",
}
STAGES = tuple(WATERFALL)
ORIGIN = {"lead_source", "channel", "origin", "medium", "campaign", "content", "system"}
RESPONSIBLE = {"team", "owner", "tier"}
DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Question:
    """What is asked. since, until: µs. period: day, week or month. Instants are µs of UTC."""

    zone: ZoneInfo
    asked: int
    by: tuple[str, ...] = ()
    grain: str | None = None
    since: int | None = None
    until: int | None = None
    as_of: int | None = None
    filter: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    at: str | None = None
    count: str = "any"
    basis: str = "cohort"

    def local_day(self, micros: int) -> date:
        return (EPOCH + timedelta(microseconds=micros)).astimezone(self.zone).date()

    def day_of(self, event: Mapping[str, Any]) -> date | None:
        if event["precision"] == 2:
            return None
        if event["day"] is not None:
            return date(1970, 1, 1) + timedelta(days=event["day"])
        return self.local_day(event["occurred"])

    def holds(self, event: Mapping[str, Any]) -> bool:
        day = self.day_of(event)
        if self.grain and day is None:
            return False
        if self.since is None and self.until is None:
            return True
        if day is None:
            return False
        start = event["occurred"]
        if event["day"] is not None:
            start = int((datetime(day.year, day.month, day.day, tzinfo=self.zone) - EPOCH) / timedelta(microseconds=1))
        return (self.since is None or start >= self.since) and (self.until is None or start < self.until)

    def period_of(self, event: Mapping[str, Any]) -> str | None:
        day = self.day_of(event)
        return None if day is None or self.grain is None else written(day, self.grain)

    def span(self, start: Mapping[str, Any], end: Mapping[str, Any] | int) -> float | None:
        """Seconds, None where it is not known or runs backwards."""
        end_day = self.local_day(end) if isinstance(end, int) else self.day_of(end)
        start_day = self.day_of(start)
        if start_day is None or end_day is None:
            return None
        if start["day"] is not None or (not isinstance(end, int) and end["day"] is not None):
            seconds: float = (end_day - start_day).days * 86_400
        else:
            seconds = ((end if isinstance(end, int) else end["occurred"]) - start["occurred"]) / 1e6
        return seconds if seconds >= 0 else None


def written(day: date, grain: str) -> str:
    match grain:
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return day.strftime("%Y-%m")
        case _:
            raise AssertionError(grain)


@dataclass
class Journey:
    """One pass of one story through the funnel. earlier: all passes of the story so far, this one last."""

    story: int
    number: int
    events: list[dict[str, Any]]
    opened_by: dict[str, Any] | None
    earlier: list["Journey"]
    deals_elsewhere: frozenset[str]
    lost_anywhere: Mapping[str | None, dict[str, Any]]

    def candidates(self, stage: str) -> list[dict[str, Any]]:
        """The events that enter a stage, in order."""
        found = [event for event in self.events if event["type"] == WATERFALL[stage]]
        return [self.opened_by, *found] if stage == STAGES[0] and self.opened_by else found

    @cached_property
    def reached(self) -> dict[str, dict[str, Any]]:
        return {stage: found[0] for stage in STAGES if (found := self.candidates(stage))}

    @cached_property
    def began(self) -> dict[str, Any]:
        return min(self.reached.values(), key=order)

    def entered(self, count: str) -> dict[str, tuple[dict[str, Any], bool]]:
        """Stage → its event, and whether it is its own."""
        if count == "any":
            return {stage: (event, True) for stage, event in self.reached.items()}
        if count == "strict":
            return {stage: (run[-1], True) for stage, run in self._runs()}
        furthest = max(STAGES.index(stage) for stage in self.reached)
        return {
            stage: (self.reached[stage], True) if stage in self.reached else (self._proof(place), False)
            for place, stage in enumerate(STAGES[: furthest + 1])
        }

    def _runs(self) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
        """For each stage that an ordered run leads to, the first such run."""
        for last in range(1, len(STAGES) + 1):
            for run in product(*(self.candidates(stage) for stage in STAGES[:last])):
                if all(run[i]["occurred"] <= run[j]["occurred_until"] for j in range(last) for i in range(j)):
                    yield STAGES[last - 1], run
                    break
            else:
                return

    def _proof(self, place: int) -> dict[str, Any]:
        return min((self.reached[stage] for stage in STAGES[place:] if stage in self.reached), key=order)

    @cached_property
    def outcome(self) -> tuple[str, dict[str, Any] | None]:
        """recycled, lost or in_stage, and the event that made it so."""
        if self.events and self.events[-1]["type"] == "LeadRecycled":
            return "recycled", self.events[-1]
        if any(event["type"] == "DealWon" for event in self.events):
            return "in_stage", None
        ends = [event for event in self.events if event["type"] == "LeadDisqualified"][:1]
        named = {event["data"]["opportunity"] for event in self.events if event["data"].get("opportunity")}
        deals: set[str | None] = {deal for deal in named if deal not in self.deals_elsewhere}
        if None in self.lost_anywhere and self._loses_an_unnamed_deal:
            deals.add(None)
        if deals and all(deal in self.lost_anywhere for deal in deals):
            ends.append(max((self.lost_anywhere[deal] for deal in deals), key=order))
        return ("lost", min(ends, key=order)) if ends else ("in_stage", None)

    @property
    def _loses_an_unnamed_deal(self) -> bool:
        first = self.lost_anywhere[None]
        return any(event is first for event in self.events)

    def value(self, dimension: str, at: str | None, event: Mapping[str, Any]) -> str | None:
        """The value of a dimension at a stage that was entered with that event."""
        if dimension == "journey":
            return str(self.number)
        if dimension == "reason":
            return self.outcome[1]["data"].get("reason") if self.outcome[1] else None
        mode = at or ("first" if dimension in ORIGIN else "stage" if dimension in RESPONSIBLE else "last")
        if mode == "first":
            for journey in reversed(self.earlier):
                for told in journey.events:
                    if (value := tells(told, dimension)) not in {"", None}:
                        return value
            return None
        value = None
        for journey in self.earlier:
            for told in journey.events:
                if mode == "stage" and told["occurred"] > event["occurred_until"]:
                    continue
                said = tells(told, dimension)
                value = value if said is None else said or None
        return value


def tells(event: Mapping[str, Any], dimension: str) -> str | None:
    """The value that an event tells of a dimension; "" where it clears it, None where it says nothing."""
    data, type_ = event["data"], event["type"]
    if type_ == "LeadDetailsChanged" and dimension in data and data[dimension] is None:
        return ""
    told: str | None = None
    match dimension, type_:
        case "system", "LeadCaptured" | "LeadDetailsChanged":
            told = event["source"]
        case _, "LeadCaptured" | "LeadDetailsChanged":
            told = data.get(dimension)
        case ("owner", "LeadAssigned" | "HandoffAccepted") | ("team", "LeadAssigned"):
            told = data.get(dimension)
        case "tier", "MarketingQualified" | "LeadHandedOff":
            told = data.get(dimension)
        case "owner" | "team", "LeadHandedOff":
            told = data.get(f"to_{dimension}")
        case _:
            pass
    return told


def order(event: Mapping[str, Any]) -> tuple[int, float, int]:
    sequence = event["sequence"]
    return event["occurred"], float("-inf") if sequence is None else sequence, event["position"]


def journeys(log: FakeLog, as_of: int | None, all_of_them: bool = False) -> list[Journey]:
    """Every journey with a stage entered, or all of them, of what was known."""
    known = [row | {"data": json.loads(row["data"])} for row in log.rows if as_of is None or row["recorded"] <= as_of]
    gone = {}
    for row in known:
        if row["type"] in {"RunRetracted", "RunRestored"}:
            gone[row["data"]["run"]] = row["type"] == "RunRetracted"
    known = [row for row in known if row["lead"] and not gone.get(row["run"])]
    stories = defaultdict(list)
    survivor = survivors(log, known)
    for row in sorted(known, key=order):
        stories[survivor.get(row["lead"], row["lead"])].append(row)
    return [
        journey
        for story, events in stories.items()
        for journey in split(story, events)
        if all_of_them or journey.reached
    ]


def survivors(log: FakeLog, known: Sequence[dict[str, Any]]) -> dict[int, int]:
    in_force = {}
    for row in sorted(known, key=order):
        if row["type"] in {"LeadsMerged", "MergeReverted"}:
            in_force[row["lead"], log.numbers[UUID(row["data"]["merged"])]] = row["type"] == "LeadsMerged"
    pairs = {pair for pair, merged in in_force.items() if merged and pair[0] != pair[1]}
    group = {lead: {lead} for pair in pairs for lead in pair}
    for _ in pairs:  # as often as the longest chain could need
        for one, other in pairs:
            group[one] = group[other] = group[one] | group[other]
    gone_up = {merged for _, merged in pairs}
    return {lead: min(members - gone_up or members) for lead, members in group.items()}


def split(story: int, events: list[dict[str, Any]]) -> list[Journey]:
    passes: list[list[dict[str, Any]]] = [[]]
    for event in events:
        passes[-1].append(event)
        if event["type"] == "LeadRecycled":
            passes.append([])
    lost: dict[str | None, dict[str, Any]] = {}
    for event in events:
        if event["type"] == "DealLost":
            lost.setdefault(event["data"].get("opportunity"), event)
    seen: set[str] = set()
    found: list[Journey] = []
    for number, part in enumerate(passes, 1):
        opened_by = passes[number - 2][-1] if number > 1 else None
        found.append(Journey(story, number, part, opened_by, [], frozenset(seen), lost))
        found[-1].earlier = list(found)
        seen |= {event["data"]["opportunity"] for event in part if event["data"].get("opportunity")}
    return found


@dataclass
class Entry:
    """A journey at a stage."""

    journey: Journey
    stage: str
    event: dict[str, Any]
    own: bool
    entries: dict[str, tuple[dict[str, Any], bool]]
    question: Question

    @cached_property
    def period(self) -> str | None:
        return self.question.period_of(self._counted)

    @cached_property
    def key(self) -> tuple[str | None, ...]:
        return tuple(self.journey.value(name, self.question.at, self.event) for name in self.question.by)

    @property
    def _counted(self) -> dict[str, Any]:
        return self.journey.began if self.question.basis == "cohort" else self.event

    @cached_property
    def selected(self) -> bool:
        question = self.question
        return question.holds(self._counted) and all(
            self.journey.value(name, question.at, self.event) in wanted for name, wanted in question.filter.items()
        )

    @property
    def later(self) -> list[str]:
        return [stage for stage in STAGES[STAGES.index(self.stage) + 1 :] if stage in self.entries]

    @property
    def outcome(self) -> str:
        return "passed" if self.later else self.journey.outcome[0]

    @property
    def time(self) -> float | None:
        if not self.own or not self.later:
            return None
        event, own = self.entries[self.later[0]]
        return self.question.span(self.event, event) if own else None

    @property
    def age(self) -> float | None:
        return self.question.span(self.event, self.question.asked) if self.outcome == "in_stage" and self.own else None

    @property
    def lost(self) -> float | None:
        end = self.journey.outcome[1]
        return self.question.span(self.event, end) if self.outcome == "lost" and end and self.own else None


def funnel(log: FakeLog, question: Question) -> list[dict[str, Any]]:
    """The rows of the view, in its order."""
    every: list[Entry] = []
    for journey in journeys(log, question.as_of):
        entries = journey.entered(question.count)
        every += [Entry(journey, stage, event, own, entries, question) for stage, (event, own) in entries.items()]
    selected = [entry for entry in every if entry.selected]
    keys = {entry.key for entry in selected} or ({()} if not question.by else set())
    rows = []
    for period in periods(selected, question):
        for key in sorted(keys, key=lambda key: [(part is None, part or "") for part in key]):
            group = {
                stage: [e for e in selected if (e.stage, e.period, e.key) == (stage, period, key)] for stage in STAGES
            }
            rows += rows_of(group, period, key, question)
    return rows


def periods(selected: list[Entry], question: Question) -> Sequence[str | None]:
    if question.grain is None:
        return [None]
    days = [day for entry in selected if (day := question.day_of(entry._counted)) is not None]
    first = question.local_day(question.since) if question.since is not None else min(days, default=None)
    last = question.local_day(question.until - 1) if question.until is not None else max(days, default=None)
    first, last = first or last, last or first
    if first is None or last is None:
        return []
    return sorted({written(first + timedelta(days=n), question.grain) for n in range((last - first).days + 1)})


def rows_of(
    group: Mapping[str, list[Entry]], period: str | None, key: tuple[str | None, ...], question: Question
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place, stage in enumerate(STAGES):
        entries = group[stage]
        row: dict[str, Any] = {"period": period} if question.grain else {}
        row |= {
            name: int(part) if name == "journey" and part else part for name, part in zip(question.by, key, strict=True)
        }
        row |= {"stage": stage, "entered": len(entries)}
        row |= {name: sum(e.outcome == name for e in entries) for name in ("passed", "in_stage", "lost", "recycled")}
        row["rate_from_previous"] = rate(group[STAGES[place - 1]], stage, entries, question) if place else None
        row["rate_from_first"] = rate(group[STAGES[0]], stage, entries, question)
        row["time_p50_s"] = quantile([e.time for e in entries], 0.5)
        row["time_p90_s"] = quantile([e.time for e in entries], 0.9)
        row["age_p50_s"] = quantile([e.age for e in entries], 0.5)
        row["age_max_s"] = quantile([e.age for e in entries], 1)
        row["lost_p50_s"] = quantile([e.lost for e in entries], 0.5)
        rows.append(row)
    rates = [row["rate_from_previous"] for row in rows if row["rate_from_previous"] is not None]
    slowest = next((row for row in rows if rates and row["rate_from_previous"] == min(rates)), None)
    return [row | {"bottleneck": row is slowest} for row in rows]


def rate(before: list[Entry], stage: str, here: list[Entry], question: Question) -> float | None:
    if not before:
        return None
    return (sum(stage in e.entries for e in before) if question.basis == "cohort" else len(here)) / len(before)


def quantile(values: Sequence[float | None], part: float) -> float | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    place = part * (len(known) - 1)
    low, high = known[int(place)], known[min(int(place) + 1, len(known) - 1)]
    return low + (high - low) * (place - int(place))

"""The grown funnel in plain Python: what a row counts, optional and excluded stages. Slow and obvious."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Any

from tests.projections import reference
from tests.projections.fake_log import FakeLog
from tests.projections.reference import STAGES, WATERFALL, Journey, Question, order, periods, quantile

OF_A_DEAL = {
    "OpportunityOpened", "OpportunityUpdated", "NegotiationOpened", "OfferMade", "OfferRevised", "DealWon", "DealLost", "DealReversed",
}  # fmt: skip
TELLS_AMOUNT = {"OpportunityOpened", "OpportunityUpdated", "DealWon"}
COUNTS = ("passed", "in_stage", "lost", "recycled")


@dataclass(frozen=True)
class Asked:
    """What is asked beyond the plain funnel. optional, excluded: stages of the waterfall."""

    plain: Question
    per: str = "journey"
    optional: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    within: Mapping[str, "Window"] = field(default_factory=dict)
    money: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(stage for stage in STAGES if stage not in self.excluded)

    def before(self, stage: str) -> str | None:
        """The last stage before that nobody may skip."""
        earlier = self.stages[: self.stages.index(stage)]
        return next((one for one in reversed(earlier) if one not in self.optional), None)


@dataclass(frozen=True)
class Window:
    """Hours of wall time, or days from Monday to Friday."""

    hours: int | None = None
    days: int | None = None

    def late(self, start: Mapping[str, Any], end: Mapping[str, Any] | int, question: Question) -> bool | None:
        """Whether the end lies behind the window; None where it is not known."""
        seconds = question.span(start, end)
        if seconds is None or self.hours is not None:
            return None if seconds is None else seconds > (self.hours or 0) * 3600
        day = question.local_day(end) if isinstance(end, int) else question.day_of(end)
        assert day is not None
        return day > self.last_day(start, question)

    def last_day(self, start: Mapping[str, Any], question: Question) -> date:
        day, left = question.day_of(start), self.days
        assert day is not None
        assert left is not None
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return day

    def length(self, start: Mapping[str, Any], question: Question) -> float:
        """Seconds up to its end."""
        if self.hours is not None:
            return 3600.0 * self.hours
        day, last = question.day_of(start), self.last_day(start, question)
        assert day is not None
        if start["day"] is not None:
            return 86_400.0 * (last - day).days
        after = last + timedelta(days=1)
        ends = datetime(after.year, after.month, after.day, tzinfo=question.zone)
        seconds: float = (int((ends - reference.EPOCH) / timedelta(microseconds=1)) - 1 - start["occurred"]) / 1e6
        return seconds


@dataclass
class Pass:
    """What a row counts. journey: the last one of a lead. events: those that move it. opening: recyclings that enter the first stage."""

    journey: Journey
    events: list[dict[str, Any]]
    opening: list[dict[str, Any]]
    outcome: tuple[str, dict[str, Any] | None]
    of_the_story: Sequence[dict[str, Any]] = ()
    deal: str | None = None
    first: dict[str, Any] | None = None

    def candidates(self, stage: str, asked: Asked) -> list[dict[str, Any]]:
        found = [event for event in self.events if event["type"] == WATERFALL[stage]]
        return sorted((*found, *(self.opening if stage == asked.stages[0] else ())), key=order)

    def reached(self, asked: Asked) -> dict[str, dict[str, Any]]:
        return {stage: found[0] for stage in asked.stages if (found := self.candidates(stage, asked))}

    def began(self, asked: Asked) -> dict[str, Any]:
        return self.first or min(self.reached(asked).values(), key=order)

    def excluded(self, asked: Asked) -> bool:
        return any(event["type"] == WATERFALL[stage] for event in self.events for stage in asked.excluded)

    def entered(self, asked: Asked) -> dict[str, tuple[dict[str, Any], bool]]:
        """Stage → its event, and whether it is its own."""
        reached = self.reached(asked)
        match asked.plain.count:
            case "any":
                return {stage: (event, True) for stage, event in reached.items()}
            case "strict":
                return {stage: (event, True) for stage, event in self._runs(asked)}
            case _:
                return self._furthest(asked)

    def _furthest(self, asked: Asked) -> dict[str, tuple[dict[str, Any], bool]]:
        reached = self.reached(asked)
        furthest = max(asked.stages.index(stage) for stage in reached)
        return {
            stage: (reached[stage], True) if stage in reached else (self._proof(stage, asked), False)
            for stage in asked.stages[: furthest + 1]
            if stage in reached or stage not in asked.optional
        }

    def _proof(self, stage: str, asked: Asked) -> dict[str, Any]:
        later = asked.stages[asked.stages.index(stage) :]
        return min((event for one, event in self.reached(asked).items() if one in later), key=order)

    def _runs(self, asked: Asked) -> Iterator[tuple[str, dict[str, Any]]]:
        for stage in asked.stages:
            earlier = asked.stages[: asked.stages.index(stage)]
            way = [*(one for one in earlier if one not in asked.optional), stage]
            for run in product(*(self.candidates(one, asked) for one in way)):
                last = range(len(run))
                if all(run[i]["occurred"] <= run[j]["occurred_until"] for j in last for i in range(j)):
                    yield stage, run[-1]
                    break


@dataclass
class Step(reference.Entry):
    """A pass at a stage."""

    asked: Asked = field(kw_only=True)
    made: Pass = field(kw_only=True)
    all_entries: dict[str, tuple[dict[str, Any], bool]] = field(kw_only=True)

    @property
    def amount(self) -> int | None:
        """Minor units: of the deal that the event is one of, else of all that the pass has and has not lost."""
        told = []
        own = _deal_of(self.event) if self.event["type"] in OF_A_DEAL else None
        for deal in [own] if own else self._deals:
            events = [
                event
                for event in self.made.of_the_story
                if _deal_of(event) == deal and event["occurred"] <= self._until
            ]
            amounts = [
                event["data"]["amount"]
                for event in events
                if event["type"] in TELLS_AMOUNT and "amount" in event["data"]
            ]
            if amounts and (own or _standing(events)):
                told.append(amounts[-1])
        return sum(told) if told else None

    @property
    def _until(self) -> int:
        if self.event["day"] is None:
            until: int = self.event["occurred"]
            return until
        after = date(1970, 1, 1) + timedelta(days=self.event["day"] + 1)
        ends = datetime(after.year, after.month, after.day, tzinfo=self.question.zone)
        return int((ends - reference.EPOCH) / timedelta(microseconds=1)) - 1

    @property
    def _deals(self) -> list[str | None]:
        if self.made.deal is not None:
            return [self.made.deal]
        events = self.made.of_the_story
        if self.asked.per == "journey":
            earlier = [event for journey in self.journey.earlier[:-1] for event in journey.events]
            known = {_deal_of(event) for event in earlier}
            events = [event for event in self.journey.events if _deal_of(event) not in known]
        return [*dict.fromkeys(deal for event in events if (deal := _deal_of(event)))]

    @property
    def window(self) -> Window | None:
        """Its window, if time can be counted from it."""
        dateable = self.own and self.event["precision"] != 2
        return self.asked.within.get(self.stage) if dateable else None

    @property
    def late(self) -> bool:
        """Whether the next stage was entered too late."""
        if self.window is None or not self.later:
            return False
        event, own = self.all_entries[self.later[0]]
        return own and bool(self.window.late(self.event, event, self.question))

    @property
    def running(self) -> bool:
        return (
            self.window is not None
            and self.stage != self.asked.stages[-1]
            and self.window.late(self.event, self.question.asked, self.question) is False
        )

    @property
    def ran_out(self) -> bool:
        if self.window is None or self.stage == self.asked.stages[-1]:
            return False
        outcome, end = self.made.outcome
        if self.later or outcome == "in_stage":
            return self.late if self.later else bool(self.window.late(self.event, self.question.asked, self.question))
        return bool(end and self.window.late(self.event, end, self.question))

    @property
    def _counted(self) -> dict[str, Any]:
        return self.made.began(self.asked) if self.question.basis == "cohort" else self.event

    @cached_property
    def later(self) -> list[str]:
        stages = self.asked.stages
        return [stage for stage in stages[stages.index(self.stage) + 1 :] if stage in self.all_entries]

    @cached_property
    def key(self) -> tuple[str | None, ...]:
        return tuple(self._value(name) for name in self.question.by)

    @cached_property
    def selected(self) -> bool:
        question = self.question
        return question.holds(self._counted) and all(
            self._value(name) in told for name, told in question.filter.items()
        )

    @property
    def outcome(self) -> str:
        return "lost" if self.ran_out else "passed" if self.later else self.made.outcome[0]

    @property
    def time(self) -> float | None:
        return None if self.late else super().time

    @property
    def lost(self) -> float | None:
        end = self.made.outcome[1]
        if self.ran_out and self.window:
            return self.window.length(self.event, self.question)
        return self.question.span(self.event, end) if self.outcome == "lost" and end and self.own else None

    def _value(self, name: str) -> str | None:
        if name == "reason":
            end = self.made.outcome[1]
            return end["data"].get("reason") if end else None
        whole = self.asked.per == "lead"
        return (_as_one(self.journey) if whole else self.journey).value(name, self.question.at, self.event)


def _as_one(last: Journey) -> Journey:
    """All journeys of a story as one."""
    events = [event for journey in last.earlier for event in journey.events]
    one = Journey(last.story, 1, events, None, [], frozenset(), {})
    one.earlier = [one]
    return one


def passes(log: FakeLog, asked: Asked) -> list[Pass]:
    every = reference.journeys(log, asked.plain.as_of, all_of_them=True)
    match asked.per:
        case "journey":
            found = [Pass(one, one.events, [one.opened_by] if one.opened_by else [], one.outcome) for one in every]
        case "lead":
            stories = defaultdict(list)
            for one in every:
                stories[one.story].append(one)
            found = [_lead(journeys) for journeys in stories.values()]
        case _:
            found = [
                made for one in every for made in _deals(one, [other for other in every if other.story == one.story])
            ]
    for made in found:
        made.of_the_story = [event for one in every if one.story == made.journey.story for event in one.events]
    return [one for one in found if one.reached(asked) and not one.excluded(asked)]


def _lead(journeys: list[Journey]) -> Pass:
    events = [event for journey in journeys for event in journey.events]
    won = any(event["type"] == "DealWon" for event in events)
    opening = [journey.opened_by for journey in journeys if journey.opened_by]
    return Pass(journeys[-1], events, opening, ("in_stage", None) if won else journeys[-1].outcome)


def _standing(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a deal is neither lost nor taken back after these events of it."""
    won, left, amount, gone = False, None, None, False
    for event in events:
        told = event["data"].get("amount")
        if event["type"] in TELLS_AMOUNT and told is not None:
            amount = told
        match event["type"]:
            case "DealWon":
                left = left if won else amount
                won, gone = True, False
            case "DealLost":
                won, gone = False, True
            case "DealReversed":
                stays = won and told is not None and (left is None or told < left)
                left = left - told if stays and left is not None and told is not None else None
                won, gone = stays, not stays
            case _:
                pass
    return not gone


def _deal_of(event: Mapping[str, Any]) -> str | None:
    named: str | None = event["data"].get("opportunity")
    return named or (f"#{event['position']}" if event["type"] in OF_A_DEAL else None)


def _deals(journey: Journey, of_the_story: Sequence[Journey]) -> Iterator[Pass]:
    """The opportunities that a journey was the first to mention."""
    everything = [event for one in of_the_story for event in one.events]
    known = {_deal_of(event) for one in of_the_story if one.number < journey.number for event in one.events}
    mentioned = dict.fromkeys(deal for event in journey.events if (deal := _deal_of(event)) and deal not in known)
    shared = [event for event in journey.events if _deal_of(event) is None]
    opening = [journey.opened_by] if journey.opened_by else []
    for deal in mentioned:
        own = [event for event in everything if _deal_of(event) == deal]
        ends = [
            *[event for event in own if event["type"] == "DealLost"][:1],
            *[event for event in journey.events if event["type"] == "LeadDisqualified"][:1],
        ]
        recycled = next((event for event in journey.events if event["type"] == "LeadRecycled"), None)
        outcome: tuple[str, dict[str, Any] | None] = ("in_stage", None)
        if not any(event["type"] == "DealWon" for event in own):
            if ends:
                outcome = ("lost", min(ends, key=order))
            elif recycled:
                outcome = ("recycled", recycled)
        yield Pass(journey, sorted((*shared, *own), key=order), opening, outcome, deal=deal, first=own[0])


def steps(log: FakeLog, asked: Asked) -> list[Step]:
    found = []
    for made in passes(log, asked):
        entries = made.entered(asked)
        kept: dict[str, tuple[dict[str, Any], bool]] = {}
        for stage, (event, own) in entries.items():
            kept[stage] = event, own
            found.append(
                Step(made.journey, stage, event, own, kept, asked.plain, asked=asked, made=made, all_entries=entries)
            )
            if found[-1].late:  # it goes no further
                break
    return found


def funnel(log: FakeLog, asked: Asked) -> list[dict[str, Any]]:
    """The rows of the view, in its order."""
    question = asked.plain
    selected = [step for step in steps(log, asked) if step.selected]
    keys = {step.key for step in selected} or ({()} if not question.by else set())
    rows = []
    for period in periods(selected, question):  # type: ignore[arg-type]
        for key in sorted(keys, key=lambda key: [(part is None, part or "") for part in key]):
            group = {
                stage: [step for step in selected if (step.stage, step.period, step.key) == (stage, period, key)]
                for stage in asked.stages
            }
            rows += rows_of(group, period, key, asked)
    return rows


def rows_of(
    group: Mapping[str, list[Step]], period: str | None, key: tuple[str | None, ...], asked: Asked
) -> list[dict[str, Any]]:
    question, rows = asked.plain, list[dict[str, Any]]()
    money: dict[str, list[int | None]] = {}
    for stage in asked.stages:
        here, before = group[stage], asked.before(stage)
        row: dict[str, Any] = {"period": period} if question.grain else {}
        row |= {
            name: int(part) if name == "journey" and part else part for name, part in zip(question.by, key, strict=True)
        }
        row |= {"stage": stage, "entered": len(here)}
        row |= {name: sum(step.outcome == name for step in here) for name in COUNTS}
        row["rate_from_previous"] = reference.rate(group[before], stage, here, question) if before else None  # type: ignore[arg-type]
        row["rate_from_first"] = reference.rate(group[asked.stages[0]], stage, here, question)  # type: ignore[arg-type]
        row |= {
            f"time_{name}_s": quantile([step.time for step in here], part)
            for name, part in (("p50", 0.5), ("p90", 0.9))
        }
        row |= {
            f"age_{name}_s": quantile([step.age for step in here], part) for name, part in (("p50", 0.5), ("max", 1))
        }
        row["lost_p50_s"] = quantile([step.lost for step in here], 0.5)
        money[stage] = [step.amount for step in here]
        rows.append(row)
    needed = [row for row in rows if row["rate_from_previous"] is not None and row["stage"] not in asked.optional]
    slowest = min(needed, key=lambda row: row["rate_from_previous"], default=None)
    young = {row["stage"]: any(step.running for step in group[row["stage"]]) for row in rows}
    return [
        row
        | {"bottleneck": row is slowest}
        | (_money(money[row["stage"]]) if asked.money else {})
        | ({"young": young[row["stage"]]} if asked.within else {})
        for row in rows
    ]


def _money(amounts: Sequence[int | None]) -> dict[str, Any]:
    total = sum(amount for amount in amounts if amount is not None)
    return {"amount": total / 100, "currency": "EUR", "unpriced": amounts.count(None)}

"""Where the time went in plain Python, written after RULES.md and docs/wait.md alone: what the views must agree with.

It takes each story as it stood at the asked instant and walks along it; the views keep what does not hang on that instant.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from events.base import Decision
from events.registry import TYPES
from tests.projections.fake_log import FakeLog
from tests.projections.reference import Journey, Question, journeys, quantile
from tests.projections.sla_reference import (
    EVERY_KIND,
    Clock,
    Event,
    Handoff,
    Version,
    local,
    not_before,
    openings,
)

PARTIES = ("system", "marketing", "queue", "person")


@dataclass(frozen=True)
class Piece:
    """A stretch of a way: begins ≤ t < ends, µs. who: with whom it lay, or who ended it."""

    step: str
    charged: str
    who: str | None
    begins: int
    ends: int


@dataclass(frozen=True)
class Way:
    """The way of a journey to its first response, as it stood at the asked instant. story: all that had happened to the lead by then."""

    journey: Journey
    story: Sequence[Event]
    asked: int
    versions: Sequence[Version]

    @cached_property
    def events(self) -> list[Event]:
        """Those of this journey."""
        return [event for event in self.journey.events if event["occurred"] <= self.asked]

    @cached_property
    def start(self) -> Event | None:
        """The recycling before it; of the first journey the capture, else the first decision. None: it has not begun."""
        if self.journey.number > 1:
            opened = self.journey.opened_by
            return opened if opened is not None and opened["occurred"] <= self.asked else None
        return self._first("LeadCaptured") or next(
            (event for event in self.events if issubclass(TYPES[event["type"]], Decision)), None
        )

    @property
    def uncaptured(self) -> bool:
        return self.journey.number == 1 and self.start is not None and self.start["type"] != "LeadCaptured"

    @cached_property
    def closed(self) -> Event | None:
        return self._first("LeadDisqualified", "LeadRecycled")

    @cached_property
    def given(self) -> Event | None:
        return self._in_time(self._first("LeadHandedOff"))

    @cached_property
    def mql(self) -> Event | None:
        """Not after the handoff: equal instants are in order, a plain date is a whole day."""
        told = self._in_time(self._first("MarketingQualified"))
        if told is None or self.given is None:
            return told
        return told if told["occurred"] <= self.given["occurred_until"] else None

    @cached_property
    def response(self) -> Event | None:
        if self.given is None:
            return None
        version = in_force(self.versions, self.given)
        answers = version.answers if version else _answers_without_agreement
        return next(
            (
                event
                for event in self.story
                if answers(event) and not_before(event, self.given) and self._in_time(event)
            ),
            None,
        )

    @property
    def status(self) -> str:
        return "answered" if self.response else "ended" if self.closed else "waiting"

    @property
    def dated(self) -> bool:
        """Whether an end of a piece is only known by its day."""
        ends = (self.start, self.mql, self.given, self.response or self.closed)
        return any(event is not None and event["day"] is not None for event in ends)

    @cached_property
    def handed(self) -> Event:
        """The instant at which dimensions are taken."""
        told = self.given or self.start
        assert told is not None
        return told

    def pieces(self) -> Iterator[Piece]:
        assert self.start is not None
        start, last = self.start["occurred"], self.response or self.closed
        until = max(start, last["occurred"] if last else self.asked)
        at = start
        if self.mql:
            reached = min(max(start, self.mql["occurred"]), until)
            yield Piece("mql", _of_marketing(self.mql), self.mql["actor"], at, reached)
            at = reached
        if self.given is None:
            yield Piece("handoff", "marketing", None, at, until)
            return
        reached = min(max(start, self.given["occurred"]), until)
        yield Piece("handoff", _of_marketing(self.given), self.given["actor"], at, reached)
        yield from self._lying(reached, until)

    def _lying(self, handed: int, until: int) -> Iterator[Piece]:
        """From the handoff on: a piece for each with whom it lay; what a system answered is the system's."""
        assert self.given is not None
        lay = Handoff(self.journey.story, self.given, self.story, self.asked, self.versions)
        turns = [since for since, _ in lay.owners if lay.owner(since) != lay.owner(since - 1)]
        marks = sorted({handed, *(since for since in turns if handed < since < until)})
        answered_by = self.response["actor"] if self.response else None
        for begins, ends in pairwise([*marks, until]):
            owner = lay.owner(begins)
            if owner is None:
                yield Piece("owner", "queue", None, begins, ends)
            elif is_system(answered_by):
                yield Piece("response", "system", answered_by, begins, ends)
            else:
                yield Piece("response", "system" if is_system(owner) else "person", owner, begins, ends)

    @cached_property
    def clock(self) -> Clock | None:
        """That of the agreement in force at the start, else of the first one ever."""
        assert self.start is not None
        version = in_force(self.versions, self.start) or next(iter(self.versions), None)
        return Clock(openings(json.dumps(version.told["calendar"]))) if version else None

    def business_us(self, piece: Piece) -> int | None:
        return self.clock.between(piece.begins, piece.ends) if self.clock else None

    def _first(self, *types: str) -> Event | None:
        return next((event for event in self.events if event["type"] in types), None)

    def _in_time(self, event: Event | None) -> Event | None:
        """That event, unless it came after the journey's end."""
        if event is None or self.closed is None:
            return event
        return event if event["occurred"] <= self.closed["occurred_until"] else None


def is_system(name: str | None) -> bool:
    return name is not None and name.startswith(("system:", "leadlog:"))


def in_force(versions: Sequence[Version], event: Event) -> Version | None:
    return next((version for version in reversed(versions) if version.holds(event)), None)


def _of_marketing(event: Event) -> str:
    return "system" if is_system(event["actor"]) else "marketing"


def _answers_without_agreement(event: Event) -> bool:
    data = event["data"]
    return (
        event["type"] == "InteractionLogged"
        and data["direction"] == "outbound"
        and not data.get("automatic", False)
        and data["kind"] in EVERY_KIND
    )


def ways(log: FakeLog, asked: int, as_of: int | None = None) -> list[Way]:
    """Every journey that has begun."""
    told = {}  # of one midnight the last
    for row in log.rows:
        if row["type"] == "SlaAgreed" and (as_of is None or row["recorded"] <= as_of):
            version = Version(json.loads(row["data"])["agreement"], row["position"])
            told[version.effective, version.zone] = version
    versions = sorted(told.values(), key=lambda version: (version.effective, version.position))
    found, stories = journeys(log, as_of, all_of_them=True), defaultdict(list)
    for journey in found:
        stories[journey.story] += [event for event in journey.events if event["occurred"] <= asked]
    every = (Way(journey, stories[journey.story], asked, versions) for journey in found)
    return [way for way in every if way.start is not None]


def rows_of_pieces(ways: Sequence[Way], question: Question) -> list[dict[str, Any]]:
    """The rows of `wait journeys`, in no order."""
    return [
        {
            "lead": way.journey.story, "journey": way.journey.number, "status": way.status,
            "step": piece.step, "charged": piece.charged, "who": piece.who,
            "begins_at": local(piece.begins, question.zone).isoformat(), "ends_at": local(piece.ends, question.zone).isoformat(),
            "business_s": _seconds(way.business_us(piece)), "wall_s": (piece.ends - piece.begins) / 1e6,
        }
        for way in ways
        if not way.dated and question.holds(way.start or {})
        for piece in way.pieces()
    ]  # fmt: skip


def summed(ways: Sequence[Way], question: Question) -> list[dict[str, Any]]:
    """The rows of `wait`, in no order."""
    groups: dict[tuple[str | None, ...], list[Way]] = defaultdict(list)
    for way in ways:
        assert way.start is not None
        if way.status == "answered" and not way.dated and question.holds(way.start):
            cut = [way.journey.value(name, question.at, way.handed) for name in question.by]
            groups[question.period_of(way.start), *cut].append(way)
    return [row for key, group in groups.items() for row in _of_parties(key, group, question)]


def _of_parties(key: tuple[str | None, ...], group: Sequence[Way], question: Question) -> Iterator[dict[str, Any]]:
    period, *cut = key
    named: Mapping[str, Any] = {
        name: int(value) if name == "journey" and value else value for name, value in zip(question.by, cut, strict=True)
    }
    walls = {party: [_charged(way, party)[0] for way in group] for party in PARTIES}
    worked = {party: [us for way in group if (us := _charged(way, party)[1]) is not None] for party in PARTIES}
    wall, business = (sum(map(sum, times.values())) for times in (walls, worked))
    for party in PARTIES:
        known = worked[party] or None
        yield {
            **({"period": period} if question.grain else {}), **named,
            "charged": party, "journeys": len(group),
            "business_s": sum(known) / 1e6 if known else None, "wall_s": sum(walls[party]) / 1e6,
            "business_share": sum(known) / business if known and business else None,
            "wall_share": sum(walls[party]) / wall if wall else None,
            "business_p50_s": quantile([us / 1e6 for us in known], 0.5) if known else None,
            "wall_p50_s": quantile([us / 1e6 for us in walls[party]], 0.5),
        }  # fmt: skip


def _charged(way: Way, party: str) -> tuple[int, int | None]:
    """µs of all time and of business time."""
    pieces = [piece for piece in way.pieces() if piece.charged == party]
    business = [way.business_us(piece) or 0 for piece in pieces]
    return sum(piece.ends - piece.begins for piece in pieces), sum(business) if way.clock else None


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6

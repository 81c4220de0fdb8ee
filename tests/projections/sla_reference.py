"""The agreement's verdicts in plain Python, written after RULES.md section 5 alone: what the views must agree with.

It walks along the open time piece by piece; the views look business time up in a table instead.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from projections.definitions.business_calendar import BusinessCalendar
from tests.projections.fake_log import FakeLog
from tests.projections.reference import order, survivors, tells

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = timedelta(microseconds=1)
EVERY_KIND = ["call", "email", "meeting", "visit", "message", "demo"]
FOREVER = 2**62
PROMISES = ("response", "decision", "follow_up")

Event = Mapping[str, Any]
Stretch = tuple[int, int]  # from ≤ t < to, µs
CONDITIONS: dict[str | None, Callable[[Mapping[str, Any]], bool]] = {
    None: lambda _: True,
    "score >= 80": lambda known: known["score"] is not None and known["score"] >= 80,
    "tier == 'hot'": lambda known: known["tier"] == "hot",
    "region == 'a' or to_team == 'other'": lambda known: known["region"] == "a" or known["to_team"] == "other",
}


@cache
def openings(told: str) -> list[Stretch]:
    """The open time of a calendar around the weeks that tests are about. told: as JSON."""
    return BusinessCalendar.model_validate(json.loads(told)).openings(date(2026, 2, 1), date(2026, 9, 1))


@dataclass(frozen=True)
class Clock:
    """What counts: the open time of a calendar, or every hour."""

    open: Sequence[Stretch]
    pauses: Sequence[Stretch] = ()

    @cached_property
    def counted(self) -> list[Stretch]:
        """The open time without the pauses."""
        left = list(self.open)
        for begins, ends in self.pauses:
            cut = [((a, min(b, begins)), (max(a, ends), b)) for a, b in left]
            left = [piece for pair in cut for piece in pair if piece[0] < piece[1]]
        return left

    def between(self, start: int, end: int) -> int:
        """µs counted."""
        return sum(max(0, min(b, end) - max(a, start)) for a, b in self.counted)

    def after(self, start: int, amount: int) -> int:
        """The first instant at which so much has been counted."""
        for a, b in self.counted:
            length = b - max(a, start)
            if length > 0 and amount <= length:
                return max(a, start) + amount
            amount -= max(0, length)
        raise AssertionError("the test's calendar ends too early")

    def begins(self, at: int) -> int:
        """The instant itself if open then, else the next opening."""
        return next(max(a, at) for a, b in self.open if b > at)


@dataclass(frozen=True)
class Version:
    """An agreement as it was told. begins: µs."""

    told: Mapping[str, Any]
    position: int

    @property
    def effective(self) -> date:
        return date.fromisoformat(self.told["effective_from"])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.told["calendar"]["zone"])

    def holds(self, handed: Event) -> bool:
        if handed["day"] is not None:
            return self.effective <= date(1970, 1, 1) + timedelta(days=handed["day"])
        return self.effective <= local(handed["occurred"], self.zone).date()

    def answers(self, event: Event) -> bool:
        data = event["data"]
        return (
            event["type"] == "InteractionLogged"
            and data["direction"] == "outbound"
            and not data.get("automatic", False)
            and data["kind"] in self.told["sales"].get("responds_by", EVERY_KIND)
        )


def local(micros: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + micros * US).astimezone(zone)


def span(text: str) -> tuple[int, bool]:
    """µs, and whether every hour counts."""
    amount, _, wall = text.partition(" ")
    size = {"h": 3600, "min": 60}["min" if amount.endswith("min") else "h"]
    return int(amount.rstrip("hmin")) * size * 1_000_000, bool(wall)


@dataclass(frozen=True)
class Handoff:
    """A handoff in its story. events: what happened to that story until the asked instant, in order."""

    story: int
    handed: Event
    events: Sequence[Event]
    asked: int
    versions: Sequence[Version]

    @cached_property
    def version(self) -> Version | None:
        there = [version for version in self.versions if version.holds(self.handed)]
        return max(there, key=lambda version: (version.effective, version.position), default=None)

    @cached_property
    def own(self) -> list[Event]:
        """What was done with this handoff, not before it."""
        return [
            event for event in self.events
            if event["data"].get("handoff") == self.handed["data"]["handoff"] and not_before(event, self.handed)
        ]  # fmt: skip

    @cached_property
    def course(self) -> tuple[Event | None, Event | None]:
        """How it was answered (accepted or rejected), and how it ended. Acceptance is no end; after an end nothing is."""
        answered: Event | None = None
        for event in self.own:
            match event["type"], answered:
                case "HandoffWithdrawn", _:
                    return answered, event
                case "HandoffRejected", None:
                    return event, event
                case "HandoffExpired", None:
                    return None, event
                case "HandoffAccepted", None:
                    answered = event
                case _:
                    pass
        return answered, None

    @cached_property
    def pauses(self) -> list[Stretch]:
        """A resume ends every open pause."""
        found: list[Stretch] = []
        since: int | None = None
        for event in self.own:
            at = max(event["occurred"], self.handed["occurred"])
            if event["type"] == "HandoffPaused" and since is None:
                since = at
            if event["type"] == "HandoffResumed" and since is not None:
                found.append((since, at))
                since = None
        return found + ([(since, FOREVER)] if since is not None else [])

    @cached_property
    def known(self) -> dict[str, Any]:
        """What was known of the lead at the handoff."""
        values: dict[str, Any] = {
            "score": None,
            "region": None,
            "tier": None,
            "to_team": self.handed["data"].get("to_team"),
        }
        for event in self.events:
            if event["occurred"] > self.handed["occurred_until"]:
                continue
            if event["type"] == "LeadHandedOff" and order(event) >= order(self.handed):
                continue
            if event["type"] in {"LeadScored", "MarketingQualified"} and event["data"].get("score") is not None:
                values["score"] = event["data"]["score"]
            for name in ("region", "tier"):
                told = tells(event, name)
                values[name] = values[name] if told is None else told or None
        if own := self.handed["data"].get("tier"):
            values["tier"] = own
        return values

    @cached_property
    def tier(self) -> Mapping[str, Any] | None:
        if self.version is None:
            return None
        return next(
            (tier for tier in self.version.told["sales"]["tier"] if CONDITIONS[tier.get("when")](self.known)), None
        )

    @cached_property
    def answers(self) -> list[Event]:
        """Contacts of the kinds agreed, neither before the handoff nor after its end."""
        assert self.version is not None
        end = self.course[1]
        return [
            event for event in self.events
            if self.version.answers(event)
            and not_before(event, self.handed)
            and (end is None or event["occurred"] <= end["occurred_until"])
        ]  # fmt: skip

    @cached_property
    def owners(self) -> list[tuple[int, str | None]]:
        """From when on the lead lay with whom. Who gives it away to nobody in particular does not have it any more."""
        found: list[tuple[int, str | None]] = []
        now: str | None = None
        for event in self.events:
            data = event["data"]
            if event["type"] == "LeadHandedOff" and not data.get("to_owner"):
                now = None if data.get("from_owner") == now else now
            else:
                told = tells(event, "owner")
                now = now if told is None else told or None
            found.append((event["occurred"], now))
        return found

    def owner(self, at: int) -> str | None:
        return next((owner for since, owner in reversed(self.owners) if since <= at), None)

    def promises(self) -> Iterator["Promise"]:
        if self.tier is None:
            return
        for name in PROMISES:
            told = self.tier.get(name)
            if told is not None:
                yield Promise(
                    self,
                    name,
                    told["within"] if name == "follow_up" else told,
                    told["count"] if name == "follow_up" else 1,
                )


def not_before(event: Event, handed: Event) -> bool:
    return bool(handed["occurred"] <= event["occurred_until"])


@dataclass(frozen=True)
class Promise:
    """One promise of a handoff, and whether it was kept."""

    handoff: Handoff
    name: str
    within: str
    count: int

    @cached_property
    def wall(self) -> bool:
        return span(self.within)[1]

    @cached_property
    def open(self) -> Sequence[Stretch]:
        assert self.handoff.tier is not None
        assert self.handoff.version is not None
        calendar = self.handoff.tier.get("calendar") or self.handoff.version.told["calendar"]
        return [(-FOREVER, FOREVER)] if self.wall else openings(json.dumps(calendar))

    @cached_property
    def done(self) -> Event | None:
        if self.name == "decision":
            return self.handoff.course[0]
        return self.handoff.answers[self.count - 1] if len(self.handoff.answers) >= self.count else None

    @cached_property
    def end(self) -> Event | None:
        return self.handoff.course[1]

    @cached_property
    def stopped(self) -> Event | None:
        """What stops the clock."""
        return self.done or self.end

    @cached_property
    def until(self) -> int:
        return int(self.stopped["occurred"]) if self.stopped else self.handoff.asked

    @property
    def dated(self) -> bool:
        return self.handoff.handed["day"] is not None or (self.done is not None and self.done["day"] is not None)

    @cached_property
    def start(self) -> int:
        return Clock(self.open).begins(self.handoff.handed["occurred"])

    @cached_property
    def reckoned(self) -> tuple[int | None, Clock]:
        """When it is due, and the clock with the pauses that count."""
        amount = span(self.within)[0]
        clock = Clock(self.open)
        due = clock.after(self.start, amount)
        for begins, ends in self.handoff.pauses:
            if begins >= due or (self.stopped and begins >= self.until):
                break
            clock = Clock(self.open, [*clock.pauses, (begins, min(ends, self.until) if self.stopped else ends)])
            if ends == FOREVER and not self.stopped:
                return None, clock
            due = clock.after(self.start, amount)
        return due, clock

    @cached_property
    def verdict(self) -> tuple[str, str | None]:
        if self.dated:
            return "excluded", "date"
        due = self.reckoned[0]
        if self.done is not None:
            assert due is not None
            return ("met" if self.done["occurred"] <= due else "breached"), None
        if self.end is not None:
            assert due is not None
            if self.end["occurred"] <= due:
                return "excluded", {
                    "HandoffRejected": "rejected",
                    "HandoffWithdrawn": "withdrawn",
                    "HandoffExpired": "expired",
                }[self.end["type"]]
            return "breached", None
        return ("breached" if due is not None and self.handoff.asked > due else "running"), None

    @property
    def inexact(self) -> bool:
        return self.dated or (self.stopped is not None and self.stopped["day"] is not None)

    def business(self, start: int, end: int) -> int:
        return self.reckoned[1].between(max(start, self.start), end)

    def row(self, zone: ZoneInfo) -> dict[str, Any]:
        handed, done = self.handoff.handed, self.done
        assert self.handoff.tier is not None
        verdict, reason = self.verdict
        row: dict[str, Any] = {
            "handoff": handed["data"]["handoff"], "lead": self.handoff.story, "promise": self.name,
            "tier": self.handoff.tier["id"], "team": handed["data"].get("to_team"),
            "owner": self.handoff.owner(self.until), "responder": done["actor"] if done else None,
            "verdict": verdict, "reason": reason,
            "started_at": None, "due_at": None, "done_at": shown(done, zone) if done else None,
            "business_s": None, "wall_s": self.wall_s(zone), "late_s": None,
        }  # fmt: skip
        if handed["day"] is not None:
            return row
        due = self.reckoned[0]
        row["started_at"] = local(self.start, zone).isoformat()
        row["due_at"] = None if due is None else local(due, zone).isoformat()
        if not self.inexact:
            row["business_s"] = self.business(self.start, self.until) / 1e6
            if verdict != "excluded" and due is not None:
                row["late_s"] = self.business(due, self.until) / 1e6 if verdict == "breached" else 0.0
        return row

    def wall_s(self, zone: ZoneInfo) -> float:
        handed = self.handoff.handed
        if handed["day"] is None and (self.stopped is None or self.stopped["day"] is None):
            return float(max(0, self.until - handed["occurred"])) / 1e6
        end = day_of(self.stopped, zone) if self.stopped else local(self.until, zone).date()
        return float(max(0, (end - day_of(handed, zone)).days)) * 86_400

    def shares(self) -> list[dict[str, Any]]:
        """The time that it lay with each; nobody but the last where no time passed with him."""
        if self.inexact or self.handoff.handed["day"] is not None:
            return []
        begins = int(self.handoff.handed["occurred"])
        marks = sorted({begins, *(since for since, _ in self.handoff.owners if begins < since < self.until)})
        found: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
        for start, end in zip(marks, [*marks[1:], max(self.until, begins)], strict=True):
            share = found[self.handoff.owner(start)]
            share[0] += self.business(start, end)
            share[1] += end - start
        if not any(wall for _, wall in found.values()):
            found = defaultdict(list, {self.handoff.owner(max(self.until, begins)): [0, 0]})
        return [
            {"handoff": self.handoff.handed["data"]["handoff"], "lead": self.handoff.story, "promise": self.name,
             "owner": owner, "business_s": business / 1e6, "wall_s": wall / 1e6}
            for owner, (business, wall) in found.items()
            if wall or len(found) == 1
        ]  # fmt: skip


def day_of(event: Event, zone: ZoneInfo) -> date:
    return (
        local(event["occurred"], zone).date()
        if event["day"] is None
        else date(1970, 1, 1) + timedelta(days=event["day"])
    )


def shown(event: Event, zone: ZoneInfo) -> str:
    return local(event["occurred"], zone).isoformat() if event["day"] is None else str(day_of(event, zone))


@dataclass
class Known:
    """What was known of a log at an instant, and had happened by the asked one."""

    log: FakeLog
    asked: int
    as_of: int | None = None
    handoffs: list[Handoff] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = [
            row | {"data": json.loads(row["data"])}
            for row in self.log.rows
            if self.as_of is None or row["recorded"] <= self.as_of
        ]
        gone = {
            row["data"]["run"]: row["type"] == "RunRetracted"
            for row in rows
            if row["type"] in {"RunRetracted", "RunRestored"}
        }
        rows = [row for row in rows if not gone.get(row["run"])]
        self.versions = [
            Version(row["data"]["agreement"], row["position"]) for row in rows if row["type"] == "SlaAgreed"
        ]
        rows = [row for row in rows if row["lead"]]
        survivor = survivors(self.log, rows)
        stories = defaultdict(list)
        for row in sorted(rows, key=order):
            if row["occurred"] <= self.asked:
                stories[survivor.get(row["lead"], row["lead"])].append(row)
        for story, events in stories.items():
            first: dict[str, Event] = {}
            for event in events:
                if event["type"] == "LeadHandedOff":
                    first.setdefault(event["data"]["handoff"], event)
            self.handoffs += [Handoff(story, handed, events, self.asked, self.versions) for handed in first.values()]

    def promises(self) -> list[Promise]:
        return [promise for handoff in self.handoffs for promise in handoff.promises()]


def verdicts(log: FakeLog, asked: int, zone: ZoneInfo, as_of: int | None = None) -> list[dict[str, Any]]:
    """The rows of `sla verdicts`, in no order."""
    return [promise.row(zone) for promise in Known(log, asked, as_of).promises()]


def owners(log: FakeLog, asked: int, as_of: int | None = None) -> list[dict[str, Any]]:
    """The rows of `sla owners`, in no order."""
    return [share for promise in Known(log, asked, as_of).promises() for share in promise.shares()]


def summary(rows: Iterable[Mapping[str, Any]], by: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The rows of `sla` over those of `sla verdicts`, in no order."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[(row["promise"], *(row[name] for name in by))].append(row)
    return [counted(dict(zip(("promise", *by), key, strict=True)), group) for key, group in groups.items()]


def counted(key: dict[str, Any], group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    number = {name: sum(row["verdict"] == name for row in group) for name in ("met", "breached", "running", "excluded")}
    judged = number["met"] + number["breached"]
    times = sorted(row["business_s"] for row in group if row["done_at"] and row["business_s"] is not None)
    walls = sorted(row["wall_s"] for row in group if row["done_at"] and row["business_s"] is not None)
    return {
        **key, "promised": len(group), **number, "compliance": number["met"] / judged if judged else None,
        "response_p50_s": quantile(times, 0.5), "response_p90_s": quantile(times, 0.9), "wall_p50_s": quantile(walls, 0.5),
    }  # fmt: skip


def quantile(values: Sequence[float], part: float) -> float | None:
    if not values:
        return None
    place = part * (len(values) - 1)
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    return low + (high - low) * (place - int(place))

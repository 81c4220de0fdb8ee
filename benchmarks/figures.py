"""What was measured, what it should be, and where it is kept: one JSON file, from which the report is written."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

Kind = Literal["share", "times", "seconds", "bytes"]
Verdict = Literal["aim", "met", "missed", "not judged"]
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach at least, and what it aims at.

    share: of the limit's speed, the more the better. times: as long as the limit, seconds, bytes: the less the better.
    smallest: events of a log from which on it is judged; a smaller one is mostly start-up.
    """

    kind: Kind
    at_least: float
    aim: float
    smallest: int = 0


GOALS: Mapping[str, Goal] = {
    "intake": Goal("share", 0.2, 0.5, 900_000),
    "intake as the log grows": Goal("share", 1 / 3, 1.0, 1_000_000),
    "history": Goal("share", 0.3, 0.6, 900_000),
    "view": Goal("times", 6, 3, 5_000_000),
    "memory": Goal("bytes", GIB, GIB),
    "tail": Goal("seconds", 0.3, 0.1),
    "weekly": Goal("seconds", 10, 7),
    "weekly memory": Goal("bytes", 1.5 * GIB, GIB),
    "linear": Goal("share", 2 / 3, 0.9, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A work that was measured.

    events: in the log. worked: those that the seconds were spent on, where that is another number.
    seconds: the median of `runs`. limit: seconds of `against`, measured in the same run.
    peak: bytes of memory, of all its processes together. goals: names in GOALS. note: what a reader must know.
    """

    part: str
    work: str
    events: int
    seconds: float
    runs: int = 1
    worked: int | None = None
    limit: float | None = None
    against: str = ""
    peak: int | None = None
    goals: tuple[str, ...] = ()
    note: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What it replaces when it is measured again."""
        return self.part, self.work, self.events

    @property
    def per_million(self) -> float:
        """Seconds for a million events."""
        return self.seconds / (self.worked or self.events or 1) * 1e6

    def value(self, kind: Kind) -> float | None:
        """What a goal of that kind looks at; None where it was not measured."""
        match kind:
            case "share":
                return None if self.limit is None or not self.seconds else self.limit / self.seconds
            case "times":
                return self.seconds / self.limit if self.limit else None
            case "seconds":
                return self.seconds
            case "bytes":
                return self.peak

    def verdict(self, name: str) -> Verdict:
        """Whether it reaches that goal."""
        goal = GOALS[name]
        value = self.value(goal.kind)
        if value is None or self.events < goal.smallest:
            return "not judged"
        sign = 1 if goal.kind == "share" else -1
        if sign * value >= sign * goal.aim:
            return "aim"
        return "met" if sign * value >= sign * goal.at_least else "missed"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, and whether it does."""

    part: str
    rule: str
    holds: bool
    told: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A work that could not be measured, and why."""

    part: str
    work: str
    why: str


@dataclass(slots=True)
class Results:
    """Everything that was measured. curves: rates over the log's position, by name: (events in the log, events a second)."""

    machine: dict[str, str] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    curves: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Self:
        """What an earlier run left; nothing where there is no such file."""
        if not file.is_file():
            return cls()
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            machine=told["machine"],
            figures=[Figure(**one | {"goals": tuple(one["goals"])}) for one in told["figures"]],
            curves={name: [(at, rate) for at, rate in points] for name, points in told["curves"].items()},
            checks=[Check(**one) for one in told["checks"]],
            failures=[Failure(**one) for one in told["failures"]],
        )

    def write(self, file: Path) -> None:
        """Keep it."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")

    def forget(self, part: str, events: int) -> None:
        """A part is measured again with about so many events in the log; what was measured with fewer stays."""
        self.figures = [
            one for one in self.figures if one.part.split()[0] != part or abs(one.events - events) > events / 50
        ]
        self.checks = [one for one in self.checks if one.part != part]
        self.failures = [one for one in self.failures if one.part != part]

    def add(self, figure: Figure) -> None:
        """Takes the place of the same one measured before."""
        self.figures = [*(one for one in self.figures if one.key != figure.key), figure]

    def of(self, part: str) -> list[Figure]:
        """The figures of a part, by events and in the order of measuring."""
        return sorted((one for one in self.figures if one.part == part), key=lambda one: one.events)

    def largest(self, part: str) -> dict[str, Figure]:
        """Work → its figure with the most events."""
        return {one.work: one for one in self.of(part)}

    @property
    def bad(self) -> bool:
        """Whether something failed, does not hold, or misses what it must reach at least."""
        missed = any(figure.verdict(name) == "missed" for figure in self.figures for name in figure.goals)
        return missed or bool(self.failures) or not all(check.holds for check in self.checks)

"""What the engine's tests share: a workspace of their own, and events taken in as a stream sends them."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.cases.runner import Clock
from engine.intake.intake import Intake
from engine.intake.ndjson import FORMAT, ndjson_again
from engine.intake.summary import Summary
from engine.workspace import Workspace
from events.cloudevents import Sender
from events.instants import parse_instant

NOW = parse_instant("2026-06-30T12:00:00Z").start
CONTEXT = {"format": FORMAT, "encoding": "utf-8", "source": None}


class Desk:
    """A workspace with a clock that stands, and a hand that takes events in."""

    def __init__(self, folder: Any) -> None:
        self.clock = Clock(NOW)
        self.workspace = Workspace.init(folder, "Europe/Berlin", "EUR", self.clock)
        self.sent = 0

    def take(
        self,
        *events: dict[str, Any] | bytes,
        trusted: bool = False,
        archive: bool = False,
        run: str = "run",
        size: int = 10_000,
    ) -> Summary:
        """Take events in as NDJSON lines; dicts as tell() makes them, bytes as they stand."""

        def sender_of(name: str | None) -> Sender:
            return replace(self.workspace.sender_of(name or "crm"), trusted=trusted, archive=archive)

        elements = []
        for event in events:
            self.sent += 1
            element = ndjson_again(
                event if isinstance(event, bytes) else json.dumps(event).encode(), CONTEXT, sender_of
            )
            element.where = f"line {self.sent}"
            elements.append(element)
        return Intake(self.workspace.log, self.workspace.keys, sender_of, run).take(elements, size=size)

    def types(self) -> list[str]:
        """The names of the recorded events, by position."""
        return [row.type for row in self.workspace.log.rows()]

    def kept(self) -> list[tuple[str, str | None, str]]:
        """What lies in quarantine: state, type and word."""
        with self.workspace.quarantine() as quarantine:
            return [(entry.state, entry.type, entry.word) for entry in quarantine.entries()]

    def reasons(self) -> list[str]:
        """Why."""
        with self.workspace.quarantine() as quarantine:
            return [entry.reason for entry in quarantine.entries()]


def tell(type_: str, time: str = "2026-03-02T09:00:00Z", subject: str = "L1", **told: Any) -> dict[str, Any]:
    """A CloudEvent; attributes by their names, everything else is data. Its id is made of what it says unless told."""
    attributes = {
        name: told.pop(name)
        for name in ("id", "source", "actor", "sequence", "knowntime", "correlationid")
        if name in told
    }
    made = f"{type_} {time} {subject} {sorted(told.items())}"
    event = {"id": made, "source": "crm", "type": type_, "subject": subject, "time": time} | attributes | {"data": told}
    return {name: value for name, value in event.items() if value is not None}


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """A fresh workspace in Europe/Berlin; its clock stands at noon UTC of 30 June 2026."""
    made = Desk(tmp_path / "workspace")
    yield made
    made.workspace.close()


@pytest.fixture
def desks(tmp_path_factory) -> Iterator[Callable[[], Desk]]:
    """As many workspaces as a test asks for."""
    made: list[Desk] = []

    def another() -> Desk:
        made.append(Desk(tmp_path_factory.mktemp("desk") / "workspace"))
        return made[-1]

    yield another
    for one in made:
        one.workspace.close()


def in_pieces(events: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Portions of so many."""
    events = list(events)
    return (events[at : at + size] for at in range(0, len(events), size))

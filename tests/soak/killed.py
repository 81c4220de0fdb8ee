"""kill -9 over and over: a log that is killed while it is written beside one that is left in peace. In the end they hold the same."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from engine.ledger.verify import verify
from engine.simulate import SOURCES, write
from engine.views import ask
from engine.workspace import SETTINGS, Workspace
from tests.soak.nursery import Fate, Nursery

PIECE = 400  # events of a file
VIEWS = ("funnel", "funnel.per_lead", "handoffs", "anomalies")
NOW = 1_900_000_000_000_000  # µs at which both are asked
ATTEMPTS = 20  # at a kill, before the command is taken to be too short for it
PLACES = {
    "ingest": ("ensure", "append", "track", "announce", "set_head"),
    "history": ("segment",),
    "funnel": ("segment",),
    "quarantine": ("append", "announce", "set_head", "forget"),
    "erase": ("begin_erasing", "append", "announce", "set_head", "erase"),
}


class Trial:
    """Two workspaces with the same secret and the same deliveries.

    killed: how often a command was killed, by its name. places: where. seed: the same one chooses the same ends; a moment
    of time is never quite the same.
    """

    def __init__(self, folder: Path, seed: int, leads: int) -> None:
        self.killed: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self.seed, self._random = seed, Random(seed)
        self._folder = folder
        folder.mkdir(parents=True)
        self.files = list(_pieces(folder, leads, seed))
        self.peace, self.war = folder / "peace", folder / "war"
        Workspace.init(self.peace).close()
        shutil.copytree(self.peace, self.war)
        self._nursery = Nursery(folder / "nursery")

    def close(self) -> None:
        """Let the nursery go."""
        self._nursery.__exit__()

    def ingest(self, kills: int) -> None:
        """Take all files in, killed so many times on the way; then once more undisturbed."""
        for number, file in enumerate(self.files, 1):
            self._kill(kills * number // len(self.files), "ingest", str(file))
            self._do(self.war, "ingest", str(file))
        self._both("ingest", *map(str, self.files))

    def build(self, kills: int) -> None:
        """Build the history, by command and by a view, killed so many times."""
        for number in range(kills):
            command = ("funnel",) if number % 2 else ("history", "build")
            self._kill(self.killed[command[0]] + 1, *command)
            if self._random.random() < 0.3:
                self._do(self.war, "history", "drop")
        self._do(self.war, "history", "build")

    def retry(self, kills: int) -> None:
        """The sources' settings are mended and what lies in quarantine is tried again, killed so many times."""
        mended = "".join(
            f'\n[source.{json.dumps(source)}]\nunknown = "keep"\nzone = "Europe/Berlin"\n' for source in SOURCES
        )
        for workspace in (self.peace, self.war):
            with (workspace / SETTINGS).open("a") as file:
                file.write(mended)
        self._kill(kills, "quarantine", "retry")
        self._both("quarantine", "retry")

    def erase(self, kills: int) -> None:
        """Persons are erased, each killed once on the way; then undisturbed."""
        with closing(Workspace.find(self.peace)) as peace:
            numbers = list(peace.log.streams(range(1, 10 * kills + 10)))
            names = peace.log.names(self._random.sample(numbers, min(kills, len(numbers)))).values()
        for number, name in enumerate(names, 1):
            lead = f"{name.source}/{name.subject}"
            self._kill(number, "erase", lead, "--yes")
            self._both("erase", lead, "--yes")

    def compare(self) -> int:
        """What both hold is the same. Gives the number of events."""
        with closing(Workspace.find(self.peace)) as peace, closing(Workspace.find(self.war)) as war:
            assert verify(war.log).whole, f"seed {self.seed}"
            assert _events(war) == _events(peace), f"seed {self.seed}"
            assert war.log.head().position == peace.log.head().position
            assert _kept(war) == _kept(peace), f"seed {self.seed}"
            assert war.keys.everyone_erased() == peace.keys.everyone_erased(), f"seed {self.seed}"
            from_segments = _answers(war)
            assert from_segments == _answers(peace), f"seed {self.seed}"
            if war.history.exists():
                shutil.rmtree(war.history)
            assert _answers(war) == from_segments, f"seed {self.seed}"
            return war.log.head().position

    def _kill(self, until: int, *words: str) -> None:
        """Run a command until it has been killed so often, all in all."""
        for _ in range(ATTEMPTS):
            if self.killed[words[0]] >= until:
                return
            fate = self._fate(words[0])
            code = self._nursery.run(*words, "--workspace", str(self.war), fate=fate)
            assert code in (0, 3, -9), f"seed {self.seed}: {words} ({fate}) ended with {code}: {self._nursery.err}"
            if code == -9:
                self.killed[words[0]] += 1
                self.places[fate.kind] += 1
                self._look(words, fate)

    def _look(self, words: tuple[str, ...], fate: Fate) -> None:
        """What is there after a kill is whole."""
        with closing(Workspace.find(self.war)) as war:
            found = verify(war.log)
            assert found.whole, f"seed {self.seed}: {words} killed {fate}: {found.flaws}"

    def _fate(self, command: str) -> Fate:
        chosen = self._random.random()
        if chosen < 0.5:
            return Fate(self._random.choice(PLACES[command]), self._random.randint(1, 8))
        if chosen < 0.75 or command in ("history", "funnel"):
            return Fate(after=self._random.uniform(0.03, 0.3))
        file = self._random.choice(("log.db", "keys.db"))
        return Fate(file=str(self.war / file), passage=self._random.randint(1, 6))

    def _both(self, *words: str) -> None:
        for workspace in (self.peace, self.war):
            self._do(workspace, *words)

    def _do(self, workspace: Path, *words: str) -> None:
        code = self._nursery.run(*words, "--workspace", str(workspace))
        assert code in (0, 3), f"seed {self.seed}: {words} ended with {code}: {self._nursery.err}"


def _pieces(folder: Path, leads: int, seed: int) -> Iterator[Path]:
    """A sample with everything that goes wrong, in files of some events."""
    whole = folder / "sample.ndjson"
    write(whole, leads, seed, dirt=True)
    lines = whole.read_bytes().splitlines(keepends=True)
    for at in range(0, len(lines), PIECE):
        piece = folder / f"{at:06}.ndjson"
        piece.write_bytes(b"".join(lines[at : at + PIECE]))
        yield piece


def _events(workspace: Workspace) -> dict[bytes, tuple[Any, ...]]:
    return {
        row.event_id.bytes: (
            row.stream, row.type, row.source, row.actor, row.sequence, row.data, row.sealed is None,
            None if row.type == "PersonErased" else (row.occurred_at, row.occurred_until),
        )
        for row in workspace.log.rows()
    }  # fmt: skip


def _kept(workspace: Workspace) -> Counter[tuple[Any, ...]]:
    with workspace.quarantine() as quarantine:
        return Counter(
            (entry.state, entry.source, entry.type, entry.word, entry.reason, entry.raw)
            for entry in quarantine.entries()
        )


def _answers(workspace: Workspace) -> list[list[str]]:
    documents = [ask(workspace, view, {}, NOW).document() for view in VIEWS]
    return [
        sorted(
            json.dumps({key: value for key, value in row.items() if key != "position"}, default=str)
            for row in document["rows"]
        )
        for document in documents
    ]

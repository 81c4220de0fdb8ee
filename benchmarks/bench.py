"""What the parts of a run share: the folder, the sizes, what was found so far, and a voice."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Check, Failure, Figure, Results
from benchmarks.sample import agree
from engine.simulate import SOURCES
from engine.workspace import SETTINGS, Workspace

ASKED_AT = "2026-01-01"  # the instant at which views are asked, so that ages are the same in every run


@dataclass(frozen=True, slots=True)
class Bench:
    """A run of measurements.

    folder: where everything lies, the results included. file: NDJSON to measure with; None: it is simulated.
    sizes: events in the log at which it is measured, rising. runs: of which the median is taken, where they are short.
    """

    folder: Path
    file: Path | None
    sizes: tuple[int, ...]
    results: Results
    console: Console
    runs: int = 3

    @property
    def workspace(self) -> Path:
        """The workspace that grows."""
        return self.folder / "workspace"

    @property
    def log(self) -> Path:
        """Its log."""
        return self.workspace / "log.db"

    @property
    def sample(self) -> Path:
        """The events to measure with."""
        return self.file or self.folder / "simulated.ndjson"

    def events(self) -> int:
        """How many are in the log now."""
        with closing(sqlite3.connect(f"{self.log.as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()[0])

    def init(self, folder: Path, *, archives: bool = True) -> Path:
        """A new workspace with an agreement. archives: whether the sample's sources may bring their own past."""
        Workspace.init(folder, "Europe/Berlin").close()
        if archives:
            with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
                settings.writelines(f"\n[source.{source}]\narchive = true\n" for source in SOURCES)
        agree(folder)
        return folder

    def add(self, figure: Figure) -> None:
        """Keep a figure, and say it at once."""
        self.results.add(figure)
        self._keep()
        told = f"{figure.events:12,} {figure.seconds:10.3f} s  {1e6 / max(figure.per_million, 1e-9):12,.0f} events/s"
        limit = f"  {figure.limit:9.3f} s {figure.against}" if figure.limit is not None else ""
        verdicts = "".join(f"  {name}: {figure.verdict(name)}" for name in figure.goals)
        self.console.print(
            f"{f'{figure.part}: {figure.work}':50} {told}{limit}{verdicts}", highlight=False, soft_wrap=True
        )

    def check(self, part: str, rule: str, holds: bool, told: str) -> None:
        """Keep whether something holds, and say it at once."""
        self.results.checks.append(Check(part, rule, holds, told))
        self._keep()
        self.console.print(f"{'holds' if holds else 'DOES NOT HOLD'}: {rule}: {told}", highlight=False, soft_wrap=True)

    @contextmanager
    def measuring(self, part: str, work: str) -> Iterator[None]:
        """A work that may fail without taking the others with it; a failure is told and kept."""
        with self.console.status(f"{part}: {work}"):
            try:
                yield
            except Exception as error:  # noqa: BLE001  # whatever goes wrong is reported; the other figures are still worth having
                why = f"{type(error).__name__}: {error}".splitlines()[0]
                self.results.failures.append(Failure(part, work, why))
                self._keep()
                self.console.print(f"FAILED {part}: {work}: {why}", highlight=False, soft_wrap=True)

    def _keep(self) -> None:
        with suppress(FileNotFoundError):
            self.results.write(self.folder / "results.json")


Part = Callable[[Bench], None]

"""`make soak`: kills, fuzzing and tampering for as long as there is time, and a table of what was reached.

SOAK_MINUTES: how long (60). SOAK_PARTS: which of killed, consumed, fuzzed, tampered (all). LEADLOG_SEED: the first seed.
SOAK_LOG: a workspace; a copy of its log is tampered with, a thousand changes at once, instead of one that is made for it.
Exit code 1 where anything failed; each failure names its seed.
"""

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.kafka.broker import NoBroker
from tests.kafka.fixture import found as kafka_found
from tests.soak.consumed import Consumed
from tests.soak.fuzzing import fuzz
from tests.soak.killed import Trial
from tests.soak.tampering import Attacker

EXAMPLES, CHANGES, SINGLE = 10_000, 1_000, 200
LEADS, LEADS_TAMPERED = 150, 2_000
KILLS = {"ingest": 40, "build": 6, "retry": 6, "erase": 6}  # of one log, before another is begun
KILLS_CONSUMED = 10


@dataclass
class Part:
    """What a part reached. lines: (what, how many); failures: with their seeds."""

    name: str
    lines: list[tuple[str, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0
    seeds: str = ""


def fuzzed(part: Part, _folder: Path, seed: int, until: float) -> None:
    """Ten thousand mutated files."""
    told = fuzz(EXAMPLES, seed, until=until)
    part.seeds = str(seed)
    part.lines = [
        (f"mutated files, of {EXAMPLES:,}", told.examples.total()),
        ("doors", len(told.examples)),
        ("MB of the largest process", told.peak >> 20),
    ]
    part.failures += told.failures


def tampered(part: Part, folder: Path, seed: int, until: float) -> None:
    """A thousand changes of a log at once, and two hundred of a small one, one at a time."""
    given = os.environ.get("SOAK_LOG")
    attacker = Attacker(folder / "tampered", seed, Path(given) if given else LEADS_TAMPERED)
    attacker.many_at_once(CHANGES)
    small = Attacker(folder / "tampered-small", seed, 60)
    while small.found.changes.total() < SINGLE and time.monotonic() < until:
        small.one_at_a_time(min(8, SINGLE - small.found.changes.total()))
    part.seeds = str(seed)
    part.lines = [
        (f"changes, of {CHANGES + SINGLE:,}", attacker.found.changes.total() + small.found.changes.total()),
        ("events of the log", attacker.found.events),
    ]
    part.lines += sorted((attacker.found.changes + small.found.changes).items())
    part.failures += attacker.found.failures + small.found.failures


def consumed(part: Part, folder: Path, seed: int, until: float) -> None:
    """Workers killed, with a broker of our own that is restarted."""
    counted: Counter[str] = Counter()
    first = seed
    try:
        with kafka_found(folder / "kafka") as kafka:
            while time.monotonic() < until:
                one = Consumed(folder / f"consumed-{seed}", kafka, seed)
                try:
                    one.deliver()
                    for number in range(4 * KILLS_CONSUMED):
                        if one.killed >= KILLS_CONSUMED or time.monotonic() > until:
                            break
                        one.kill()
                        if number % 8 == 4:
                            one.restart(killed=number % 16 == 4)
                        if number % 8 == 6:
                            one.replay()
                    counted["events"] += one.finish()
                finally:
                    one.close()
                    counted["kills of consume"] += one.killed
                    counted["restarts of the broker"] += one.restarts
                shutil.rmtree(folder / f"consumed-{seed}")
                seed += 1
            part.lines = [("broker: " + kafka.told[:40], 1)]
    except NoBroker as error:
        part.failures.append(f"no broker could be started: {error}")
    finally:
        part.seeds = f"{first}–{seed}"
        part.lines = [*sorted(counted.items()), *part.lines]


def killed(part: Part, folder: Path, seed: int, until: float) -> None:
    """Logs killed while they are written, one after the other."""
    counted: Counter[str] = Counter()
    places: Counter[str] = Counter()
    first = seed
    try:
        while time.monotonic() < until:
            trial = Trial(folder / f"killed-{seed}", seed, LEADS)
            try:
                for name, kills in KILLS.items():
                    getattr(trial, name)(kills)
                counted["events compared"] += trial.compare()
                counted["logs"] += 1
            finally:
                trial.close()
                counted.update({f"kills of {name}": count for name, count in trial.killed.items()})
                places.update({f"… at {name}": count for name, count in trial.places.items()})
            shutil.rmtree(folder / f"killed-{seed}")
            seed += 1
    finally:
        part.seeds = f"{first}–{seed}"
        part.lines = [*sorted(counted.items()), *sorted(places.items())]


# Of the whole time: what has a fixed number comes first, kills of files take what is left.
PARTS: dict[str, tuple[Callable[[Part, Path, int, float], None], float]] = {
    "fuzzed": (fuzzed, 0.5), "tampered": (tampered, 0.5), "consumed": (consumed, 0.4), "killed": (killed, 1.0),
}  # fmt: skip


def main() -> int:
    """Run the parts that are asked for; the exit code."""
    minutes = float(os.environ.get("SOAK_MINUTES", "60"))
    chosen = [name for name in os.environ.get("SOAK_PARTS", "").replace(",", " ").split() if name] or list(PARTS)
    if strange := set(chosen) - PARTS.keys():
        print(f"SOAK_PARTS: there is no {', '.join(strange)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    seed = int(os.environ.get("LEADLOG_SEED") or SystemRandom().randrange(10_000))
    end = time.monotonic() + minutes * 60
    print(f"LEADLOG_SEED={seed}, {minutes:g} minutes, parts: {', '.join(chosen)}", flush=True)
    done = [_run(name, seed, end) for name in PARTS if name in chosen]
    _print(done)
    return 1 if any(part.failures for part in done) else 0


def _run(name: str, seed: int, end: float) -> Part:
    part, (run, share) = Part(name), PARTS[name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leadlog-soak-") as folder:
        try:
            run(part, Path(folder), seed, began + share * (end - began))
        except Exception:  # noqa: BLE001  # a part that fails ends no other
            part.failures.append(traceback.format_exc())
    part.seconds = time.monotonic() - began
    print(f"{name}: {part.seconds:.0f} s, {len(part.failures)} failures", flush=True)
    return part


def _print(done: list[Part]) -> None:
    table = Table("part", "seeds", "what", "reached", "failures", "seconds", box=SIMPLE_HEAD)
    for column in table.columns[3:]:
        column.justify = "right"
    for part in done:
        for number, (what, count) in enumerate(part.lines or [("–", 0)]):
            head = (part.name, part.seeds) if not number else ("", "")
            tail = (str(len(part.failures)), f"{part.seconds:.0f}") if not number else ("", "")
            table.add_row(*head, what, f"{count:,}", *tail)
    Console(width=110).print(table)
    for part in done:
        for failure in part.failures:
            print(f"{part.name}: {failure}\n")


if __name__ == "__main__":
    sys.exit(main())

"""Mutated files at every door, in processes of their own: none ends with a traceback, dies in C, hangs or eats the memory."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.doors import Door, doors, refusing

ROOT = Path(__file__).parents[2]
MEMORY = 400 << 20  # bytes that one example may add to what the process needs
LONGEST = 60  # s that one example may take


@dataclass
class Fuzzed:
    """examples: tried, by door. failures: door, number and what happened. peak: bytes of the largest process."""

    examples: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    peak: int = 0


def fuzz(examples: int, seed: int, processes: int = 2, until: float | None = None) -> Fuzzed:
    """Try so many examples, in several processes. until: monotonic time after which no more are begun."""
    fuzzed = Fuzzed()
    with ThreadPoolExecutor(processes) as pool:
        shares = [
            pool.submit(
                lambda share, count: list(_share(share, count, seed, until)),
                number,
                examples // processes + (number < examples % processes),
            )
            for number in range(processes)
        ]
        for share in shares:
            lines = share.result()
            for line in lines:
                fuzzed.examples[line["door"]] += 1
                fuzzed.peak = max(fuzzed.peak, line.get("peak", 0))
                if "failure" in line:
                    fuzzed.failures.append(f"seed {seed}, {line['door']}, example {line['example']}: {line['failure']}")
    return fuzzed


def _share(share: int, examples: int, seed: int, until: float | None) -> Iterator[dict[str, Any]]:
    """What one process after the other tells of a share of the examples: who dies is followed by another."""
    first = 0
    while first < examples and (until is None or time.monotonic() < until):
        command = [sys.executable, "-m", "tests.soak.fuzzing", str(seed), str(share), str(first), str(examples)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"}
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            ) as worker,
        ):
            assert worker.stdout is not None
            begun: dict[str, Any] | None = None
            for text in worker.stdout:
                line = json.loads(text)
                if "begun" in line:
                    begun = line
                else:
                    yield line
                    begun, first = None, line["example"] + 1
                if until is not None and time.monotonic() > until:
                    worker.kill()
                    return
            code = worker.wait()
            errors.seek(0)
            if begun is not None:
                yield {
                    "door": begun["door"],
                    "example": begun["begun"],
                    "failure": f"the process ended with {code}: {errors.read()[-1500:]}",
                }
                first = begun["begun"] + 1
            elif code:
                yield {
                    "door": "none",
                    "example": first,
                    "failure": f"the process ended with {code}: {errors.read()[-1500:]}",
                }
                return


def main(seed: int, share: int, first: int, examples: int) -> None:
    """A share of the examples, each told before it is begun and when it is done."""
    there = doors()
    signal.signal(signal.SIGALRM, _too_long)
    with tempfile.TemporaryDirectory(prefix="leadlog-fuzz-") as name:
        for door in there[:]:
            (Path(name) / door.name).mkdir()
        for number in range(first, examples):
            door = there[(number + share) % len(there)]
            print(json.dumps({"begun": number, "door": door.name}), flush=True)
            told: dict[str, Any] = {"example": number, "door": door.name}
            failure = _tried(door, Random(f"{seed} {share} {number}"), Path(name) / door.name)
            if failure:
                told["failure"] = failure
            told["peak"] = _peak()
            print(json.dumps(told), flush=True)


def _tried(door: Door, random: Random, folder: Path) -> str | None:
    before = _peak()
    _let(before + MEMORY)
    signal.alarm(LONGEST)
    try:
        with refusing():
            door.trying(random.choice(door.samples), random, folder)
    except Exception:  # noqa: BLE001  # that is what is looked for
        return traceback.format_exc()[-3000:]
    finally:
        signal.alarm(0)
    grown = _peak() - before
    return f"it took {grown >> 20} MB more" if grown > MEMORY and before > MEMORY else None


def _let(peak: int) -> None:
    """A process that asks for far more is refused by the machine, before the machine suffers."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (max(size, peak) + 4 * MEMORY, resource.RLIM_INFINITY))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _too_long(*_: object) -> None:
    raise TimeoutError(f"it took longer than {LONGEST} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))

"""How something is measured: a command as its user runs it, or a function in a process of its own; seconds and memory."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from subprocess import PIPE
from threading import Event, Thread
from typing import ParamSpec, TypeVar

import psutil

Asked = ParamSpec("Asked")
Given = TypeVar("Given")
ROOT = Path(__file__).parents[1]
LEADLOG = [sys.executable, "-c", "from engine.cli import main; main()"]
LOOK = 0.25  # seconds between two looks at a command's memory
ENOUGH = 6.0  # seconds of some runs together, after which there are no more of them


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended. peak: bytes, all its processes together. output: the last of what it printed."""

    seconds: float
    peak: int
    output: str


class CommandFailed(Exception):
    """A command ended with a code that its user would not expect."""


def leadlog(workspace: Path, *words: str, watch: Callable[[], None] | None = None, to: Path | None = None) -> Done:
    """Run a command of the program as its user does. watch: called now and then. to: a file that gets what it prints.

    Raises CommandFailed with what it said.
    """
    environment = {**os.environ, "LEADLOG_WORKSPACE": str(workspace.absolute())}
    with (to or Path(os.devnull)).open("wb") as sink:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*LEADLOG, *words], stdout=sink if to else PIPE, stderr=PIPE, cwd=ROOT, env=environment
        )
        with _Watched(process.pid, watch) as memory:
            output, said = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode not in (0, 3):
        raise CommandFailed(f"leadlog {' '.join(words)}: {said.decode()[-500:].strip()}")
    return Done(seconds, memory.peak, (output or b"").decode())


class _Watched:
    """Looks at a process and its children until it has ended."""

    def __init__(self, pid: int, watch: Callable[[], None] | None) -> None:
        self.peak = 0
        self._pid, self._watch, self._over = pid, watch, Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> "_Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK):
            with suppress(psutil.Error, OSError):
                parent = psutil.Process(self._pid)
                together = sum(one.memory_full_info().pss for one in [parent, *parent.children(recursive=True)])
                self.peak = max(self.peak, together, high_water(self._pid))
            if self._watch is not None:
                self._watch()


def high_water(pid: int | str = "self") -> int:
    """The most memory that a process has held so far, in bytes; the kernel counts it, nothing is missed between two looks."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def alone(work: Callable[Asked, Given], *args: Asked.args, **kwargs: Asked.kwargs) -> tuple[Given, int]:
    """What a function gives, in a new process, and the bytes that the process held at its peak."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        given = process.submit(work, *args, **kwargs).result()
        return given, process.submit(high_water).result()


def timed(do: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def several(do: Callable[[], object], runs: int, before: Callable[[], object] = lambda: None) -> list[float]:
    """Seconds of some runs, fewer where they are long. before: done before each, not counted."""
    taken: list[float] = []
    while len(taken) < runs and sum(taken) < ENOUGH:
        before()
        taken.append(timed(do))
    return taken


def commands(
    workspace: Path,
    *words: str,
    runs: int,
    before: Callable[[], object] = lambda: None,
    to: Path | None = None,
) -> tuple[list[float], int]:
    """Seconds of some runs of a command, fewer where they are long, and the most memory that one took."""
    done: list[Done] = []
    while len(done) < runs and sum(one.seconds for one in done) < ENOUGH:
        before()
        done.append(leadlog(workspace, *words, to=to))
    return [one.seconds for one in done], max(one.peak for one in done)


def median(seconds: list[float]) -> float:
    """The middle one."""
    return statistics.median(seconds)

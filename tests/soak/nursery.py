"""A process that has loaded `leadlog` and lets children of it run commands, each to the end that it is given.

A fork takes a hundredth of the time that a new Python takes, so that many ends fit into a test. The batches are small and the
write-ahead log short: a little sample passes every place many times.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
BATCH, LONG_TAIL, FULL, JOURNAL = 100, 300, 1_000, 16  # elements, events, events, pages
PATIENCE = 120  # s that a command may take
NOTICING = 20  # s that its own processes may outlive it
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Fate:
    """How a command ends, if it does not end by itself before.

    place, passage: killed (-9) at that passage of a place in the program. after: killed so many seconds after its start.
    file: killed once that file was changed so many times (the log's own file is written by nothing but checkpoints).
    """

    place: str = ""
    passage: int = 1
    after: float | None = None
    file: str = ""

    @property
    def kind(self) -> str:
        """Where it ends, in a word or two."""
        return self.place or (f"write of {Path(self.file).name}" if self.file else "any moment")

    def __str__(self) -> str:
        if self.file:
            return f"change {self.passage} of {Path(self.file).name}"
        return f"passage {self.passage} of {self.place}" if self.place else f"after {self.after:.3f} s"


LIVES = Fate()


class Nursery:
    """The process, seen from a test. out, err: what the last command said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.nursery", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self.out = self.err = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def run(self, *words: str, fate: Fate = LIVES) -> int:
        """Run a command; its exit code, negative where a signal ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"words": words, "fate": asdict(fate)}), file=self._process.stdin, flush=True)
        code, left = map(int, self._process.stdout.readline().split())
        assert not left, f"{words}: {left} processes outlive it"
        self.out, self.err = ((self._folder / name).read_text(errors="replace") for name in ("out", "err"))
        return code


def main(folder: Path) -> None:
    """Run what comes in on standard input, one command a line; print how each ended."""
    from engine.cli import main as leadlog

    _prepare()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # who outlives its parent becomes a child of this process
    for line in sys.stdin:
        asked = json.loads(line)
        fate = Fate(**asked["fate"])
        pid = os.fork()
        if not pid:
            _live(leadlog, asked["words"], fate, folder)
        print(_watched(pid, fate), _left(), flush=True)


def _live(leadlog: Any, words: list[str], fate: Fate, folder: Path) -> None:
    """The child."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if fate.place:
        os.environ["LEADLOG_TEST_DIE_AT"] = f"{fate.place}:{fate.passage}"
    sys.argv = ["leadlog", *words]
    code = 70
    try:
        leadlog()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _watched(pid: int, fate: Fate) -> int:
    """Wait for the child, and see to its fate."""
    began, changes, last = time.monotonic(), 0, _changed(fate.file)
    while True:
        done, status = os.waitpid(pid, os.WNOHANG if fate.file or fate.after is not None else 0)
        if done:
            return os.waitstatus_to_exitcode(status)
        if fate.file and (now := _changed(fate.file)) != last:
            last, changes = now, changes + 1
        due = fate.after is not None and time.monotonic() - began >= fate.after
        if due or (fate.file and changes >= fate.passage) or time.monotonic() - began > PATIENCE:
            os.kill(pid, signal.SIGKILL)


def _left() -> int:
    """How many processes of a command that is gone are there still, once they had time to notice it."""
    began = time.monotonic()
    while time.monotonic() - began < NOTICING:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.01)
        except ChildProcessError:
            return 0
    return len(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


def _changed(file: str) -> int:
    return os.stat(file).st_mtime_ns if file else 0  # noqa: PTH116  # it is asked as often as can be


def _prepare() -> None:
    """Small batches, short segments, many checkpoints; and the places where a child may die."""
    from engine.intake import intake, retry
    from engine.kafka import worker  # noqa: F401  # loaded once, not in every child
    from engine.privacy.keys import KeyFile
    from engine.store import datastore
    from engine.store.turn import Turn
    from engine.store.writing import Writing
    from projections.history import history, segments
    from tests.seams import around

    intake.SIZE, retry.PORTION = BATCH, 10
    history.LONG_TAIL, segments.FULL = LONG_TAIL, FULL
    kept = [setting for setting in datastore.SETTINGS if "autocheckpoint" not in setting]
    setattr(datastore, "SETTINGS", (*kept, f"PRAGMA wal_autocheckpoint = {JOURNAL}"))  # noqa: B010  # of another length
    for name in ("ensure", "announce", "set_head", "begin_erasing", "erase", "forget"):
        around(KeyFile, name, name)
    around(Turn, "append", "append")
    around(Writing, "track", "track")
    around(segments, "write", "segment")
    around(segments, "_sync", "segment")
    around(segments, "sweep", "segment")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

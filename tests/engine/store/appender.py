"""Appends to a log in a process of its own. FOLDER NAME COUNT: each event in one transaction. With `hang`: one that never ends."""

import sys
from pathlib import Path

from engine.clock import now
from engine.privacy.keys import KeyFile
from engine.store.log import Log
from tests.engine.store.scribe import Scribe


def main(folder: Path, name: str, count: int, hang: bool) -> None:
    keys = KeyFile.open(folder / "keys.db")
    log = Log.open(folder / "log.db", keys, now)
    scribe = Scribe(log, keys)
    for number in range(count):
        scribe(name, id=f"{name}-{number}")
    if hang:
        with log.writing() as writing:
            writing.append([scribe.draft(name, 1, id=f"{name}-lost-{number}") for number in range(50)])
            print("in the middle", flush=True)
            sys.stdin.read()  # until it is killed


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), "hang" in sys.argv)

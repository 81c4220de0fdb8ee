"""kill -9: whatever the moment, the same command again leaves the log that one run leaves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from engine.intake.ingest import Ingestion, ingest
from engine.ledger.verify import verify
from engine.simulate import write
from engine.workspace import Workspace

SEED = int(os.environ.get("LEADLOG_SEED", "7"))
KILLS = 6


@pytest.fixture
def sample(tmp_path) -> Path:
    file: Path = tmp_path / "sample.ndjson"
    write(file, 250, SEED)
    return file


def held(workspace: Workspace) -> set[tuple[str, str | None, str]]:
    events = (workspace.log.recorded(row) for row in workspace.log.rows())
    return {(event.source, event.id, event.type) for event in events}


def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled(tmp_path, sample):
    random = Random(SEED)
    whole = Workspace.init(tmp_path / "whole")
    ingest(whole, Ingestion([str(sample)]))
    killed = Workspace.init(tmp_path / "killed")
    program = (
        "import sys; from pathlib import Path; from engine.intake import intake; intake.SIZE = 100;"
        "from engine.intake.ingest import Ingestion, ingest; from engine.workspace import Workspace;"
        "w = Workspace.find(Path(sys.argv[1])); print('ready', flush=True); ingest(w, Ingestion([sys.argv[2]]))"
    )
    reached = []
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(killed.folder), str(sample)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        before = killed.log.head().position
        deadline = time.monotonic() + 20
        until = before + random.randrange(1, 900)
        while killed.log.head().position < until and process.poll() is None and time.monotonic() < deadline:
            pass  # the moment is told by what is committed, not by a clock
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        reached.append(killed.log.head().position)
    print(f"seed {SEED}: killed {KILLS} times, the log had reached {reached}")
    ingest(killed, Ingestion([str(sample)]))
    assert held(killed) == held(whole)
    assert killed.log.head().position == whole.log.head().position
    assert verify(killed.log).whole
    for workspace in (whole, killed):
        workspace.close()

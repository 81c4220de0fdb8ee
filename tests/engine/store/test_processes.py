"""Several processes at once, and one that is killed."""

import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.ledger.verify import verify
from engine.store import datastore
from engine.store.errors import LogBusy
from engine.store.log import Log

ROOT = Path(__file__).parents[3]
EVENTS = 200


def appender(folder, *arguments):
    command = [sys.executable, "-m", "tests.engine.store.appender", str(folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(process):
    process.communicate()
    return process.returncode


def test_processes_that_append_at_once_leave_no_gap_and_a_whole_chain(log, tmp_path):
    started = [appender(tmp_path, name, str(EVENTS)) for name in ("L1", "L2")]
    assert [ended(process) for process in started] == [0, 0]
    rows = list(log.rows())
    assert [row.position for row in rows] == list(range(1, 2 * EVENTS + 1))
    assert Counter(row.lead for row in rows) == {1: EVENTS, 2: EVENTS}
    assert [row.version for row in rows if row.lead == 1] == list(range(1, EVENTS + 1))
    learned = [row.recorded_at for row in rows]
    assert learned == sorted(learned)
    assert verify(log).whole


def test_a_writer_killed_in_the_middle_takes_nothing_confirmed_with_it(log, keys, tmp_path):
    writer = appender(tmp_path, "L1", "20", "hang")
    assert writer.stdout is not None
    assert writer.stdout.readline() == "in the middle\n"
    assert log.head().position == 20
    writer.send_signal(signal.SIGKILL)
    assert ended(writer) == -signal.SIGKILL
    log.close()
    again = Log.open(tmp_path / "log.db", keys)
    assert again.head().position == 20
    assert verify(again).whole
    with again.writing() as writing:
        assert writing.head.position == 20
    follower = appender(tmp_path, "L2", "1")
    assert ended(follower) == 0
    assert [row.position for row in again.rows(after=19)] == [20, 21]
    assert verify(again).whole
    again.close()


def test_a_log_that_stays_busy_is_told_in_a_sentence(keys, log, tmp_path, monkeypatch):
    log.close()
    monkeypatch.setattr(datastore, "PATIENCE", 0)
    again = Log.open(tmp_path / "log.db", keys)
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(LogBusy, match=r"log\.db has been written by another process for more than a minute"),
        again.writing(),
    ):
        pass
    assert again.head().position == 0
    other.execute("ROLLBACK")
    with again.writing() as writing:
        assert writing.head.position == 0
    other.close()
    again.close()


def test_a_batch_read_while_another_process_writes_sees_whole_transactions(log, tmp_path):
    writer = appender(tmp_path, "L1", "100")
    seen = set()
    while writer.poll() is None:
        seen.add(sum(batch.num_rows for batch in log.batches(0, log.head().position)))
    assert ended(writer) == 0
    assert sum(batch.num_rows for batch in log.batches(0, 1000)) == 100
    assert max(seen) <= 100

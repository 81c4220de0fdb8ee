"""What another process understands ahead is what is understood here, whatever becomes of that process."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.intake import beside as beside_
from engine.intake import ingest as ingest_
from engine.intake.beside import Beside
from engine.intake.ingest import Ingestion, ingest
from engine.intake.lines import lines
from engine.intake.ndjson import here
from tests.engine.conftest import tell

SECRET = b"s" * 32
GOOD = b'{"id":"%d","source":"crm","type":"LeadScored","subject":"L%d","time":"2026-03-02T09:00:00Z","data":{"score":80}}\n'
MIXED = (
    b"".join(b"{]\n" if at % 7 == 3 else b"\n" if at % 7 == 5 else GOOD % (at, at % 50) for at in range(4000)) + b"cut"
)


def numbered():
    return lines(io.BufferedReader(io.BytesIO(MIXED)), "utf-8")


@pytest.fixture
def beside(monkeypatch):
    monkeypatch.setattr(beside_, "LINES", 100)
    with Beside(SECRET, None) as one:
        yield one


def test_lines_come_in_their_order_with_the_same_understood(beside):
    beside._there.result()
    assert list(beside(numbered())) == list(here(SECRET, None)(numbered()))


LINE = st.one_of(
    st.builds(lambda at, lead: GOOD % (at, lead), st.integers(0, 9), st.integers(0, 9)),
    st.builds(
        lambda key, value: json.dumps({**json.loads(GOOD % (1, 1)), key: value}).encode() + b"\n",
        st.sampled_from(["id", "type", "subject", "time", "data", "sequence", "knowntime", "actor", "something"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=4), lambda of: st.dictionaries(st.text(max_size=5), of)
        ),
    ),
    st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"") + b"\n"),
)


@given(st.lists(LINE, max_size=30))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_both_understand_the_same(beside, raws):
    beside._there.result()
    beside_.LINES = 7

    def told():
        return lines(io.BufferedReader(io.BytesIO(b"".join(raws))), "utf-8")

    assert list(beside(told())) == list(here(SECRET, None)(told()))


def test_until_the_other_process_is_there_lines_are_understood_here(beside):
    assert list(beside(numbered())) == list(here(SECRET, None)(numbered()))


@pytest.mark.parametrize("after", [0, 1, 2000])
def test_nothing_is_lost_or_doubled_when_the_other_process_is_killed(beside, after):
    told, other = beside(numbered()), beside._there.result()
    found = list(islice(told, after))
    os.kill(other, signal.SIGKILL)
    assert [*found, *told] == list(here(SECRET, None)(numbered()))


WAITING = """
from engine.intake.beside import Beside
import time
if __name__ == "__main__":
    print(Beside(bytes(32), None)._there.result(), flush=True)
    time.sleep(60)
"""


def test_who_is_killed_leaves_no_process_behind(tmp_path):
    (tmp_path / "waiting.py").write_text(WAITING)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, tmp_path / "waiting.py"], stdout=subprocess.PIPE, env=environment) as first:
        other = int(first.stdout.readline())
        first.kill()
    deadline = time.monotonic() + 30
    while _lives(other) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(other)


def _lives(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_long_file_makes_the_log_that_a_short_one_makes(desks, tmp_path, monkeypatch):
    events = [tell("LeadCaptured", "2026-03-02T09:00:00Z", f"L{lead}") for lead in range(40)]
    events += [tell("MarketingQualified", "2026-03-02T10:00:00Z", f"L{lead}", score=lead) for lead in range(60)]
    events += [tell("LeadScored", "2026-03-02T10:00:00Z", f"L{lead}", score="80") for lead in range(5)]
    raw = b"".join(json.dumps(event).encode() + b"\n" for event in [*events, *events[:30]]) + MIXED
    (tmp_path / "events.ndjson").write_bytes(raw)
    made = []
    for worth in (2**60, 0):
        monkeypatch.setattr(ingest_, "WORTH", worth)
        desk = desks()
        summary = ingest(desk.workspace, Ingestion([str(tmp_path / "events.ndjson")], beside=True))
        rows = [(row.type, row.data, row.time, row.sequence, row.lead) for row in desk.workspace.log.rows()]
        counts = (summary.read, summary.recorded, summary.known, summary.parked, summary.quarantined, summary.reasons)
        made.append((rows, desk.kept(), desk.reasons(), counts))
    assert made[0] == made[1]

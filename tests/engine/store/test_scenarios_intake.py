"""Faults of the field, forced: a poisoned event, a clock that goes back, a writer that stands still, a person who comes back.

Each function is a step or a promise of a scenario; what needs PostgreSQL, Kafka, checkpoints or receipts is tried where those are.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.cases.runner import Clock
from engine.ledger.verify import verify
from engine.views import ask
from engine.workspace import Workspace, opened
from tests.engine.cli.test_commands import Shell
from tests.engine.conftest import NOW, Desk, tell

ROOT = Path(__file__).parents[3]
SECOND = 1_000_000

# A poisoned event takes no other with it.

POISON = {
    "no json": b'{"id": "bad", "source": "crm", "type": "LeadCaptured", "subject": "S57", ',
    "unknown type": json.dumps(tell("LeadLoved", subject="S57", id="bad")).encode(),
    "nul": json.dumps(tell("LeadCaptured", subject="S57", id="bad", company="a\0b")).encode(),
    "20 MB": json.dumps(tell("LeadCaptured", subject="S57", id="bad", company="x" * 20_000_000)).encode(),
}


@pytest.fixture
def shell(tmp_path):
    made = Shell(tmp_path)
    assert made("init", ".").returncode == 0
    return made


def rows(shell, *words):
    return json.loads(shell(*words, "--format", "json").stdout)["rows"]


def ids(shell):
    return [json.loads(line)["id"] for line in shell("log", "--format", "json").stdout.splitlines()]


@pytest.mark.parametrize("at", [0, 57, 99])
@pytest.mark.parametrize("bad", POISON)
def test_one_bad_event_among_a_hundred_is_kept_aside_alone(shell, bad, at):
    good = [json.dumps(tell("LeadCaptured", subject=f"S{one}", id=f"e{one}")).encode() for one in range(99)]
    lines = [*good[:at], POISON[bad], *good[at:]]
    (shell.folder / "batch.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    done = shell("ingest", "batch.ndjson", "--format", "json")
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["recorded"], summary["quarantined"]) == (3, 99, 1)
    assert ids(shell) == [f"e{one}" for one in range(99)]
    with opened(shell.folder) as workspace, workspace.log.writing() as writing:
        offsets = writing.execute(
            "SELECT notification_id FROM tracking WHERE application_name LIKE 'file:%'"
        ).fetchall()
    assert offsets == [(sum(len(line) + 1 for line in lines),)]


def test_behind_a_poisoned_event_what_is_legal_goes_in_and_what_needs_it_waits(desk: Desk):
    bad = json.dumps(tell("LeadCaptured", subject="L1", id="bad", company="a\0b")).encode()
    desk.take(
        bad, tell("LeadScored", "2026-03-02T10:00:00Z", score=7), tell("MarketingQualified", "2026-03-02T11:00:00Z")
    )
    assert desk.types() == ["LeadScored"]
    assert {state for state, _, _ in desk.kept()} == {"faulty", "parked"}
    desk.take(tell("LeadCaptured", subject="L1", id="mended"))
    assert desk.types() == ["LeadScored", "LeadCaptured", "MarketingQualified"]


# The clock goes back.


def appended_at(desk: Desk, *clocks: int) -> list[int]:
    for number, at in enumerate(clocks):
        desk.clock.micros = at
        desk.take(tell("LeadCaptured", subject=f"S{at}-{number}"))
    return [row.recorded_at for row in desk.workspace.log.rows()]


def test_what_was_learned_never_goes_back_and_as_of_cuts_at_one_position(desk: Desk):
    found = appended_at(desk, NOW, NOW - 2 * SECOND, NOW + 5 * SECOND)
    assert found == sorted(found)
    assert (found[0], found[2]) == (NOW, NOW + 5 * SECOND)
    assert verify(desk.workspace.log).whole
    for at in range(NOW - 3 * SECOND, NOW + 7 * SECOND, SECOND // 2):
        seen = [one <= at for one in found]
        assert seen == sorted(seen, reverse=True)


def test_two_writers_on_two_clocks_leave_one_order(tmp_path):
    clocks = [Clock(NOW), Clock(NOW - 3 * SECOND)]
    first = Workspace.init(tmp_path / "w", clock=clocks[0])
    second = Workspace.find(tmp_path / "w", clock=clocks[1])
    desks = []
    for workspace, clock in zip((first, second), clocks, strict=True):
        one = Desk.__new__(Desk)
        one.workspace, one.clock, one.sent = workspace, clock, 0
        desks.append(one)
    for number in range(200):
        desks[number % 2].take(tell("LeadCaptured", subject=f"S{number}"))
        desks[number % 2].clock.micros += SECOND // 10
    learned = [row.recorded_at for row in first.log.rows()]
    assert learned == sorted(learned)
    assert (len(learned), verify(first.log).whole) == (200, True)
    first.close()
    second.close()


def test_the_end_of_summer_time_moves_nothing(desk: Desk, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    times = ["2026-10-25T02:59:59+02:00", "2026-10-25T02:00:00+01:00"]
    desk.clock.micros += 180 * 86_400 * SECOND
    desk.take(*[tell("LeadCaptured", time, subject=f"S{number}") for number, time in enumerate(times)])
    assert [str(row.occurred_at) for row in desk.workspace.log.rows()] == ["1792889999000000", "1792890000000000"]


def test_a_clock_that_was_a_year_ahead_once_stops_no_writer(desk: Desk):
    found = appended_at(desk, NOW, NOW + 365 * 86_400 * SECOND, NOW + SECOND)
    assert found == [NOW, NOW + 365 * 86_400 * SECOND, NOW + 365 * 86_400 * SECOND]
    assert verify(desk.workspace.log).whole


def test_no_view_fails_on_a_sender_whose_clock_is_fast(desk: Desk):
    desk.take(tell("LeadCaptured", "2026-06-30T12:04:59Z"), tell("LeadCaptured", "2026-06-30T12:05:01Z", subject="L2"))
    assert (desk.types(), desk.kept()) == (["LeadCaptured"], [("faulty", "LeadCaptured", "future")])
    for view in ("funnel", "handoffs", "anomalies"):
        assert ask(desk.workspace, view, {}).document()["position"] == 1


def test_the_clock_is_read_in_one_place_alone():
    read = re.compile(r"time\.time\(|time_ns\(|datetime\.now\(|utcnow\(|date\.today\(")
    places = [file for room in ("events", "engine", "projections") for file in (ROOT / room).rglob("*.py")]
    assert {file.name for file in places if read.search(file.read_text(encoding="utf-8"))} == {"clock.py"}


# A writer stands still in the middle of its transaction.


@pytest.fixture
def standing(tmp_path):
    """A workspace with one event, and a process that has appended to its log and does not commit."""
    workspace = Workspace.init(tmp_path / "w")
    program = [sys.executable, "-m", "tests.engine.store.appender", str(workspace.folder), "a", "1", "hang"]
    process = subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    yield workspace, process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        pipe.close()
    workspace.close()


def seen(workspace):
    """What each follower has: the log's tail, the history's segments and what a view counts."""
    tail = [row.position for row in workspace.log.rows()]
    return tail, ask(workspace, "funnel", {}).document()["position"]


@pytest.mark.parametrize("end", ["killed", "stopped, then killed", "committed"])
def test_a_follower_never_sees_a_later_event_without_the_earlier(standing, end):
    workspace, process = standing
    assert seen(workspace) == ([1], 1)
    report = ask(workspace, "funnel", {}).document()
    if end.startswith("stopped"):
        process.send_signal(signal.SIGSTOP)
    other = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.store.appender", str(workspace.folder), "b", "1"], cwd=ROOT
    )
    waits = threading.Thread(target=other.wait)
    waits.start()
    assert seen(workspace) == ([1], 1)  # neither of them, as long as the first is not through
    if end == "committed":
        process.communicate()  # its standard input ends, and so does its transaction
    else:
        process.kill()
    waits.join(60)
    assert other.returncode == 0
    appended = 50 if end == "committed" else 0
    assert seen(workspace) == (list(range(1, 3 + appended)), 2 + appended)
    assert verify(workspace.log).whole
    assert report["rows"][0]["entered"] == 1


# Erased, and still there.

MARKS = {"name": "mark-name-L", "email": "mark-mail-L@example.org", "phone": "+49 30 5550177"}
TABLE = (
    "id,time,type,subject,name,email,phone\n"
    f"c1,2026-03-02T09:00:00Z,LeadCaptured,L,{MARKS['name']},{MARKS['email']},{MARKS['phone']}\n"
)
BAD = {
    "id": "q1",
    "source": "web",
    "type": "LeadCaptured",
    "subject": "L",
    "time": "soon",
    "data": {"name": "mark-bad-L"},
}


@pytest.fixture
def erased(shell):
    """A workspace in which a person was taken in, reported on, kept aside and erased; copies of both files from before."""
    (shell.folder / "leads.csv").write_text(TABLE)
    (shell.folder / "bad.ndjson").write_text(json.dumps(BAD) + "\n")
    assert shell("ingest", "--source", "web", "leads.csv").returncode == 0
    assert shell("ingest", "bad.ndjson").returncode == 3
    assert shell("history", "build").returncode == 0
    assert MARKS["email"] in shell("lead", "web/L", "--format", "json").stdout
    (shell.folder / "backup").mkdir()
    for name in ("log.db", "keys.db"):
        shutil.copy(shell.folder / name, shell.folder / "backup" / name)
    assert shell("erase", "web/L", "--yes").returncode == 0
    return shell


def told(shell):
    """Whatever the program says of what it holds."""
    answers = [
        shell(*words, "--format", "json") for words in (["log"], ["lead", "web/L"], ["quarantine", "list"], ["funnel"])
    ]
    return "".join(done.stdout for done in [*answers, shell("quarantine", "export")])


def marks_in(text: bytes) -> list[str]:
    return [mark for mark in (*MARKS.values(), "mark-bad-L") if mark.encode() in text]


def test_no_mark_is_left_in_any_file_or_answer(erased):
    written = [file for file in erased.folder.rglob("*") if file.is_file() and "backup" not in file.parts]
    own = [file for file in written if file.name not in ("leads.csv", "bad.ndjson")]
    assert len(own) >= 3
    assert {file.name: marks for file in own if (marks := marks_in(file.read_bytes()))} == {}
    assert marks_in(told(erased).encode()) == []
    assert erased("verify").returncode == 0


def test_the_database_of_a_backup_beside_the_keys_of_now_shows_nothing(erased):
    for name in ("log.db-wal", "log.db-shm"):
        (erased.folder / name).unlink(missing_ok=True)
    shutil.copy(erased.folder / "backup" / "log.db", erased.folder / "log.db")
    assert marks_in(told(erased).encode()) == []


def test_the_same_files_again_change_nothing_and_a_new_event_brings_nothing_personal(erased):
    before = erased("log", "--count").stdout
    assert json.loads(erased("ingest", "--source", "web", "leads.csv", "--format", "json").stdout)["known"] == 1
    assert erased("log", "--count").stdout == before
    new = BAD | {
        "id": "n1",
        "type": "LeadDetailsChanged",
        "time": "2026-03-05T09:00:00Z",
        "data": {"name": "mark-bad-L", "region": "north"},
    }
    (erased.folder / "new.ndjson").write_text(json.dumps(new) + "\n")
    assert json.loads(erased("ingest", "new.ndjson", "--format", "json").stdout)["recorded"] == 1
    files = [file for file in erased.folder.rglob("*.db*") if "backup" not in file.parts]
    assert [marks_in(file.read_bytes()) for file in files] == [[] for _ in files]
    last = json.loads(erased("log", "--format", "json").stdout.splitlines()[-1])
    assert last["data"] == {"region": "north"}


def test_a_poisoned_event_of_an_erased_person_is_kept_without_its_bytes(erased):
    (erased.folder / "bad.ndjson").write_text(json.dumps(BAD | {"id": "q2"}) + "\n")
    assert erased("ingest", "bad.ndjson").returncode == 3
    assert marks_in(told(erased).encode()) == []


def test_erased_twice_and_never_known(erased):
    again = erased("erase", "web/L", "--yes")
    assert (again.returncode, "erased before" in again.stdout) == (0, True)
    assert erased("erase", "web/nobody", "--yes").returncode == 1

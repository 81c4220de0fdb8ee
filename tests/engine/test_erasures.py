"""Erasures that were interrupted, told by a stream, or undone by an older copy."""

import shutil
import signal
import subprocess
import sys
from errno import ENOSPC
from pathlib import Path
from threading import Thread

import pytest

from engine.erasure import erase
from engine.erasures import redo
from engine.intake.retry import retry
from engine.ledger.verify import verify
from engine.privacy.errors import ErasuresUndone, ListUnwritable
from engine.privacy.ids import stream_id
from engine.workspace import Workspace
from tests.engine.conftest import Desk, tell
from tests.engine.mortal_eraser import STEPS

ROOT = Path(__file__).parents[2]


def captured(desk: Desk, *leads: str) -> None:
    desk.take(*(tell("LeadCaptured", subject=lead, name=f"name of {lead}") for lead in leads))


def again(desk: Desk) -> Workspace:
    """The workspace as another command opens it."""
    desk.workspace.close()
    desk.workspace = Workspace.find(desk.workspace.folder, desk.clock)
    return desk.workspace


def put_back(desk: Desk, copy: Path, *names: str) -> None:
    desk.workspace.close()
    for name in names:
        for end in ("", "-wal", "-shm"):
            Path(f"{desk.workspace.folder / name}{end}").unlink(missing_ok=True)
        shutil.copyfile(copy / name, desk.workspace.folder / name)


def copied(desk: Desk, to: Path) -> Path:
    desk.workspace.close()
    shutil.copytree(desk.workspace.folder, to)
    again(desk)
    return to


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_she_is_erased_wholly_or_it_must_be_asked_again(desk: Desk, step):
    captured(desk, "L1", "L2")
    stream = stream_id(desk.workspace.keys.secret, "crm", "L1")
    (key,) = desk.workspace.keys.keys([stream]).values()
    desk.workspace.close()
    command = [sys.executable, "-m", "tests.engine.mortal_eraser", str(desk.workspace.folder), step]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    here = again(desk)
    recorded = desk.types().count("PersonErased")
    gone = here.keys.is_erased(stream)
    assert gone == bool(recorded), "a key is gone exactly where the log says so"
    assert gone == (step not in ("begun", "appended, not committed"))
    assert here.keys.begun() == {}
    assert (stream in here.keys.erasures.entries()) == gone
    if gone:
        assert not any(key in file.read_bytes() for file in here.folder.iterdir() if file.is_file())
    assert erase(here, "crm/L1").again == gone
    assert desk.types() == ["LeadCaptured", "LeadCaptured", "PersonErased"]
    assert verify(here.log).whole


def test_an_erasure_waits_for_a_batch_of_that_lead_and_stands_behind_it(desk: Desk):
    """The batch has fetched the key and not committed; the erasure of another process comes in between."""
    captured(desk, "L1")
    other = Workspace.find(desk.workspace.folder, desk.clock)
    other.log.head()
    with desk.workspace.log.writing() as writing:
        sealer = desk.workspace.keys.ensure(writing.streams([1]).values())
        assert all(sealer.values())
        erasing = Thread(target=erase, args=(other, "crm/L1"))
        erasing.start()
        erasing.join(0.3)
        assert erasing.is_alive(), "it must wait"
        assert not other.keys.is_erased(writing.streams([1])[1])
    erasing.join(30)
    captured(desk, "L1")
    desk.take(tell("LeadScored", "2026-03-05T09:00:00Z", score=5))
    rows = list(desk.workspace.log.rows())
    assert [row.type for row in rows] == ["LeadCaptured", "PersonErased", "LeadScored"]
    assert rows[-1].after_erasure
    other.close()


def test_what_begins_and_is_rolled_back_is_forgotten_at_the_next_opening(desk: Desk):
    captured(desk, "L1")
    stream = desk.workspace.log.streams([1])[1]
    desk.workspace.keys.begin_erasing({stream: 1})
    assert again(desk).log.names([1])[1].subject == "L1"
    assert desk.workspace.keys.begun() == {}


def test_an_erasure_told_by_a_stream_is_on_the_list_and_finished_after_a_crash(desk: Desk, monkeypatch):
    captured(desk, "L1")
    monkeypatch.setattr("engine.intake.taking.carry_out", lambda *_: None)  # killed right after the commit
    desk.take(tell("PersonErased", "2026-03-06T09:00:00Z"))
    monkeypatch.undo()
    stream = desk.workspace.log.streams([1])[1]
    assert not desk.workspace.keys.is_erased(stream)
    assert again(desk).log.names([1])[1].subject is None
    assert stream in desk.workspace.keys.erasures.entries()


def test_an_erasure_that_quarantine_held_back_destroys_the_key_once_it_is_taken(desk: Desk):
    captured(desk, "L1")
    desk.take(tell("PersonErased", "2026-03-06T09:00:00Z", note="unknown field"))
    assert desk.kept() == [("faulty", "PersonErased", "unknown")]
    (desk.workspace.folder / "leadlog.toml").write_text('[source.crm]\nunknown = "ignore"\n')
    here = again(desk)
    assert retry(here).recorded == 1
    assert here.log.names([1])[1].subject is None


def test_nothing_is_recorded_where_the_list_cannot_be_written(desk: Desk, monkeypatch):
    captured(desk, "L1")
    monkeypatch.setattr("engine.privacy.erasure_list.os.open", full)
    with pytest.raises(ListUnwritable, match="Nothing was erased"):
        erase(desk.workspace, "L1")
    with pytest.raises(ListUnwritable):
        desk.take(tell("PersonErased", "2026-03-06T09:00:00Z"))
    assert desk.types() == ["LeadCaptured"]
    assert again(desk).log.names([1])[1].subject == "L1"


def full(*_: object) -> int:
    raise OSError(ENOSPC, "No space left on device")


def test_a_list_that_was_lost_is_written_anew(desk: Desk):
    captured(desk, "L1", "L2")
    erase(desk.workspace, "L1")
    before = desk.workspace.erasures.read_bytes()
    desk.workspace.erasures.unlink()
    again(desk).log.head()
    assert desk.workspace.erasures.read_bytes() == before


def test_the_log_of_an_older_backup_beside_the_keys_of_now_still_has_nobody(desk: Desk, tmp_path):
    captured(desk, "L1")
    copy = copied(desk, tmp_path / "copy")
    erase(desk.workspace, "L1")
    put_back(desk, copy, "log.db")
    assert again(desk).log.names([1])[1].subject is None


@pytest.mark.parametrize("names", [("keys.db",), ("log.db", "keys.db")])
def test_an_older_key_file_opens_nothing_until_the_erasures_are_done_again(desk: Desk, tmp_path, names):
    captured(desk, "L1", "L2")
    copy = copied(desk, tmp_path / "copy")
    captured(desk, "L3")
    erase(desk.workspace, "L1")
    erase(desk.workspace, "L3")
    put_back(desk, copy, *names)
    with pytest.raises(ErasuresUndone, match=r"2 erased on the list .* `leadlog erasures apply`"):
        again(desk).log  # noqa: B018  # opening is what is refused
    keys, log = desk.workspace.keys, desk.workspace.unsettled()
    done = redo(log, keys, keys.erasures.entries())
    log.close()
    assert (done.streams, len(done.positions)) == (2, 1 if "log.db" in names else 0)
    assert [name.subject for name in again(desk).log.names([1, 2]).values()] == [None, "L2"]
    captured(desk, "L3")  # whom the copy did not know comes in again, and gets no key
    assert desk.workspace.log.names([3])[3].subject is None
    assert verify(desk.workspace.log).whole or names == ("keys.db",)  # that one is told as the old copy it is


def test_doing_them_again_keeps_the_instant_at_which_she_was_erased(desk: Desk, tmp_path):
    captured(desk, "L1")
    copy = copied(desk, tmp_path / "copy")
    desk.clock.micros += 1_000_000
    erase(desk.workspace, "L1")
    put_back(desk, copy, "log.db", "keys.db")
    desk.clock.micros += 5_000_000
    keys, log = again(desk).keys, desk.workspace.unsettled()
    (position,) = redo(log, keys, keys.erasures.entries()).positions
    (row,) = log.rows(position - 1)
    log.close()
    assert row.recorded_at - row.occurred_at == 5_000_000
    assert redo(desk.workspace.log, keys, keys.erasures.entries()).positions == ()


def test_who_was_merged_with_an_erased_person_since_is_erased_when_it_is_asked_again(desk: Desk):
    captured(desk, "L1", "L2")
    first = erase(desk.workspace, "L1")
    desk.take(tell("LeadsMerged", "2026-03-05T09:00:00Z", "L1", merged="L2"))
    second = erase(desk.workspace, "L1")
    assert (second.again, second.keys, len(second.streams)) == (False, 1, 2)
    assert second.position > first.position
    assert erase(desk.workspace, "L2").again

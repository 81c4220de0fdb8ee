"""A backup comes back without whoever was erased since, and what is lost is written down."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.backups.backup import back_up
from engine.backups.errors import BackupDamaged, BackupOfAnother, InUse, NoBackup, WouldLose
from engine.backups.restore import Asked, Restored
from engine.backups.restore import restore as put_back
from engine.erasure import erase
from engine.errors import NoWorkspace
from engine.ledger.verify import verify
from engine.privacy.errors import ErasuresUndone, NoErasureList
from engine.privacy.keys import KeyFile, Mark
from engine.store.errors import LogCut
from engine.workspace import Workspace
from tests.engine.conftest import Desk, tell


def captured(desk: Desk, *leads: str) -> None:
    desk.take(*(tell("LeadCaptured", subject=lead, name=f"name of {lead}") for lead in leads))


def again(desk: Desk) -> Workspace:
    desk.workspace.close()
    desk.workspace = Workspace.find(desk.workspace.folder, desk.clock)
    return desk.workspace


def restored(desk: Desk, *, folder: Path | None, **asked: object) -> Restored:
    desk.workspace.close()
    done = put_back(desk.workspace.folder, Asked(folder, **asked), desk.clock)  # type: ignore[arg-type]
    again(desk)
    return done


def remove(desk: Desk, *names: str) -> None:
    desk.workspace.close()
    for name in names:
        for end in ("", "-wal", "-shm"):
            Path(f"{desk.workspace.folder / name}{end}").unlink(missing_ok=True)


@pytest.fixture
def copy(desk: Desk, tmp_path) -> Path:
    """L1 and L2 are in the backup; since then L3 has come, and L1 and L3 were erased."""
    captured(desk, "L1", "L2")
    back_up(desk.workspace, tmp_path / "copy")
    captured(desk, "L3")
    erase(desk.workspace, "L1")
    erase(desk.workspace, "L3")
    folder: Path = tmp_path / "copy"
    return folder


def names(desk: Desk) -> list[str | None]:
    return [name.subject for name in desk.workspace.log.names([1, 2, 3]).values()]


def test_on_a_new_machine_with_the_list(desk: Desk, copy, tmp_path):
    done = put_back(tmp_path / "new", Asked(copy, erasures=desk.workspace.erasures), desk.clock)
    assert (done.position, done.erased.streams, len(done.erased.positions), done.lost) == (2, 2, 1, None)
    new = Workspace.find(tmp_path / "new", desk.clock)
    assert [name.subject for name in new.log.names([1, 2]).values()] == [None, "L2"]
    assert new.keys.erasures.entries() == desk.workspace.keys.erasures.entries()
    assert verify(new.log).whole
    new.close()


def test_without_the_list_it_must_be_said_that_there_is_none(desk: Desk, copy, tmp_path):
    with pytest.raises(NoErasureList, match="--no-erasures"):
        put_back(tmp_path / "new", Asked(copy), desk.clock)
    assert not (tmp_path / "new" / "log.db").exists()
    with pytest.raises(NoErasureList, match="nowhere"):
        put_back(tmp_path / "new", Asked(copy, erasures=tmp_path / "nowhere"), desk.clock)
    assert put_back(tmp_path / "new", Asked(copy, no_erasures=True), desk.clock).erased.streams == 0


def test_what_would_be_lost_is_said_and_nothing_is_replaced(desk: Desk, copy):
    with pytest.raises(WouldLose, match="positions 3 to 5 would be gone"):
        restored(desk, folder=copy)
    assert again(desk).log.head().position == 5
    assert sorted(file.name for file in desk.workspace.folder.iterdir() if "re" in file.suffix) == []


def test_an_accepted_loss_is_written_down_and_the_newer_keys_stay(desk: Desk, copy):
    head = desk.workspace.log.head()
    done = restored(desk, folder=copy, accept_loss=True, actor="ops:anna")
    assert (done.position, done.lost, done.erased.streams) == (2, (3, 5), 0)
    assert desk.types() == ["LeadCaptured", "LeadCaptured", "PositionsLost", "PersonErased"]
    lost = list(desk.workspace.log.rows())[2]
    assert lost.clear() == {"first": 3, "last": 5, "hash": head.hash.hex()}
    assert lost.actor == "ops:anna"
    assert names(desk) == [None, "L2"]
    captured(desk, "L3", "L4")
    assert names(desk) == [None, "L2", None]
    assert verify(desk.workspace.log).whole
    assert (desk.workspace.folder / "log.db.before-restore").exists()


def test_by_whom_and_on_which_request_she_was_erased_is_not_lost_with_the_tail(desk: Desk, tmp_path):
    captured(desk, "L1", "L2")
    desk.take(tell("LeadsMerged", "2026-03-05T09:00:00Z", "L1", merged="L2"))
    back_up(desk.workspace, tmp_path / "copy")
    erase(desk.workspace, "L2", "DSR-1", "dpo:anna")
    restored(desk, folder=tmp_path / "copy", accept_loss=True, actor="ops:bert")
    (row,) = desk.workspace.log.rows(types=["PersonErased"])
    assert (row.actor, row.clear(), row.lead) == ("dpo:anna", {"request": "DSR-1"}, 2)


def test_the_log_is_gone_and_the_keys_are_there(desk: Desk, copy):
    remove(desk, "log.db")
    assert restored(desk, folder=copy, accept_loss=True).lost == (3, 5)
    assert names(desk) == [None, "L2"]


def test_the_keys_are_gone_and_the_log_is_there(desk: Desk, copy):
    remove(desk, "keys.db")
    with pytest.raises(WouldLose):
        restored(desk, folder=copy)
    assert restored(desk, folder=copy, accept_loss=True).lost == (3, 5)
    assert names(desk) == [None, "L2"]
    assert desk.types()[2] == "PositionsLost"


def test_both_are_damaged(desk: Desk, copy):
    remove(desk, "log.db", "keys.db")
    for name in ("log.db", "keys.db"):
        (desk.workspace.folder / name).write_bytes(b"\x00rubbish" * 1000)
    done = restored(desk, folder=copy)
    assert (done.lost, done.erased.streams) == (None, 2)
    assert names(desk) == [None, "L2"]


def test_an_older_key_file_does_not_stay_beside_the_newer(desk: Desk, tmp_path):
    captured(desk, "L1")
    back_up(desk.workspace, tmp_path / "old")
    captured(desk, "L2")
    erase(desk.workspace, "L1")
    back_up(desk.workspace, tmp_path / "new")
    remove(desk, "log.db", "keys.db")
    for name in ("log.db", "keys.db"):
        (desk.workspace.folder / name).write_bytes((tmp_path / "old" / name).read_bytes())
    with pytest.raises(ErasuresUndone):
        again(desk).log  # noqa: B018  # opening is what is refused
    assert restored(desk, folder=tmp_path / "new").lost is None
    assert names(desk) == [None, "L2"]
    assert verify(desk.workspace.log).whole


def test_put_back_by_hand_the_loss_is_accepted_where_it_lies(desk: Desk, copy):
    remove(desk, "log.db")
    (desk.workspace.folder / "log.db").write_bytes((copy / "log.db").read_bytes())
    again(desk)
    with pytest.raises(LogCut):
        captured(desk, "L9")
    with pytest.raises(WouldLose):
        restored(desk, folder=None)
    done = restored(desk, folder=None, accept_loss=True)
    assert (done.lost, len(done.erased.positions)) == ((3, 5), 1)
    captured(desk, "L9")
    assert verify(desk.workspace.log).whole


def test_both_put_back_by_hand(desk: Desk, copy):
    remove(desk, "log.db", "keys.db")
    for name in ("log.db", "keys.db"):
        (desk.workspace.folder / name).write_bytes((copy / name).read_bytes())
    with pytest.raises(ErasuresUndone):
        again(desk).log  # noqa: B018  # opening is what is refused
    assert restored(desk, folder=None).erased.streams == 2
    assert names(desk) == [None, "L2"]


def test_keys_that_were_kept_apart_are_named(desk: Desk, tmp_path):
    captured(desk, "L1")
    back_up(desk.workspace, tmp_path / "log", tmp_path / "keys")
    done = put_back(tmp_path / "new", Asked(tmp_path / "log", keys=tmp_path / "keys", no_erasures=True), desk.clock)
    assert done.position == 1


def test_a_workspace_that_is_in_use_is_left_alone(desk: Desk, copy):
    with pytest.raises(InUse, match="Stop whoever consumes"):
        put_back(desk.workspace.folder, Asked(copy, accept_loss=True), desk.clock)
    assert desk.workspace.log.head().position == 5
    captured(desk, "L4")


def test_a_backup_of_another_log_is_refused(desk: Desk, copy, desks):
    other = desks()
    with pytest.raises(BackupOfAnother):
        restored(other, folder=copy, accept_loss=True)
    assert other.workspace.log.head().position == 0


def test_an_unfinished_or_mixed_backup_replaces_nothing(desk: Desk, copy, tmp_path):
    (copy / "keys.db").rename(copy / "elsewhere")
    with pytest.raises(BackupDamaged):
        restored(desk, folder=copy, accept_loss=True)
    (copy / "elsewhere").rename(copy / "keys.db")
    manifest = (copy / "backup.json").read_text()
    (copy / "backup.json").write_text(manifest.replace('"position": 2', '"position": 1'))
    with pytest.raises(BackupDamaged, match="not of one backup"):
        restored(desk, folder=copy, accept_loss=True)
    (copy / "backup.json").unlink()
    with pytest.raises(NoBackup):
        restored(desk, folder=copy, accept_loss=True)
    with pytest.raises(NoWorkspace):
        put_back(tmp_path / "new", Asked(None), desk.clock)
    assert again(desk).log.head().position == 5
    assert list(desk.workspace.folder.glob("*.restoring*")) == []


def die(*_: object) -> None:
    raise KeyboardInterrupt


def only_in_memory(keys: KeyFile, head: Mark) -> None:
    """The key file itself is never reached."""
    if keys._connection.execute("PRAGMA database_list").fetchone()[2]:
        die()
    GO_BACK(keys, head)


GO_BACK = KeyFile.go_back


def test_a_crash_after_the_files_are_in_place_opens_nothing_and_the_same_again_finishes(desk: Desk, copy, monkeypatch):
    remove(desk, "log.db", "keys.db")

    with monkeypatch.context() as patch:
        patch.setattr("engine.backups.restore.redo", die)
        with pytest.raises(KeyboardInterrupt):
            restored(desk, folder=copy)
    with pytest.raises(ErasuresUndone):
        again(desk).log  # noqa: B018  # opening is what is refused
    assert restored(desk, folder=copy).erased.streams == 2
    assert names(desk) == [None, "L2"]


def test_a_crash_while_the_loss_is_written_down_loses_no_record(desk: Desk, copy, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("engine.privacy.keys.KeyFile.go_back", only_in_memory)
        with pytest.raises(KeyboardInterrupt):
            restored(desk, folder=copy, accept_loss=True)
    assert again(desk).log.head().position == 3
    assert restored(desk, folder=None, accept_loss=True).lost == (4, 5)
    assert desk.types() == ["LeadCaptured", "LeadCaptured", "PositionsLost", "PositionsLost", "PersonErased"]
    assert verify(desk.workspace.log).whole


def test_the_log_that_was_replaced_can_still_be_read_by_its_keys(desk: Desk, copy):
    restored(desk, folder=copy, accept_loss=True)
    with closing(sqlite3.connect(desk.workspace.folder / "log.db.before-restore")) as aside:
        assert aside.execute("SELECT count(*) FROM event").fetchone() == (5,)

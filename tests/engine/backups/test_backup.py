"""A backup is of one moment, whoever writes meanwhile."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.backups import backup as rooms
from engine.backups.backup import back_up, manifest_of
from engine.backups.errors import BackupThere, NoBackup
from engine.erasure import erase
from engine.errors import FolderUnwritable
from engine.ledger.verify import verify
from engine.privacy.keys import KeyFile
from engine.store.log import Log
from tests.engine.conftest import Desk, tell

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from pathlib import Path
from tests.engine.conftest import Desk, tell
from engine.workspace import Workspace
desk = Desk.__new__(Desk)
desk.workspace, desk.sent = Workspace.find(Path(sys.argv[1])), 0
for number in range(10_000):
    desk.take(*(tell("LeadCaptured", subject=f"W{number}-{one}", name="x") for one in range(20)))
    print(number, flush=True)
"""


def captured(desk: Desk, *leads: str) -> None:
    desk.take(*(tell("LeadCaptured", subject=lead, name=f"name of {lead}") for lead in leads))


def test_log_keys_and_settings_lie_in_a_new_folder(desk: Desk, tmp_path):
    captured(desk, "L1", "L2")
    made = back_up(desk.workspace, tmp_path / "copy")
    assert sorted(file.name for file in (tmp_path / "copy").iterdir()) == [
        "backup.json",
        "keys.db",
        "leadlog.toml",
        "log.db",
    ]
    head = desk.workspace.log.head()
    assert (made.position, made.hash) == (2, head.hash.hex())
    assert manifest_of(tmp_path / "copy") == made
    assert stat.S_IMODE((tmp_path / "copy" / "keys.db").stat().st_mode) == 0o600
    with pytest.raises(BackupThere):
        back_up(desk.workspace, tmp_path / "copy")


def test_the_keys_may_lie_apart(desk: Desk, tmp_path):
    captured(desk, "L1")
    back_up(desk.workspace, tmp_path / "log", tmp_path / "keys")
    assert not (tmp_path / "log" / "keys.db").exists()
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["keys.db"]


def test_what_was_erased_before_is_in_no_backup(desk: Desk, tmp_path):
    captured(desk, "L1", "L2")
    (key,) = desk.workspace.keys.keys([desk.workspace.log.streams([1])[1]]).values()
    erase(desk.workspace, "L1")
    back_up(desk.workspace, tmp_path / "copy")
    assert not any(key in file.read_bytes() for file in (tmp_path / "copy").iterdir())
    assert not (tmp_path / "copy" / desk.workspace.erasures.name).exists()


def test_a_copy_made_while_another_process_writes_is_whole_and_has_every_key(desk: Desk, tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "PAGES", 5)
    captured(desk, "L1")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(desk.workspace.folder)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    try:
        for number in range(3):
            for _ in range(5):
                assert writer.stdout.readline()
            shares: list[int] = []
            made = back_up(desk.workspace, tmp_path / str(number), advance=shares.append)
            assert shares[-1] == 100
            with (
                closing(KeyFile.open(tmp_path / str(number) / "keys.db")) as keys,
                closing(Log.open(tmp_path / str(number) / "log.db", keys)) as log,
            ):
                assert log.head().position == made.position
                assert made.position in {mark.position for mark in keys.heads() if mark}  # confirmed, or announced
                assert verify(log).whole
                assert all(fact.subject for fact in log.facts(log.rows()))
        while desk.workspace.log.head().position <= made.position:
            assert writer.stdout.readline(), "the writer has ended, so that nobody wrote meanwhile"
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


def test_a_folder_that_holds_no_finished_backup_is_said_so(tmp_path):
    with pytest.raises(NoBackup, match=r"`leadlog backup FOLDER` makes one"):
        manifest_of(tmp_path)
    (tmp_path / "backup.json").write_text("{")
    with pytest.raises(NoBackup):
        manifest_of(tmp_path)


def test_where_nothing_can_be_written_nothing_is_left(desk: Desk, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnwritable):
        back_up(desk.workspace, tmp_path / "file" / "copy")


def test_the_copy_of_the_keys_is_no_database_that_leaves_journals(desk: Desk, tmp_path):
    back_up(desk.workspace, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "keys.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("wal",)

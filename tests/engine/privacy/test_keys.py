"""The key file: made at once, kept for good, destroyed for good."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from engine.privacy.keys import KeyFile, Mark
from engine.store.errors import KeysDamaged, KeysThere, NoKeys, NotKeys

ANNA, BERND, CARLA = (UUID(int=n) for n in (1, 2, 3))
ENSURE = """
import sys
from uuid import UUID
from engine.privacy.keys import KeyFile
keys = KeyFile.open(sys.argv[1])
for n in range(200):
    print(keys.ensure([UUID(int=n)])[UUID(int=n)].hex())
"""


@pytest.fixture
def keys(tmp_path):
    keys = KeyFile.create(tmp_path / "keys.db")
    yield keys
    keys.close()


def bytes_beside(folder: Path) -> bytes:
    """All bytes of all files in the folder: the database, its WAL, whatever lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_key_is_made_once_and_stays(keys, tmp_path):
    first = keys.ensure([ANNA, BERND, ANNA])
    assert set(first) == {ANNA, BERND}
    assert all(key is not None and len(key) == 32 for key in first.values())
    assert first[ANNA] != first[BERND]
    assert keys.ensure([BERND, ANNA]) == first
    again = KeyFile.open(tmp_path / "keys.db")
    assert again.ensure([ANNA, BERND]) == first
    assert (again.secret, again.log_id) == (keys.secret, keys.log_id)
    again.close()


def test_keys_are_looked_up_without_making_any(keys):
    first = keys.ensure([ANNA])
    assert keys.keys([ANNA, BERND]) == first
    assert keys.keys([BERND]) == {}


def test_many_keys_at_once(keys):
    streams = [uuid4() for _ in range(2_000)]
    assert len(set(keys.ensure(streams).values())) == 2_000
    assert len(keys.keys(streams)) == 2_000


def test_an_erased_key_is_in_no_file_any_more(keys, tmp_path):
    made = keys.ensure([uuid4() for _ in range(300)] + [ANNA, BERND])
    held = bytes_beside(tmp_path)
    assert made[ANNA] in held
    assert made[BERND] in held
    assert keys.erase([ANNA]) == 1
    held = bytes_beside(tmp_path)
    assert made[ANNA] not in held
    assert made[BERND] in held
    assert not any(made[ANNA][at : at + 8] in held for at in range(25)), "a part of it is left"


def test_an_erased_key_is_gone_while_another_process_has_the_file_open(keys, tmp_path):
    made = keys.ensure([ANNA])[ANNA]
    other = KeyFile.open(tmp_path / "keys.db")
    assert other.keys([ANNA])
    keys.erase([ANNA])
    assert made not in bytes_beside(tmp_path)
    assert other.keys([ANNA]) == {}
    other.close()


def test_who_is_erased_gets_no_new_key(keys):
    keys.ensure([ANNA, BERND])
    assert keys.erase([ANNA, CARLA]) == 1
    assert keys.erase([ANNA]) == 0
    assert (keys.is_erased(ANNA), keys.is_erased(BERND), keys.is_erased(CARLA)) == (True, False, True)
    assert not keys.is_erased(uuid4())
    assert keys.ensure([ANNA, CARLA]) == {ANNA: None, CARLA: None}
    assert set(keys.keys([ANNA, BERND, CARLA])) == {BERND}


def test_only_its_owner_may_read_it(keys, tmp_path):
    keys.ensure([ANNA])
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_the_head_only_rises(keys):
    assert keys.head() == (0, bytes(32))
    keys.set_head(5, b"5" * 32)
    keys.set_head(3, b"3" * 32)
    assert keys.head() == (5, b"5" * 32)


def test_what_is_announced_waits_for_its_confirmation(keys):
    keys.announce(Mark(0, bytes(32)), Mark(5, b"5" * 32))
    assert keys.heads() == ((0, bytes(32)), (5, b"5" * 32))
    keys.announce(Mark(0, bytes(32)), Mark(7, b"7" * 32))
    keys.set_head(7, b"7" * 32)
    assert keys.heads() == ((7, b"7" * 32), None)


def test_several_processes_make_the_same_keys(keys, tmp_path):
    command = [sys.executable, "-c", ENSURE, str(tmp_path / "keys.db")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    one, other = (process.communicate()[0].split() for process in started)
    assert [process.returncode for process in started] == [0, 0]
    assert len(set(one)) == 200
    assert one == other


def test_a_key_file_is_not_written_over(keys, tmp_path):
    with pytest.raises(KeysThere):
        KeyFile.create(tmp_path / "keys.db")
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(KeysThere):
        KeyFile.create(tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text().startswith("Dear")


def test_a_creation_that_was_interrupted_is_done_again(tmp_path):
    (tmp_path / "keys.db").touch()
    KeyFile.create(tmp_path / "keys.db").close()
    KeyFile.open(tmp_path / "keys.db").close()


def test_what_is_no_key_file_is_said_so(tmp_path):
    with pytest.raises(NoKeys, match="bring it back from its backup"):
        KeyFile.open(tmp_path / "keys.db")
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(NotKeys):
        KeyFile.open(tmp_path / "letter.txt")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    with pytest.raises(NotKeys):
        KeyFile.open(tmp_path / "other.db")


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE log RENAME COLUMN id TO ie",
        "ALTER TABLE log RENAME TO lag",
        "DELETE FROM log",
        "UPDATE log SET secret = x'00'",
        "UPDATE log SET id = x'00'",
        "UPDATE log SET position = 'far'",
        "UPDATE log SET announced = 1, announced_hash = NULL",
        "INSERT INTO key VALUES ('anna', NULL)",
        "INSERT INTO erasing VALUES (x'00', 1)",
    ],
)
def test_a_key_file_that_says_what_it_cannot_say_is_damaged(keys, tmp_path, damage):
    keys.close()
    with closing(sqlite3.connect(tmp_path / "keys.db")) as connection:
        connection.execute(damage)
        connection.commit()
    with pytest.raises(KeysDamaged, match="from its backup"):
        everything_of(tmp_path / "keys.db")


def everything_of(path):
    with closing(KeyFile.open(path)) as keys:
        keys.heads()
        keys.begun()
        keys.everyone_erased()


def test_the_working_directory_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = KeyFile.create("keys.db")
    os.chdir("/")
    assert keys.ensure([ANNA])
    assert keys.path == tmp_path / "keys.db"
    keys.close()

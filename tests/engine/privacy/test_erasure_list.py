"""The list of erasures: nothing personal, tied to its log, and none can be put on it by others."""

import json
import stat
from uuid import UUID

import pytest

from engine.privacy.erasure_list import ErasureList
from engine.privacy.errors import BadErasureList, ListAway, ListUnwritable

ANNA, BERND, CARLA = (UUID(int=n) for n in (1, 2, 3))


@pytest.fixture
def listed(tmp_path):
    return ErasureList(tmp_path / "erasures.ndjson", "one log", b"secret")


def test_a_line_is_a_stream_and_an_instant(listed):
    assert listed.entries() == {}
    listed.add({ANNA: 1_700_000_000_000_000})
    (line,) = listed.path.read_text().splitlines()
    told = json.loads(line)
    assert set(told) == {"log", "stream", "erased_at", "mac"}
    assert (told["stream"], told["erased_at"]) == (str(ANNA), "2023-11-14T22:13:20Z")
    assert listed.entries() == {ANNA: 1_700_000_000_000_000}
    assert stat.S_IMODE(listed.path.stat().st_mode) == 0o600


def test_nobody_is_on_it_twice(listed):
    listed.add({ANNA: 5, BERND: 6})
    listed.add({ANNA: 7, CARLA: 8})
    assert len(listed.path.read_text().splitlines()) == 3
    assert listed.entries() == {ANNA: 5, BERND: 6, CARLA: 8}


def test_several_logs_share_a_file(listed):
    other = ErasureList(listed.path, "another log", b"its secret")
    listed.add({ANNA: 5})
    other.add({BERND: 6})
    assert (listed.entries(), other.entries()) == ({ANNA: 5}, {BERND: 6})


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(str(ANNA), str(BERND)),
        lambda line: line.replace("1970", "1971"),
        lambda line: line[:-4] + ('0"}\n' if line[-4] != "0" else '1"}\n'),
        lambda line: "nonsense\n" + line,
        lambda line: line.replace('"log"', '"lag"'),
    ],
)
def test_what_others_wrote_or_changed_is_refused_with_its_line(listed, change):
    listed.add({CARLA: 4})
    first = listed.path.read_text()
    listed.add({ANNA: 5})
    listed.path.write_text(first + change(listed.path.read_text().removeprefix(first)))
    with pytest.raises(BadErasureList, match=r"erasures\.ndjson, line 2"):
        listed.entries()


def test_nobody_without_the_secret_can_erase_others(listed):
    ErasureList(listed.path, listed.log_id, b"guessed").add({ANNA: 5})
    with pytest.raises(BadErasureList, match="was not written by this log"):
        listed.entries()


@pytest.mark.parametrize("left", range(1, 60, 7))
def test_a_line_that_a_crash_cut_off_is_not_there_and_the_next_one_is_whole(listed, left):
    listed.add({ANNA: 5})
    whole = listed.path.read_bytes()
    listed.add({BERND: 6})
    listed.path.write_bytes(listed.path.read_bytes()[: len(whole) + left])
    assert listed.entries() == {ANNA: 5}
    listed.add({CARLA: 7})
    assert listed.entries() == {ANNA: 5, CARLA: 7}


def test_a_last_line_without_its_end_counts(listed):
    listed.add({ANNA: 5})
    listed.path.write_bytes(listed.path.read_bytes().rstrip())
    assert listed.entries() == {ANNA: 5}
    listed.add({BERND: 6})
    assert listed.entries() == {ANNA: 5, BERND: 6}


def test_a_place_that_cannot_be_written_is_said_before_anything_is_erased(tmp_path):
    listed = ErasureList(tmp_path / "nowhere" / "erasures.ndjson", "one log", b"secret")
    with pytest.raises(ListUnwritable, match="No such file"):
        listed.must_be_writable()
    with pytest.raises(ListAway):
        listed.add({ANNA: 5})


def test_a_disk_that_is_not_mounted_is_no_empty_list(tmp_path):
    with pytest.raises(ListAway, match="Mount it"):
        ErasureList(tmp_path / "nowhere" / "erasures.ndjson", "one log", b"secret").entries()


def test_it_is_compared_with_who_is_erased(listed):
    listed.add({ANNA: 5, BERND: 6})
    assert listed.compared({ANNA, CARLA}) == ({BERND}, {CARLA})
    assert listed.compared({ANNA, BERND}) == (set(), set())


def test_a_forged_line_is_refused_unless_it_says_what_is_done_already(listed):
    ErasureList(listed.path, listed.log_id, b"guessed").add({ANNA: 5})
    assert listed.compared({ANNA}) == (set(), set())
    with pytest.raises(BadErasureList):
        listed.compared(set())
    listed.path.write_text("rubbish\n")
    with pytest.raises(BadErasureList):
        listed.compared({ANNA})

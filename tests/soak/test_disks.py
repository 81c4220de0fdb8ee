"""Disks that are full, read-only or take the history away: a sentence, nothing half-written, and recovery by itself."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from engine.ledger.verify import verify
from engine.simulate import write
from engine.views import ask
from engine.workspace import Workspace
from tests.soak.nursery import Nursery

NOW = 1_900_000_000_000_000


def mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """A disk of that size, in memory."""
    mounted: list[Path] = []

    def made(size: str) -> Path:
        place: Path = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        if os.geteuid() or not mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)):
            pytest.skip("no file system may be mounted here")
        mounted.append(place)
        return place

    yield made
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    assert mount("-o", "remount,ro", str(disk))
    try:
        yield
    finally:
        assert mount("-o", "remount,rw", str(disk))


@pytest.fixture
def nursery(tmp_path) -> Iterator[Nursery]:
    with Nursery(tmp_path / "nursery") as one:
        yield one


@pytest.fixture
def sample(tmp_path) -> Path:
    file: Path = tmp_path / "sample.ndjson"
    write(file, 100, 7)
    return file


def position(folder: Path) -> int:
    with closing(Workspace.find(folder)) as here:
        assert verify(here.log).whole
        return here.log.head().position


def funnel(here: Workspace) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = ask(here, "funnel", {}, NOW).document()["rows"]
    return rows


def test_a_full_disk_is_told_keeps_what_was_committed_and_goes_on_once_there_is_room(nursery, sample, small_disk):
    disk = small_disk("1200k")
    here = disk / "workspace"
    Workspace.init(here).close()
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 1
    assert "no room left on the disk" in nursery.err
    assert nursery.err.count("\n") == 1
    reached = position(here)
    assert reached > 0
    assert mount("-o", "remount,size=64m", str(disk))
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 0
    whole = position(here)
    assert whole > reached
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 0
    assert position(here) == whole


def test_a_disk_that_fills_while_the_history_is_built_leaves_no_half_segment(nursery, sample, small_disk, tmp_path):
    here = tmp_path / "workspace"
    Workspace.init(here).close()
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 0
    (here / "history").symlink_to(disk := small_disk("64k"))
    (disk / "filling").write_bytes(bytes(56 << 10))
    assert nursery.run("history", "build", "--workspace", str(here)) == 1
    assert nursery.err.count("\n") == 1, nursery.err
    assert nursery.run("funnel", "--workspace", str(here)) == 0  # it is read from the log then
    assert mount("-o", "remount,size=16m", str(disk))
    assert nursery.run("history", "build", "--workspace", str(here)) == 0
    assert list(disk.glob(".*.partial")) == []


def test_a_read_only_disk_is_read_and_not_written(nursery, sample, small_disk):
    disk = small_disk("64m")
    here = disk / "workspace"
    Workspace.init(here).close()
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 0
    with read_only(disk):
        for command in (["ingest", str(sample)], ["history", "build"]):
            assert nursery.run(*command, "--workspace", str(here)) == 1, command
            assert "read-only" in nursery.err.lower(), nursery.err
            assert nursery.err.count("\n") == 1
        for command in (["funnel"], ["verify"], ["log", "--count"], ["quarantine", "list"]):
            assert nursery.run(*command, "--workspace", str(here)) == 0, nursery.err
    assert nursery.run("ingest", str(sample), "--workspace", str(here)) == 0


@pytest.fixture
def filled(nursery, sample, tmp_path) -> Path:
    folder: Path = tmp_path / "workspace"
    Workspace.init(folder).close()
    assert nursery.run("ingest", str(sample), "--workspace", str(folder)) == 0
    assert nursery.run("history", "build", "--workspace", str(folder)) == 0
    return folder


def test_a_history_that_goes_away_is_done_without(filled):
    with closing(Workspace.find(filled)) as here:
        told = funnel(here)
        shutil.rmtree(here.history)
        assert funnel(here) == told
        here.history.mkdir()
        assert funnel(here) == told


@pytest.mark.parametrize("spoilt", ["half written", "of another log", "of the log before it was put back"])
def test_a_segment_that_is_not_this_logs_is_not_read_and_built_anew(nursery, sample, filled, tmp_path, spoilt):
    with closing(Workspace.find(filled)) as here:
        told = funnel(here)
    segments = sorted((filled / "history").glob("*.parquet"))
    assert segments
    match spoilt:
        case "half written":
            segments[0].write_bytes(segments[0].read_bytes()[:-100])
        case "of another log":
            other = tmp_path / "other"
            Workspace.init(other).close()
            assert nursery.run("ingest", str(sample), "--workspace", str(other)) == 0
            assert nursery.run("history", "build", "--workspace", str(other)) == 0
            for segment in (other / "history").glob("*.parquet"):
                shutil.copy(segment, filled / "history" / segment.name)
        case _:
            later = tmp_path / "later.ndjson"
            later.write_bytes(sample.read_bytes().replace(b'"id":"', b'"id":"again-'))
            backup = tmp_path / "backup"
            shutil.copytree(filled, backup)
            assert nursery.run("ingest", str(later), "--workspace", str(filled)) in (0, 3)
            assert nursery.run("history", "build", "--workspace", str(filled)) == 0
            shutil.copytree(filled / "history", backup / "history", dirs_exist_ok=True)
            filled = backup
    with closing(Workspace.find(filled)) as here:
        assert funnel(here) == told
    assert nursery.run("history", "build", "--workspace", str(filled)) == 0
    with closing(Workspace.find(filled)) as here:
        assert funnel(here) == told

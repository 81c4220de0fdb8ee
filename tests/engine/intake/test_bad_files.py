"""Files that are none, cut off, too long, too deep, or a disk without room: a sentence or an entry, and nothing half-written."""

import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zstandard

from tests.engine.cli.test_commands import Shell

ROOT = Path(__file__).parents[3]
MEGABYTES = 50


def event(id_, **told):
    event = {"id": str(id_), "source": "web", "type": "LeadCaptured", "subject": f"S{id_}", "time": "2026-03-02"}
    return (json.dumps(event | told) + "\n").encode()


@pytest.fixture
def shell(tmp_path):
    made = Shell(tmp_path)
    assert made("init", ".").returncode == 0
    return made


def write(shell, name, content):
    (shell.folder / name).write_bytes(content)
    return name


def ingest(shell, *words):
    done = shell("ingest", "--format", "json", *words)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def count(shell):
    return int(shell("log", "--count").stdout)


def test_a_file_that_cannot_be_read_is_named_before_anything_is_taken_in(shell):
    write(shell, "good.ndjson", event(1))
    (shell.folder / "folder").mkdir()
    for name, told in (("nowhere.ndjson", "No such file"), ("folder", "it is a folder")):
        code, sentence = ingest(shell, "good.ndjson", name)
        assert code == 1
        assert told in sentence
        assert len(sentence.splitlines()) == 1
    assert count(shell) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_named(shell):
    write(shell, "mine.ndjson", event(1))
    (shell.folder / "mine.ndjson").chmod(0)
    code, sentence = ingest(shell, "mine.ndjson")
    assert (code, "no right to read it" in sentence) == (1, True)


def test_a_disk_that_goes_away_while_it_is_read_is_no_fault_of_the_file(shell):
    code, sentence = ingest(shell, "/proc/self/mem")  # its first bytes cannot be read
    assert code == 1
    assert "cannot be read" in sentence
    assert shell("quarantine", "list", "--format", "json").stdout.count('"entry":') == 0


def test_a_pipe_is_read_as_it_comes(shell):
    os.mkfifo(shell.folder / "pipe")
    writer = threading.Thread(target=lambda: (shell.folder / "pipe").write_bytes(event(1) + event(2)))
    writer.start()
    code, summary = ingest(shell, "pipe")
    writer.join()
    assert (code, summary["recorded"]) == (0, 2)


@pytest.mark.parametrize("name", ["empty.ndjson", "empty.ndjson.gz", "empty.ndjson.zst"])
def test_an_empty_file_is_nothing(shell, name):
    packed = {".gz": gzip.compress(b""), ".zst": zstandard.compress(b"")}.get(Path(name).suffix, b"")
    assert ingest(shell, write(shell, name, packed))[1]["read"] == 0


def test_a_workbook_says_what_to_do_in_place_of_a_thousand_faults(shell):
    code, summary = ingest(shell, write(shell, "leads.xlsx", b"PK\x03\x04" + os.urandom(50_000)))
    assert (code, summary["reasons"]) == (3, {"header": 1})


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
@pytest.mark.parametrize("kept", [0.999, 0.5])
def test_a_packed_file_that_is_cut_off_gives_what_came_before_and_one_fault(shell, pack, kept):
    content = pack(b"".join(event(id_, data={"company": os.urandom(200).hex()}) for id_ in range(2000)))
    code, summary = ingest(shell, write(shell, "cut.ndjson", content[: int(len(content) * kept)]))
    assert code == 3
    assert 500 < summary["recorded"] < 2000
    assert summary["reasons"] == {"encoding": 1}
    code, summary = ingest(shell, write(shell, "whole.ndjson", content))
    assert (code, count(shell)) == (0, 2000)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_packed_file_with_rubbish_behind_it_says_so(shell, pack):
    code, summary = ingest(shell, write(shell, "more.ndjson", pack(event(1)) + b"rubbish"))
    assert (code, summary["recorded"], summary["reasons"]) == (3, 1, {"encoding": 1})


LONG = b'{"id":"long","source":"web","type":"LeadCaptured","subject":"S","time":"2026-03-02","data":{"company":"'
RUN = "import sys; from engine.cli import main; sys.argv[0] = 'leadlog'; main()"


@pytest.mark.parametrize(
    ("name", "filler"),
    [
        *((name, filler) for name in ("long.ndjson", "long.csv") for filler in (b"x", b"[", b'"', b",")),
        ("long.batch", b"x"),
        ("long.batch", b"[" * 100 + b"x" * 1000),
    ],
)
def test_a_line_of_fifty_megabytes_costs_no_memory_and_no_other_line(shell, name, filler):
    long = LONG + filler * (MEGABYTES * 1_000_000 // len(filler))
    head, words = b"id,source,type,subject,time\n", ["--kind", Path(name).suffix[1:]]
    content = {
        "long.ndjson": long + b"\n" + event(1),
        "long.csv": head + long + b"\n1,web,LeadCaptured,S1,2026-03-02\n",
        "long.batch": b"[" + event(1) + b"," + long,
    }[name]
    write(shell, name, content)
    done = subprocess.run(
        [sys.executable, "-c", f"{PEAK}; {RUN}", "ingest", "--format", "json", *words, name],
        cwd=shell.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["recorded"], summary["quarantined"]) == (3, 1, 1)
    assert int(done.stderr) < 250_000  # kB


PEAK = (
    "import atexit, pathlib, re, sys; "
    "atexit.register(lambda: print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1], file=sys.stderr))"
)


def test_ten_thousand_levels_are_too_deep_in_every_format(shell):
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    code, summary = ingest(shell, write(shell, "deep.ndjson", deep + b"\n" + event(1)))
    assert (code, summary["recorded"], summary["reasons"]) == (3, 1, {"nest": 1})
    code, summary = ingest(shell, "--kind", "batch", write(shell, "deep.json", b"[" + deep + b"," + event(2) + b"]"))
    assert (code, summary["recorded"]) == (3, 1)


def test_a_disk_that_is_full_leaves_nothing_half_written_and_the_same_again_goes_on(tmp_path):
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    try:
        shell = Shell(tmp_path)
        assert shell("init", ".").returncode == 0
        file = tmp_path.parent / f"{tmp_path.name}.ndjson"
        file.write_bytes(b"".join(event(id_, data={"company": "x" * 200}) for id_ in range(8000)))
        code, sentence = ingest(shell, str(file))
        assert (code, "no room left on the disk" in sentence) == (1, True)
        before = count(shell)
        assert before % 10_000 == 0  # whole batches
        assert shell("verify").returncode == 0
        assert shell("quarantine", "list", "--format", "json").stdout.count('"entry":') == 0
        subprocess.run(["mount", "-o", "remount,size=60m", tmp_path], check=True)
        code, summary = ingest(shell, str(file))
        assert (code, summary["recorded"] + before, count(shell)) == (0, 8000, 8000)
        assert shell("verify").returncode == 0
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


UNKNOWN = event(1, data={"companny": "x", "company": "y"}) + event(2, type="PageLoved")


@pytest.mark.parametrize(
    ("mode", "recorded", "ignored", "quarantined", "counted"),
    [("quarantine", 0, 0, 2, {}), ("keep", 1, 0, 1, {"companny": 1}), ("ignore", 1, 1, 0, {"companny": 1})],
)
def test_the_unknown_goes_by_the_sources_mode_and_is_counted(shell, mode, recorded, ignored, quarantined, counted):
    with (shell.folder / "leadlog.toml").open("a") as settings:
        settings.write(f'\n[source.web]\nunknown = "{mode}"\n')
    _, summary = ingest(shell, write(shell, "unknown.ndjson", UNKNOWN))
    assert (summary["recorded"], summary["ignored"], summary["quarantined"]) == (recorded, ignored, quarantined)
    assert summary["unknown"] == counted
    exported = shell("log", "--format", "json").stdout
    assert ("companny" in exported) is (mode == "keep")


@pytest.mark.parametrize("name", ["traceparent", "tracestate", "dataschema", "partitionkey", "myextension"])
def test_attributes_of_others_are_kept(shell, name):
    code, _ = ingest(shell, write(shell, "a.ndjson", event(1, **{name: "value"})))
    assert code == 0
    assert json.loads(shell("log", "--format", "json").stdout)[name] == "value"


@pytest.mark.parametrize(
    "name", ["correlationId", "Type", "knowntime_", "schema_version", "userName", "company", "data_base64"]
)
def test_near_misses_and_fields_beside_data_are_told_by_their_name(shell, name):
    ingest(shell, write(shell, "a.ndjson", event(1, **{name: "value"})))
    (reason,) = [row["reason"] for row in json.loads(shell("quarantine", "list", "--format", "json").stdout)["rows"]]
    assert reason.startswith(f"{name}: ")

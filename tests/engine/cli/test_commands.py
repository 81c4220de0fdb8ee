"""The command line: what it prints, how it ends, and that a slip is one sentence."""

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli import main
from tests.engine.conftest import tell

ROOT = Path(__file__).parents[3]
MAPPING = """
source = "crm"
[[event]]
type = "LeadCaptured"
subject = "{id}"
time = "{day}"
data.region = "{region}"
"""


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """A folder in which commands are typed."""

    folder: Path

    def __call__(self, *words: str, told: str = "") -> Done:
        """What `leadlog` with these words prints, and how it ends. told: what comes in on standard input."""
        written, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(written, encoding="utf-8", newline="", write_through=True)
        with (
            contextlib.chdir(self.folder),
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.delenv("LEADLOG_WORKSPACE", raising=False)
            patch.setattr("sys.argv", ["leadlog", *words])
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(told.encode())))
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        assert "Traceback" not in err.getvalue()
        assert "fault of leadlog itself" not in err.getvalue()
        return Done(code, written.getvalue().decode(), err.getvalue())

    def lines(self, events: Sequence[dict[str, object]], name: str = "events.ndjson") -> str:
        (self.folder / name).write_text("".join(json.dumps(event) + "\n" for event in events))
        return name


@pytest.fixture
def shell(tmp_path) -> Shell:
    made = Shell(tmp_path)
    assert made("init", ".", "--zone", "Europe/Berlin").returncode == 0
    return made


STORY = [
    tell("LeadCaptured", "2026-03-02T09:00:00Z", name="Person One", region="north"),
    tell("MarketingQualified", "2026-03-03T09:00:00Z"),
    tell("LeadHandedOff", "2026-03-03T10:00:00Z", handoff="H1", to_team="sales"),
    tell("HandoffRejected", "2026-03-04T09:00:00Z", handoff="H1", reason="student"),
]


def test_ingest_sums_up_and_ends_with_0(shell: Shell):
    done = shell("ingest", shell.lines(STORY))
    assert (done.returncode, done.stdout) == (0, "4 read: 4 recorded\n")
    assert done.stderr == ""


def test_ingest_ends_with_3_where_something_is_kept_aside(shell: Shell):
    done = shell("ingest", shell.lines([*STORY, tell("DealWon", opportunity="O1"), tell("LeadOpened")]))
    assert done.returncode == 3
    assert "1 parked" in done.stdout
    assert "1 in quarantine (1 unknown)" in done.stdout


def test_ingest_as_json_ends_with_one_object(shell: Shell):
    done = shell("ingest", "--format", "json", shell.lines(STORY))
    told = json.loads(done.stdout)
    assert {name: told[name] for name in "read recorded known repeats parked quarantined ignored".split()} == {
        "read": 4, "recorded": 4, "known": 0, "repeats": 0, "parked": 0, "quarantined": 0, "ignored": 0,
    }  # fmt: skip
    assert told["run"]


def test_ingest_takes_standard_input_and_a_source(shell: Shell):
    event = {name: value for name, value in STORY[0].items() if name != "source"}
    done = shell("ingest", "--source", "web-form", "-", told=json.dumps(event) + "\n")
    assert done.returncode == 0
    assert '"source": "web-form"' in shell("log", "--format", "json").stdout


def test_a_dry_run_changes_nothing(shell: Shell):
    done = shell("ingest", "--dry-run", shell.lines(STORY))
    assert done.stdout == "4 read: 4 would be recorded\n"
    assert shell("log", "--count").stdout == "0\n"


def test_a_packed_file_is_unpacked(shell: Shell):
    name = shell.lines(STORY)
    (shell.folder / "packed").write_bytes(gzip.compress((shell.folder / name).read_bytes()))
    assert shell("ingest", "packed").stdout == "4 read: 4 recorded\n"


def test_the_funnel_in_every_format(shell: Shell):
    shell("ingest", shell.lines(STORY))
    told = json.loads(shell("funnel", "--by", "region", "--format", "json").stdout)
    assert (told["view"], told["position"]) == ("funnel", 4)
    assert told["rows"][0]["region"] == "north"
    assert told["rows"][1] | {"entered": 1, "stage": "mql"} == told["rows"][1]
    assert shell("funnel", "--format", "csv").stdout.splitlines()[0].startswith("stage,entered,passed")
    assert shell("funnel", "--format", "md").stdout.startswith("| stage | entered |")
    assert "bottleneck" in shell("funnel").stdout


def test_open_lists_the_leads_behind_a_number(shell: Shell):
    shell("ingest", shell.lines(STORY))
    told = json.loads(shell("funnel", "--open", "mql,in_stage", "--format", "json").stdout)
    assert [row["lead"] for row in told["rows"]] == ["L1"]


def test_a_leads_story_and_what_the_log_holds(shell: Shell):
    shell("ingest", shell.lines(STORY))
    assert "Person One" in shell("lead", "L1").stdout
    assert shell("log", "--type", "LeadHandedOff", "--count").stdout == "1\n"
    assert shell("log", "--since", "2026-03-03", "--until", "2026-03-03", "--count").stdout == "2\n"


def test_an_export_comes_in_again_merges_included(shell: Shell):
    merge = tell("LeadsMerged", "2026-03-05T09:00:00Z", "L2", merged="L1")
    shell("ingest", shell.lines([*STORY, tell("LeadCaptured", "2026-03-04T09:00:00Z", "L2"), merge]))
    exported = shell("log", "--format", "json").stdout
    other = Shell(shell.folder / "other")
    other.folder.mkdir()
    other("init", ".", "--zone", "Europe/Berlin")
    assert other("ingest", "-", told=exported).stdout == "6 read: 6 recorded\n"
    asked = ("funnel", "--format", "json", "--now", "2026-04-01")
    assert json.loads(other(*asked).stdout)["rows"] == json.loads(shell(*asked).stdout)["rows"]
    assert shell("funnel", "--format", "csv").stdout.splitlines()[1].startswith("lead,1,")


def test_handoffs_and_anomalies(shell: Shell):
    shell("ingest", shell.lines(STORY))
    (row,) = json.loads(shell("handoffs", "--format", "json").stdout)["rows"]
    assert (row["handoff"], row["lead"], row["status"], row["reason"]) == ("H1", "L1", "rejected", "student")
    assert json.loads(shell("anomalies", "--format", "json").stdout)["rows"] == []


def test_quarantine_is_listed_shown_retried_and_dropped(shell: Shell):
    shell("ingest", shell.lines([tell("DealWon", opportunity="O1"), tell("LeadOpened")]))
    rows = json.loads(shell("quarantine", "list", "--format", "json").stdout)["rows"]
    assert [(row["entry"], row["state"], row["type"]) for row in rows] == [
        (1, "parked", "DealWon"),
        (2, "faulty", "LeadOpened"),
    ]
    assert '"type": "LeadOpened"' in shell("quarantine", "show", "2").stdout
    assert shell("quarantine", "retry").returncode == 3
    assert shell("quarantine", "drop", "2", "--yes").returncode == 0
    shell("ingest", shell.lines([STORY[0], tell("OpportunityOpened", "2026-03-02T09:00:00Z", opportunity="O1")]))
    assert json.loads(shell("quarantine", "list", "--format", "json").stdout)["rows"] == []


def test_verify_erase_and_history(shell: Shell):
    shell("ingest", shell.lines(STORY))
    assert shell("history", "build").returncode == 0
    assert "1 segments" in shell("history", "status").stdout
    done = shell("erase", "L1", "--request", "DSR-1")
    assert (done.returncode, "is erased" in done.stdout) == (0, True)
    assert "Person One" not in shell("lead", "L1").stdout
    assert "whole" in shell("verify").stdout
    assert "Removed 1" in shell("history", "drop").stdout


def test_a_mapping_is_tried_and_used(shell: Shell):
    (shell.folder / "crm.toml").write_text(MAPPING)
    (shell.folder / "crm.csv").write_text("id;day;region\nL1;2026-03-02;north\nL2;2. März;south\n")
    tried = shell("mapping", "check", "crm.toml", "--sample", "crm.csv")
    assert tried.returncode == 1
    assert "record 2 (line 3), column day, value '2. März'" in tried.stdout
    done = shell("ingest", "--map", "crm.toml", "crm.csv")
    assert (done.returncode, done.stdout.splitlines()[0]) == (3, "2 read: 1 recorded")


def test_schema_lists_the_vocabulary_and_describes_an_event(shell: Shell):
    assert "HandoffRejected" in shell("schema").stdout
    assert "reason" in json.loads(shell("schema", "HandoffRejected").stdout)["properties"]


def test_simulate_is_seeded(shell: Shell):
    one, same, other = (shell("simulate", "--leads", "5", "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert one == same != other


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ingest", "nothing.ndjson"), 1, "nothing.ndjson cannot be read"),
        (("ingest", "--map", "nothing.toml", "leadlog.toml"), 1, "nothing.toml cannot be read"),
        (("ingest", "."), 1, "cannot be read"),
        (("init", "."), 1, "is a workspace already"),
        (("init", "new", "--zone", "Berlin"), 1, "IANA"),
        (("funnel", "--by", "shoe_size"), 1, "no dimension"),
        (("funnel", "--period", "2026-13"), 1, "period"),
        (("funnel", "--count", "some"), 1, "count"),
        (("funnel", "--as-of", "yesterday"), 1, "as_of"),
        (("funnel", "--model", "nothing.toml"), 1, "nothing.toml"),
        (("funnel", "--open", "nowhere"), 1, "nowhere"),
        (("lead", "nobody"), 1, "nobody"),
        (("log", "--type", "LeadOpened"), 1, "LeadOpened"),
        (("log", "--since", "soon"), 1, "since"),
        (("schema", "LeadOpened"), 1, "LeadOpened"),
        (("quarantine", "show", "9"), 1, "no entry 9"),
        (("erase", "nobody"), 1, "nobody"),
        (("check", "nothing"), 1, "nothing"),
        (("funnel", "--workspace", "nowhere"), 1, "leadlog init"),
        (("funnel", "--colour"), 2, "--colour"),
        (("dance",), 2, "dance"),
    ],
)
def test_a_slip_is_one_sentence_and_a_documented_code(shell: Shell, words, code, said):
    done = shell(*words)
    assert done.returncode == code
    assert said in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02\xff" * 50, b"PK\x03\x04 a packed sheet", b"%PDF-1.7\n%\xe2\xe3", b"\x1f\x8bbroken"]
)
def test_a_file_that_is_none_is_kept_aside_with_its_reason(shell: Shell, content):
    (shell.folder / "strange").write_bytes(content)
    done = shell("ingest", "strange")
    assert done.returncode == 3
    assert "in quarantine" in done.stdout
    assert shell("log", "--count").stdout == "0\n"


def test_a_read_only_workspace_can_be_asked_and_not_written(shell: Shell):
    shell("ingest", shell.lines(STORY))
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    shell.folder.chmod(0o500)
    try:
        assert shell("ingest", "events.ndjson").returncode == 1
        assert shell("funnel").returncode == 0
    finally:
        shell.folder.chmod(0o700)


def test_the_program_is_a_process_of_its_own_and_a_closed_pipe_is_no_fault(shell: Shell):
    shell("ingest", shell.lines(STORY))
    program = [sys.executable, "-c", "from engine.cli import main; main()", "log", "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LEADLOG_WORKSPACE": str(shell.folder)}
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert told == b""

"""`leadlog erase | erasures | backup | restore`: what they print, and how they end."""

import json
from pathlib import Path

import pytest

from tests.engine.cli.test_commands import Shell, shell
from tests.engine.conftest import tell

__all__ = ["shell"]

LEAD = "erika@example.test"
EVENTS = [
    tell(
        "LeadCaptured", subject=LEAD, name="Erika Muster", phone="+49 30 5550199", company="Erika Muster GmbH", id="1"
    ),
    tell("LeadCaptured", subject="M", name="another", id="2"),
    tell(
        "InteractionLogged",
        "2026-03-02T10:00:00Z",
        "M",
        kind="note",
        direction="inbound",
        text="ask +49305550199",
        id="3",
    ),
    tell("LeadScored", "2026-03-02T11:00:00Z", LEAD, score="high", id="4"),
]


@pytest.fixture
def taken(shell: Shell) -> Shell:
    shell("ingest", shell.lines(EVENTS))
    return shell


def test_a_dry_run_says_what_would_be_done_and_does_nothing(taken: Shell):
    done = taken("erase", LEAD, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{LEAD}: 1 event and 1 entry of quarantine, from crm; 1 of 1 key lives.\n")
    assert taken("log", "--count").stdout == "3\n"
    assert "Erika Muster" in taken("lead", LEAD).stdout


def test_it_says_what_was_done_and_what_is_left_to_do(taken: Shell):
    (taken.folder / "leadlog.toml").write_text(
        '[kafka]\nservers = "localhost:9"\n[[kafka.topic]]\nname = "leads"\n[kafka.publish]\ntopic = "facts"\n'
    )
    done = taken("erase", LEAD, "--request", "DSR-1", "--actor", "dpo:anna", "--yes")
    assert "is erased (1 id); PersonErased stands at position 4" in done.stdout
    assert "Destroyed: 1 key. Nothing opens any more 1 event and 1 entry of quarantine." in done.stdout
    left = done.stdout.split("To be done outside this workspace:\n")[1]
    assert [line[:2] for line in left.splitlines()] == ["- "] * 5
    for told in ("backups of keys.db", "sent of this person: crm", "leads", "facts", "exports"):
        assert told in left
    again = taken("erase", LEAD, "--yes").stdout
    assert "was erased before; nothing was changed" in again
    assert "To be done" not in again


def test_the_report_names_fields_that_stay_readable_and_no_value(taken: Shell):
    done = taken("erase", LEAD, "--yes", "--report", "--format", "json")
    told = json.loads(done.stdout)
    assert (told["erased"], told["position"], told["keys"]) == (True, 4, 1)
    assert [(row["position"], row["type"], row["field"], row["holds"], row["whose"]) for row in told["traces"]] == [
        (1, "LeadCaptured", "company", "name", "hers, in clear"),
        (3, "InteractionLogged", "text", "phone", "another's"),
    ]
    assert told["traces"][1]["lead"] == "M"
    assert not any(value in done.stdout for value in (LEAD, "Erika", "5550199"))


def test_the_report_of_a_dry_run_says_so_where_there_is_nothing(taken: Shell):
    assert "No field that stays readable" in taken("erase", "M", "--dry-run", "--report").stdout


def test_proof_for_one_person_names_her_not(taken: Shell):
    assert taken("erasures", "show", LEAD).returncode == 1
    taken("erase", LEAD, "--request", "DSR-1", "--actor", "dpo:anna", "--yes")
    done = taken("erasures", "show", f"crm/{LEAD}", "--format", "json")
    (row,) = json.loads(done.stdout)["rows"]
    assert done.returncode == 0
    assert {name: row[name] for name in ("key", "listed", "position", "actor", "request")} == {
        "key": "destroyed", "listed": True, "position": 4, "actor": "dpo:anna", "request": "DSR-1",
    }  # fmt: skip
    assert LEAD not in done.stdout
    assert json.loads(taken("erasures", "list", "--format", "json").stdout)["rows"] == [row]


def test_the_list_is_exported_and_holds_nothing_personal(taken: Shell):
    taken("erase", LEAD, "--yes")
    printed = taken("erasures", "export").stdout
    assert printed == (taken.folder / "erasures.ndjson").read_text()
    assert set(json.loads(printed)) == {"log", "stream", "erased_at", "mac"}
    assert taken("erasures", "export", "copy.ndjson").stdout == "1 erasures stand in copy.ndjson.\n"
    assert (taken.folder / "copy.ndjson").read_text() == printed


def test_the_settings_name_another_place_for_the_list(taken: Shell):
    (taken.folder / "elsewhere").mkdir()
    (taken.folder / "leadlog.toml").write_text('[privacy]\nerasures = "elsewhere/list.ndjson"\n')
    taken("erase", LEAD, "--yes")
    assert (taken.folder / "elsewhere" / "list.ndjson").read_text().count("\n") == 1
    (taken.folder / "elsewhere").rename(taken.folder / "away")
    done = taken("funnel")
    assert (done.returncode, "Mount it" in done.stderr) == (1, True)


EVERY_COMMAND = (
    ("funnel",), ("log",), ("lead", "M"), ("ingest", "events.ndjson"), ("verify",), ("erase", "M", "--yes"), ("quarantine", "list"),
    ("quarantine", "retry"), ("runs",), ("handoffs",), ("history", "build"), ("erasures", "list"), ("erasures", "export"),
    ("backup", "other"), ("retract", "run"), ("status",), ("ingest", "--dry-run", "events.ndjson"),
)  # fmt: skip


def test_an_older_copy_opens_nothing_until_it_is_cured(taken: Shell):
    assert taken("backup", "copy").returncode == 0
    taken("erase", LEAD, "--yes")
    for name in ("log.db", "keys.db"):
        (taken.folder / name).write_bytes((taken.folder / "copy" / name).read_bytes())
    for command in EVERY_COMMAND:
        done = taken(*command)
        assert done.returncode == 1, command
        assert "`leadlog erasures apply` erases them again" in done.stderr
        assert LEAD not in done.stdout
    assert taken("erasures", "apply", "--actor", "dpo:anna").stdout == (
        "1 ids were erased again; 1 PersonErased were recorded.\n"
    )
    assert "Nothing was changed" in taken("erasures", "apply").stdout
    assert LEAD not in taken("funnel", "--open", "lead", "--format", "json").stdout
    assert "whole" in taken("verify").stdout


def test_backup_and_restore_say_what_they_did(taken: Shell):
    done = taken("backup", "copy", "--keys", "keys")
    assert done.stdout.startswith("Copied the log up to position 3 and its keys to copy and keys.\nKeep ")
    assert "is not empty" in taken("backup", "copy").stderr
    taken("erase", LEAD, "--yes")
    assert "positions 4 to 4 would be gone" in taken("restore", "copy", "--keys", "keys").stderr
    done = taken("restore", "copy", "--keys", "keys", "--accept-loss")
    assert done.stdout.splitlines()[:1] == ["The log stands at position 3."]
    assert "Lost: positions 4 to 4" in done.stdout
    assert "whole" in taken("verify").stdout


def test_a_workspace_is_made_of_a_backup(taken: Shell, tmp_path: Path):
    taken("backup", "copy")
    done = taken("restore", "copy", "--no-erasures", "--workspace", "new")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "The log stands at position 3.")
    assert taken("funnel", "--workspace", "new").returncode == 0
    assert "no workspace" in taken("restore", "--workspace", "nowhere").stderr

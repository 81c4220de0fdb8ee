"""`leadlog sla`: what it prints, and that a slip is one sentence."""

import csv
import io
import json

import pytest

from tests.engine.cli.test_commands import Shell, shell
from tests.engine.conftest import tell

__all__ = ["shell"]

AGREEMENT = """
name = "ours"
effective_from = 2026-01-01
[calendar]
zone = "Europe/Berlin"
[calendar.hours]
mon = ["09:00-18:00"]
tue = ["09:00-18:00"]
wed = ["09:00-18:00"]
thu = ["09:00-18:00"]
fri = ["09:00-18:00"]
[sales]
[[sales.tier]]
id = "all"
response = "1h"
"""
SATURDAY, MONDAY = "2026-03-07", "2026-03-09"
STORY = [
    tell("LeadCaptured", f"{SATURDAY}T15:00:00+01:00"),
    tell("LeadHandedOff", f"{SATURDAY}T15:00:00+01:00", handoff="H1", to_team="sales", to_owner="ben"),
    tell("InteractionLogged", f"{MONDAY}T09:40:00+01:00", kind="call", direction="outbound", actor="ben"),
    tell("LeadCaptured", f"{MONDAY}T09:00:00+01:00", "L2"),
    tell("LeadHandedOff", f"{MONDAY}T11:00:00+01:00", "L2", handoff="H2", to_team="sales"),
]
NOON = ("--now", f"{MONDAY}T11:30:00+01:00")


@pytest.fixture
def agreed(shell: Shell) -> Shell:
    """H1 answered in time on Monday; H2 runs."""
    (shell.folder / "ours.toml").write_text(AGREEMENT)
    (shell.folder / "stricter.toml").write_text(AGREEMENT.replace("1h", "30min"))
    assert shell("agree", "ours.toml").returncode == 0
    assert shell("ingest", shell.lines(STORY), "--source", "crm").returncode == 0
    return shell


def test_saturday_afternoon_plus_one_hour_is_monday_at_ten(agreed):
    rows = json.loads(agreed("sla", "verdicts", "--lead", "L1", *NOON, "--format", "json").stdout)["rows"]
    assert [(row["lead"], row["verdict"], row["due_at"]) for row in rows] == [("L1", "met", f"{MONDAY}T10:00:00+01:00")]


def test_the_summary_is_cut_and_opened(agreed):
    assert "all" in agreed("sla", "--by", "tier").stdout
    rows = list(csv.DictReader(io.StringIO(agreed("sla", *NOON, "--open", "response,met", "--format", "csv").stdout)))
    assert [row["handoff"] for row in rows] == ["H1"]
    done = agreed("sla", "--open", "decision")
    assert (done.returncode, done.stderr) == (1, "'decision' is not promised; ours promises response\n")


def test_the_proof_of_a_handoff_ends_with_its_sum(agreed):
    told = agreed("sla", "explain", "H1", *NOON)
    assert "weekend" in told.stdout
    assert "response, tier all: met" in told.stdout
    rows = json.loads(agreed("sla", "explain", "crm/H1", *NOON, "--format", "json").stdout)["rows"]
    assert (rows[-1]["part"], rows[-1]["business_s"]) == ("sum", 2400.0)
    assert agreed("sla", "explain", "H9").stderr == "no handoff 'H9' is known here; `leadlog handoffs` lists them\n"


def test_a_handoff_s_id_that_two_leads_have_lists_them(agreed):
    again = [tell("LeadHandedOff", f"{MONDAY}T12:00:00+01:00", "L2", handoff="H1", to_team="sales")]
    agreed("ingest", agreed.lines(again, "again.ndjson"), "--source", "crm")
    done = agreed("sla", "explain", "H1")
    assert (done.returncode, done.stderr) == (1, "Several leads have a handoff 'H1': say --lead with one of L1, L2.\n")
    assert agreed("sla", "explain", "H1", "--lead", "L2").returncode == 0


def test_the_work_list_goes_into_a_calendar(agreed):
    from icalendar import Calendar

    rows = json.loads(agreed("sla", "due", "--within", "4h", *NOON, "--format", "json").stdout)["rows"]
    assert [(row["handoff"], row["left_s"]) for row in rows] == [("H2", 1800.0)]
    told = agreed("sla", "due", *NOON, "--format", "ics").stdout
    (event,) = Calendar.from_ical(told).walk("VEVENT")
    assert (str(event["summary"]), event["dtstart"].dt.isoformat()) == (
        "response to L2 is due (H2)",
        f"{MONDAY}T11:00:00+00:00",
    )


def test_another_agreement_over_the_same_history(agreed):
    rows = json.loads(agreed("sla", "--what-if", "stricter.toml", *NOON, "--format", "json").stdout)["rows"]
    assert [(row["agreement"], row["met"], row["breached"]) for row in rows] == [
        ("in force", 1, 0),
        ("what if", 0, 1),
        ("difference", -1, 1),
    ]
    changed = json.loads(agreed("sla", "verdicts", "--what-if", "stricter.toml", *NOON, "--format", "json").stdout)[
        "rows"
    ]
    assert [(row["handoff"], row["verdict"], row["verdict_then"]) for row in changed] == [("H1", "met", "breached")]
    assert "nothing changes" in agreed("sla", "--what-if", "ours.toml").stdout
    assert agreed("sla", "--what-if", "none.toml").returncode == 1


def test_owners_marketing_and_suggestions_are_commands(agreed):
    assert "ben" in agreed("sla", "owners", *NOON).stdout
    assert agreed("sla", "marketing").stderr.startswith("marketing promises nothing in ours")
    assert "no time would do" not in agreed("sla", "suggest", "--met", "0.5", *NOON).stdout


def test_without_an_agreement_the_way_to_one_is_told(shell):
    done = shell("sla")
    assert (done.returncode, "leadlog agree FILE.toml" in done.stderr) == (1, True)


def test_what_marketing_delivered_and_what_a_suggestion_rests_on_is_opened(agreed):
    (agreed.folder / "both.toml").write_text(
        AGREEMENT.replace("2026-01-01", "2026-01-02") + '[marketing]\nqualified_leads = { count = 2, per = "month" }\n'
    )
    assert agreed("agree", "both.toml").returncode == 0

    def handoffs(*command: str) -> list[str]:
        done = agreed("sla", *command, *NOON, "--format", "json")
        return [row["handoff"] for row in json.loads(done.stdout)["rows"]]

    assert handoffs("marketing", "--period", "2026-03", "--open", "qualified_leads,pace") == ["H1", "H2"]
    assert handoffs("suggest", "--open", "response,waiting") == ["H2"]
    assert "response" in agreed("sla", "suggest", "--open", "decision").stderr

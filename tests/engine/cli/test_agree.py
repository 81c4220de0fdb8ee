"""`leadlog agree` and `leadlog calendar`, as they are typed."""

import json
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.engine.cli.test_commands import Shell, shell

__all__ = ["shell"]
EXAMPLES = Path(__file__).parents[3] / "examples" / "agreements"
GERMAN, MINIMAL = str(EXAMPLES / "german-working-time.toml"), str(EXAMPLES / "minimal.toml")


def test_an_agreement_is_checked_recorded_listed_and_shown(shell: Shell):
    assert "is right: smarketing@" in shell("agree", "--check", GERMAN).stdout
    assert shell("log", "--count").stdout == "0\n"
    done = shell("agree", GERMAN, "--actor", "ops:anna")
    assert done.stdout.startswith("Agreed: smarketing@")
    assert done.stdout.endswith("Recorded at position 1.\n")
    assert "agreed already, at position 1. Nothing was changed" in shell("agree", GERMAN).stdout
    refused = shell("agree", MINIMAL)
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    told = json.loads(shell("agree", MINIMAL, "--replace", "--format", "json").stdout)
    assert (told["position"], told["instead_of"], told["again"]) == (2, 1, False)
    rows = json.loads(shell("agree", "--list", "--format", "json").stdout)["rows"]
    assert [(row["name"], row["state"], row["actor"]) for row in rows] == [
        ("smarketing", "replaced", "ops:anna"),
        ("first", "in force", None),
    ]
    assert "3 within 24h" in shell("agree", "--show", "smarketing").stdout
    assert json.loads(shell("agree", "--show", "--format", "json").stdout)["definition"].startswith("first@")


def test_what_is_shown_as_a_file_is_the_same_agreement(shell: Shell):
    shell("agree", GERMAN)
    (shell.folder / "again.toml").write_text(shell("agree", "--show", "--toml").stdout)
    assert "agreed already" in shell("agree", "again.toml").stdout


def test_the_days_of_a_month_say_why_they_differ(shell: Shell):
    rows = json.loads(
        shell("calendar", "show", "--month", "2026-12", "--agreement", GERMAN, "--format", "json").stdout
    )["rows"]
    assert len(rows) == 31
    assert rows[0] == {
        "day": "2026-12-01",
        "weekday": "tue",
        "hours": "08:30-12:00, 13:00-17:30",
        "open_s": 28_800.0,
        "why": None,
    }
    assert [rows[day - 1]["why"] for day in (24, 25, 28)] == [
        "closed 12:00-24:00",
        "holiday: Erster Weihnachtstag",
        "closed",
    ]
    march = shell("calendar", "show", "--month", "2026-03", "--agreement", GERMAN).stdout
    assert "open out of turn" in march
    assert "the clock is put forward" in march


def test_saturday_afternoon_plus_an_hour_is_due_on_monday_at_ten(shell: Shell):
    shell("agree", MINIMAL)
    told = json.loads(shell("calendar", "due", "2026-03-07 15:00", "1h", "--format", "json").stdout)
    assert told["rows"] == [
        {
            "since": "2026-03-09T09:00:00+01:00",
            "until": "2026-03-09T10:00:00+01:00",
            "counted_s": 3600.0,
            "sum_s": 3600.0,
        }
    ]
    assert "is due at 2026-03-09 10:00:00 in Europe/Berlin" in shell("calendar", "due", "2026-03-07 15:00", "1h").stdout
    wall = json.loads(shell("calendar", "due", "2026-03-07T15:00:00Z", "8h wall", "--format", "json").stdout)
    assert [row["until"] for row in wall["rows"]] == ["2026-03-08T00:00:00+01:00"]


def test_the_open_time_between_two_days_and_in_a_tier_s_own_calendar(shell: Shell):
    night = str(EXAMPLES / "night-shift.toml")
    told = shell("calendar", "between", "2026-12-21", "2026-12-22", "--agreement", night, "--format", "csv").stdout
    assert told.splitlines()[1:] == [
        "2026-12-21T16:00:00+01:00,2026-12-22T02:00:00+01:00,36000.0,36000.0",
        "2026-12-22T16:00:00+01:00,2026-12-23T00:00:00+01:00,28800.0,64800.0",
    ]
    written = shell("calendar", "between", "2026-12-21", "2026-12-22", "--agreement", night, "--format", "ics").stdout
    openings = Calendar.from_ical(written).walk("VEVENT")
    assert [(one["dtstart"].dt.isoformat(), one["dtend"].dt.isoformat()) for one in openings] == [
        ("2026-12-21T15:00:00+00:00", "2026-12-22T01:00:00+00:00"),
        ("2026-12-22T15:00:00+00:00", "2026-12-22T23:00:00+00:00"),
    ]
    york = shell("calendar", "between", "2026-12-21", "2026-12-22", "--agreement", night, "--tier", "america").stdout
    assert "16 hours are open" in york


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("agree",), 2, "say which agreement"),
        (("agree", "--list", "--show"), 2, "one at a time"),
        (("agree", "nothing.toml"), 1, "nothing.toml: cannot be read"),
        (("agree", "--check", "leadlog.toml"), 1, "leadlog.toml, line 2: zone: is no key here"),
        (("agree", "--show"), 1, "No agreement is in force"),
        (("agree", "--show", "nothing"), 1, "There is no agreement nothing"),
        (("calendar", "show"), 1, "No agreement is in force"),
        (("calendar", "show", "--month", "2026-13", "--agreement", MINIMAL), 1, "2026-13"),
        (("calendar", "show", "--tier", "hot", "--agreement", MINIMAL), 2, "there are all"),
        (("calendar", "due", "soon", "1h", "--agreement", MINIMAL), 1, "'soon' is not an instant"),
        (("calendar", "due", "2026-03-07", "1d", "--agreement", MINIMAL), 2, "so say hours"),
        (
            ("calendar", "between", "2026-03-07", "2026-03-06", "--agreement", MINIMAL),
            2,
            "2026-03-06 is before 2026-03-07",
        ),
    ],
)
def test_a_slip_is_one_sentence_and_a_documented_code(shell: Shell, words, code, said):
    done = shell(*words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

"""Completeness: what each source sent last, where it was silent for longer than is usual, and what of it was not taken."""

import json
from datetime import UTC, date, datetime, timedelta

from engine.erasure import erase
from engine.retraction import retract
from engine.views import ask
from tests.engine.cli.test_commands import Shell, shell  # noqa: F401  # a fixture
from tests.engine.conftest import Desk, tell

DAY = 86_400


def at(day: int, hour: int = 9) -> str:
    return (datetime(2026, 2, 2, hour, tzinfo=UTC) + timedelta(days=day)).isoformat()  # a Monday


def visits(days: list[int], source: str = "crm", hours: tuple[int, ...] = (9, 12, 15)):
    return [
        tell("InteractionLogged", at(day, hour), source=source, kind="visit", direction="inbound")
        for day in days
        for hour in hours
    ]


def rows(desk: Desk, view: str = "sources", **options):
    return ask(desk.workspace, view, options).document()["rows"]


def test_a_source_tells_its_last_event_by_both_clocks_and_what_was_not_taken(desk: Desk):
    desk.take(*visits([0, 1]), run="one")
    desk.take(tell("DealWon", opportunity="O1"), tell("LeadOpened"), b"{", run="two")
    desk.clock.micros += DAY * 1_000_000
    crm, nobody = rows(desk)
    assert (crm["source"], crm["events"], crm["runs"], crm["last_run"]) == ("crm", 6, 1, "one")
    assert (crm["last_event"], crm["last_known"]) == ("2026-02-03T16:00:00+01:00", "2026-06-30T14:00:00+02:00")
    assert (crm["quiet_s"], crm["parked"], crm["refused"], crm["faulty"]) == (DAY, 1, 0, 1)
    assert (nobody["source"], nobody["events"], nobody["faulty"]) == (None, 0, 1)


def test_weekends_are_usual_and_a_week_without_events_is_a_gap(desk: Desk):
    working = [day for day in range(84) if day % 7 < 5 and not 35 <= day < 42]
    desk.take(*visits(working))
    (crm,) = rows(desk)
    assert crm["usual_s"] == 2 * DAY + 18 * 3600  # Friday at 15 to Monday at 9
    assert (crm["gaps"], crm["longest_gap_s"]) == (1, 9 * DAY + 18 * 3600)
    (gap,) = rows(desk, "sources gaps")
    assert (gap["after"], gap["before"]) == ("2026-03-06T16:00:00+01:00", "2026-03-16T10:00:00+01:00")
    assert rows(desk, "sources gaps", filter={"source": "erp"}) == []


def test_who_sends_less_often_than_every_two_weeks_has_no_usual_silence(desk: Desk):
    desk.take(*visits([0, 20, 50, 80], hours=(9,)))
    (crm,) = rows(desk)
    assert (crm["usual_s"], crm["overdue"], crm["gaps"]) == (None, None, 0)


def test_a_source_that_is_silent_for_more_than_twice_its_usual_time_is_overdue(desk: Desk):
    desk.take(*visits(list(range(30))))
    assert [row["overdue"] for row in rows(desk)] == [False]
    assert [row["overdue"] for row in rows(desk, now="2026-07-05")] == [True]


def test_a_gap_is_seen_in_what_was_known_then_and_without_what_was_retracted(desk: Desk):
    desk.take(*visits([day for day in range(40) if not 10 <= day < 20]), run="one")
    desk.clock.micros += DAY * 1_000_000
    desk.take(*visits(list(range(10, 20))), run="late")
    assert (rows(desk)[0]["gaps"], rows(desk, as_of="2026-06-30")[0]["gaps"]) == (0, 1)
    retract(desk.workspace, "late")
    (crm,) = rows(desk)
    assert (crm["gaps"], crm["events"], crm["runs"]) == (1, 90, 1)


def test_what_the_log_itself_writes_is_no_source(desk: Desk):
    desk.take(*visits([0]))
    erase(desk.workspace, "L1")
    assert [row["source"] for row in rows(desk)] == ["crm"]


def test_a_declared_source_that_never_sent_is_there(desk: Desk):
    settings = desk.workspace.folder / "leadlog.toml"
    settings.write_text(settings.read_text() + "\n[source.erp]\ntrusted = true\n")
    workspace = type(desk.workspace).find(desk.workspace.folder, desk.clock)
    (row,) = ask(workspace, "sources", {}).rows
    assert (row["source"], row["events"], row["quiet_s"]) == ("erp", 0, None)
    workspace.close()


def test_monitoring_ends_with_1_where_a_source_has_been_silent(shell: Shell):  # noqa: F811  # the fixture
    shell("ingest", shell.lines(visits([0, 1])))
    assert shell("sources", "--quiet-for", "24h").returncode == 0
    later = (date(2099, 1, 1)).isoformat()
    done = shell("sources", "--quiet-for", "24h", "--now", later, "--format", "json")
    assert (done.returncode, done.stderr) == (1, "Nothing for more than 24h from crm.\n")
    assert json.loads(done.stdout)["view"] == "sources"
    assert shell("sources", "--quiet-for", "24h", "--now", later, "--source", "other").returncode == 1
    assert shell("sources", "--quiet-for", "soon").returncode == 2
    assert shell("sources", "--gaps", "--format", "csv").stdout.startswith("source,after,before")

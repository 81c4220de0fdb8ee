"""Undo of an import: from its retraction on a run does not count; as of before nothing changes; restored, it counts as ever."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.cases.case import load
from engine.cases.runner import run
from engine.erasure import erase
from engine.errors import NoSuchRun
from engine.intake.retry import retry
from engine.merges import Merges
from engine.retraction import restore, retract
from engine.simulate import history
from engine.views import ask
from events.instants import wire
from tests.engine.cli.test_commands import Shell, shell  # noqa: F401  # a fixture
from tests.engine.conftest import Desk, tell
from tests.engine.test_truth import answers

CAPTURED = tell("LeadCaptured", "2026-03-02T09:00:00Z")
QUALIFIED = tell("MarketingQualified", "2026-03-03T09:00:00Z")
OPENED = tell("OpportunityOpened", "2026-03-04T09:00:00Z", opportunity="O1")
WON = tell("DealWon", "2026-03-05T09:00:00Z", opportunity="O1")
DISQUALIFIED = tell("LeadDisqualified", "2026-03-02T10:00:00Z", reason="student")
FEW = settings(max_examples=4, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))


def rows(desk: Desk, view: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(desk.workspace, view, options).document()["rows"]
    return found


def entered(desk: Desk, **options: Any) -> dict[str, int]:
    return {row["stage"]: row["entered"] for row in rows(desk, "funnel", **options)}


def later(desk: Desk) -> str:
    """This moment, and then the clock moves on by a minute."""
    now = desk.clock.micros
    desk.clock.micros += 60_000_000
    return wire(now)


def test_the_events_of_a_retracted_run_do_not_count(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(
        tell("LeadCaptured", subject="L2"), tell("LeadHandedOff", "2026-03-03T09:00:00Z", "L2", handoff="H1"), run="bad"
    )
    before = later(desk)
    done = retract(desk.workspace, "bad", "wrong file", "ops:a")
    assert (done.position, done.events) == (4, 2)
    assert entered(desk)["lead"] == 1
    assert rows(desk, "handoffs") == []
    assert rows(desk, "lead", lead="L2") == []
    assert entered(desk, as_of=before)["lead"] == 2
    assert len(rows(desk, "lead", lead="L2", as_of=before)) == 2
    (row,) = desk.workspace.log.rows(types=("RunRetracted",))
    assert (row.clear(), row.actor, row.run) == ({"run": "bad", "reason": "wrong file"}, "ops:a", None)


def test_to_retract_twice_changes_nothing_and_to_restore_takes_it_back(desk: Desk):
    desk.take(CAPTURED, run="bad")
    assert restore(desk.workspace, "bad").position is None
    assert retract(desk.workspace, "bad").position == 2
    assert retract(desk.workspace, "bad").position is None
    assert restore(desk.workspace, "bad").position == 3
    assert entered(desk)["lead"] == 1
    assert retract(desk.workspace, "bad").position == 4
    assert entered(desk)["lead"] == 0


def test_a_run_that_nobody_knows_is_refused(desk: Desk):
    with pytest.raises(NoSuchRun, match="nothing like it"):
        retract(desk.workspace, "nothing like it")
    assert desk.workspace.log.head().position == 0


def test_the_runs_are_listed_with_what_lies_in_quarantine(desk: Desk):
    desk.take(CAPTURED, tell("DealWon", opportunity="O9"), b"{", run="one")
    desk.take(b"[", run="two")
    retract(desk.workspace, "one")
    one, two = rows(desk, "runs")
    assert (one["run"], one["sources"], one["events"], one["leads"]) == ("one", "crm", 1, 1)
    assert (one["retracted"], one["parked"], one["faulty"]) == (True, 1, 1)
    assert (two["run"], two["events"], two["retracted"], two["faulty"]) == ("two", 0, False, 1)
    assert one["began"] == one["ended"] == two["began"] == "2026-06-30T14:00:00+02:00"


def test_decisions_are_judged_without_the_facts_of_retracted_runs(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(OPENED, run="bad")
    retract(desk.workspace, "bad")
    desk.take(WON, run="next")
    assert desk.kept() == [("parked", "DealWon", "unknown")]
    assert restore(desk.workspace, "bad").moved == 1
    assert desk.kept() == []
    assert desk.types()[-1] == "DealWon"


def test_what_becomes_legal_by_a_retraction_is_recorded(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(DISQUALIFIED, run="bad")
    desk.take(QUALIFIED, run="next")
    assert desk.kept() == [("parked", "MarketingQualified", "inactive")]
    assert retract(desk.workspace, "bad").moved == 1
    assert entered(desk)["mql"] == 1
    assert [row.run for row in desk.workspace.log.rows(types=("MarketingQualified",))] == ["next"]


def test_what_a_retracted_run_left_in_quarantine_waits_until_it_is_restored(desk: Desk):
    desk.take(WON, run="bad")
    assert retract(desk.workspace, "bad").parked == 1
    desk.take(CAPTURED, OPENED, run="good")
    assert desk.kept() == [("parked", "DealWon", "unknown")]
    retry(desk.workspace)
    assert "DealWon" not in desk.types()
    restore(desk.workspace, "bad")
    assert [row.run for row in desk.workspace.log.rows(types=("DealWon",))] == ["bad"]


def test_the_same_from_another_run_is_taken_from_that(desk: Desk):
    desk.take(WON, run="bad")
    retract(desk.workspace, "bad")
    desk.take(CAPTURED, OPENED, WON, run="good")
    assert desk.kept() == []
    assert entered(desk)["won"] == 1


def test_what_is_made_illegal_by_a_retraction_is_an_anomaly(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(OPENED, run="bad")
    desk.take(WON, run="next")
    before = later(desk)
    retract(desk.workspace, "bad")
    assert [(row["kind"], row["type"]) for row in rows(desk, "anomalies")] == [("unknown_reference", "DealWon")]
    assert rows(desk, "anomalies", as_of=before) == []


def test_ids_that_only_a_retracted_run_named_are_like_no_other(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(tell("LeadCaptured", subject="l1"), run="bad")
    assert [row["kind"] for row in rows(desk, "anomalies")] == ["similar_id"]
    retract(desk.workspace, "bad")
    assert rows(desk, "anomalies") == []


def test_a_merge_of_a_retracted_run_is_in_force_no_more(desk: Desk):
    desk.take(CAPTURED, tell("LeadCaptured", subject="L2"), run="good")
    desk.take(tell("LeadsMerged", "2026-03-03T09:00:00Z", merged="L2"), run="bad")
    before = later(desk)
    retract(desk.workspace, "bad")
    assert Merges.known(desk.workspace.log).group(1) == {1}
    assert (entered(desk)["lead"], entered(desk, as_of=before)["lead"]) == (2, 1)
    assert len(rows(desk, "lead", lead="L1")) == 1
    assert len(erase(desk.workspace, "L1").streams) == 1
    restore(desk.workspace, "bad")
    assert Merges.known(desk.workspace.log).group(1) == {1, 2}


def test_ids_stay_taken_and_the_summary_names_the_run(desk: Desk):
    desk.take(CAPTURED, QUALIFIED, run="bad")
    retract(desk.workspace, "bad")
    again = desk.take(CAPTURED, QUALIFIED, run="again")
    assert (again.known, again.undone) == (2, {"bad": 2})
    desk.take(CAPTURED | {"data": {"region": "north"}}, run="corrected")
    (reason,) = desk.reasons()
    assert "run bad, which is retracted; a corrected import needs ids of its own" in reason


def test_a_retraction_that_comes_in_as_an_event_counts_within_its_batch(desk: Desk):
    desk.take(CAPTURED, run="good")
    desk.take(OPENED, run="bad")
    desk.take(tell("RunRetracted", "2026-06-01T09:00:00Z", "bad", run="bad"), WON, run="next")
    assert desk.kept() == [("parked", "DealWon", "unknown")]
    assert [row["retracted"] for row in rows(desk, "runs")] == [False, True, False]


def parts(
    desk: Desk, events: list[dict[str, Any]], names: tuple[str, ...] = ("one", "two", "three"), **told: Any
) -> None:
    """The events in turn as several runs, a block each."""
    block = 20
    for number, at in enumerate(range(0, len(events), block)):
        if (name := ("one", "two", "three")[number % 3]) in names:
            desk.take(*events[at : at + block], run=name, trusted=True, **told)


@FEW
@given(sample=st.integers(0, 10_000), which=st.sampled_from(["one", "two", "three"]))
def test_as_of_before_is_unchanged_and_a_restored_run_counts_as_if_nothing_had_happened(desks, sample, which):
    note(f"history(20, {sample}), {which} retracted")
    desk = desks()
    parts(desk, list(history(20, sample)))
    before = later(desk)
    answered, listed = answers(desk, as_of=before), rows(desk, "anomalies", as_of=before)
    retract(desk.workspace, which)
    assert answers(desk, as_of=before) == answered
    assert rows(desk, "anomalies", as_of=before) == listed
    restore(desk.workspace, which)
    assert answers(desk, now=before) == answered
    assert rows(desk, "anomalies") == listed


@FEW
@given(sample=st.integers(0, 10_000), which=st.sampled_from(["one", "two", "three"]))
def test_a_log_with_a_retracted_run_is_a_log_without_its_events(desks, sample, which):
    note(f"history(20, {sample}), {which} retracted")
    once = {(event["source"], event["id"]): event for event in reversed(list(history(20, sample)))}
    events = [*reversed(once.values())]  # what two runs bring is the first one's alone
    undone, without = desks(), desks()
    parts(undone, events)
    retract(undone.workspace, which)
    parts(without, events, tuple({"one", "two", "three"} - {which}))
    assert answers(undone) == answers(without)
    kinds = [[(row["kind"], row["type"], row["lead"]) for row in rows(desk, "anomalies")] for desk in (undone, without)]
    assert sorted(kinds[0], key=str) == sorted(kinds[1], key=str)


def test_a_case_retracts_its_runs_in_order_before_it_erases(tmp_path):
    file = tmp_path / "undo.yaml"
    file.write_text("""
case: An import is undone
events:
  - {at: 2026-03-07T15:00:00+01:00, type: LeadCaptured, lead: L1, run: good}
  - {at: 2026-03-07T15:00:00+01:00, type: LeadCaptured, lead: L2, run: bad}
  - {at: 2026-03-07T16:00:00+01:00, type: LeadsMerged, lead: L1, merged: L2, run: bad}
retract: [bad]
erase: [L1]
expect:
  - {view: funnel, rows: [{stage: lead, entered: 1}]}
  - {view: runs, rows: [{run: good, retracted: false}, {run: bad, retracted: true}]}
""")
    outcome = run(load(file))
    assert outcome.failures == []
    file.write_text(file.read_text().replace("retract: [bad]", "retract: [worse]"))
    assert "worse" in str(run(load(file)).failures[0].found)


def test_the_commands_undo_and_say_what_they_did(shell: Shell):  # noqa: F811  # the fixture
    shell("ingest", shell.lines([CAPTURED, QUALIFIED]))
    (row,) = json.loads(shell("runs", "--format", "json").stdout)["rows"]
    done = shell("retract", row["run"], "--reason", "wrong file")
    assert (done.returncode, f"`leadlog restore-run {row['run']}` takes that back" in done.stdout) == (0, True)
    assert "Nothing was changed" in shell("retract", row["run"]).stdout
    exported = [json.loads(line) for line in shell("log", "--format", "json").stdout.splitlines()]
    assert [event.get("retracted", False) for event in exported] == [True, True, False]
    assert shell("log", "--counting", "--count").stdout == "1\n"
    assert f"2 of the known ones are of run {row['run']}" in shell("ingest", "events.ndjson").stdout
    assert "count again" in shell("restore-run", row["run"]).stdout
    done = shell("retract", "nothing")
    assert (done.returncode, "`leadlog runs` lists them" in done.stderr) == (1, True)

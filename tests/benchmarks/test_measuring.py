"""The whole of the measuring, with few events: it holds together, and what it says of the log is true."""

import pytest

pytest.importorskip("psutil")  # of the dependency group `bench`

from rich.console import Console

from benchmarks import history, intake, tail, views, weekly
from benchmarks.bench import Bench
from benchmarks.figures import Results
from benchmarks.measuring import CommandFailed, alone, leadlog
from engine.workspace import opened
from projections.views import VIEWS

EVENTS = 2_000


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A log that has grown to its one size, with its history."""
    made = Bench(tmp_path_factory.mktemp("bench"), None, (EVENTS,), Results(), Console(quiet=True), runs=1)
    for _ in intake.grow(made):
        history.measure(made)
    return made


@pytest.fixture
def one_view(monkeypatch):
    """Of all views only the funnel."""
    monkeypatch.setattr(views, "OVER_ALL", ["funnel"])
    monkeypatch.setattr(tail, "OVER_ALL", ["funnel"])


def test_intake_and_history_stand_beside_limits_over_the_same_events(bench):
    assert bench.results.failures == []
    (taken, *_), (built,) = bench.results.of("intake"), bench.results.of("history")
    assert taken.events == built.events == bench.events()
    assert taken.limit
    assert built.limit
    assert taken.peak > 20 * 2**20


def test_a_view_stands_beside_the_scan_of_the_columns_that_its_plans_read(bench, one_view):
    views.measure(bench)
    assert bench.results.failures == []
    (funnel,) = bench.results.of("views")
    assert funnel.limit
    (columns, _), _ = alone(views.scanned, bench.workspace, "funnel", views.told("funnel"), 1)
    assert {"type", "occurred", "lead"} <= set(columns)
    assert "amount" not in columns


def test_a_weekly_report_is_measured_after_the_news_once_more_and_view_by_view(bench, monkeypatch):
    whole = weekly.report
    few = ("movement", "funnel")
    monkeypatch.setattr(weekly, "report", lambda log: [one for one in whole(log) if one[0] in few])
    with opened(bench.workspace) as here:
        assert 0 < weekly.news(here.log) < bench.events()
        assert {view for view, _ in whole(here.log)} < set(VIEWS)
    weekly.measure(bench)
    assert bench.results.failures == []
    assert {figure.work: figure.goals for figure in bench.results.of("weekly")} == {
        "weekly report": ("weekly", "weekly memory"),
        "the same once more": (),
    }
    for part in ("weekly view", "weekly view again", "weekly view alone"):
        assert tuple(figure.work for figure in bench.results.of(part)) == few
    assert all(figure.limit for figure in bench.results.of("weekly view alone"))


def test_new_events_come_once_and_then_no_more(bench, one_view):
    for more in sorted(bench.folder.glob("fresh-*.ndjson"))[2:]:
        more.unlink()
    tail.measure(bench)
    assert bench.results.failures == []
    assert {figure.work for figure in bench.results.of("tail")} == {"funnel", "leadlog funnel"}
    with pytest.raises(ValueError, match="in the log already"):
        tail.take(bench, next(bench.folder.glob("fresh-*.ndjson")))


def test_what_fails_is_told_and_takes_nothing_with_it(bench):
    with bench.measuring("views", "something"):
        leadlog(bench.workspace, "funnel", "--by", "nothing")
    (failure,) = bench.results.failures
    assert failure.work == "something"
    assert failure.why.startswith(f"{CommandFailed.__name__}: leadlog funnel --by nothing: 'nothing' is no dimension")

"""How figures are judged, kept and told; nothing is measured here."""

from dataclasses import replace

import pytest

pytest.importorskip("psutil")  # of the dependency group `bench`
pytest.importorskip("altair")

from benchmarks import report
from benchmarks.figures import Check, Failure, Figure, Results
from benchmarks.growth import growth
from benchmarks.limits import rates

VIEW = Figure(
    "views", "funnel", 10_000_000, 1.2, 3, limit=0.4, peak=700 * 2**20, goals=("view", "memory"), note="7 rows"
)
INTAKE = Figure("intake", "NDJSON → SQLite", 1_000_000, 40.0, limit=10.0, goals=("intake",))


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (1.2, "aim"),  # 3 × 0.4
        (2.4, "met"),  # 6 × 0.4
        (2.5, "missed"),
    ],
)
def test_a_view_is_judged_by_how_many_times_the_scan_it_takes(seconds, verdict):
    assert replace(VIEW, seconds=seconds).verdict("view") == verdict


def test_of_a_share_more_is_better():
    assert [replace(INTAKE, seconds=seconds).verdict("intake") for seconds in (20, 40, 51)] == ["aim", "met", "missed"]


def test_what_is_mostly_start_up_is_not_judged():
    assert replace(VIEW, events=200_000, seconds=9.0).verdict("view") == "not judged"


def test_a_run_is_bad_where_a_goal_is_missed_something_failed_or_does_not_hold():
    assert not Results(figures=[VIEW, INTAKE]).bad
    assert Results(figures=[replace(VIEW, peak=2 * 2**30)]).bad
    assert Results(failures=[Failure("views", "sla", "QuestionError")]).bad
    assert Results(checks=[Check("truth", "equal", holds=False, told="one row differs")]).bad


def test_growth_compares_a_million_events_at_the_largest_and_the_smallest_size():
    small, large = replace(VIEW, events=1_000_000, seconds=0.2), VIEW
    (grown,) = growth(Results(figures=[large, small]))
    assert grown.seconds == pytest.approx(0.12)
    assert grown.limit == pytest.approx(0.2)
    assert grown.verdict("linear") == "aim"


def test_what_is_measured_again_takes_the_place_of_what_was():
    results = Results(figures=[VIEW])
    results.add(replace(VIEW, seconds=0.9))
    assert [figure.seconds for figure in results.figures] == [0.9]
    results.forget("views", 10_001_000)
    assert results.figures == []


def test_results_are_read_as_they_were_written(tmp_path):
    results = Results(
        {"Date": "2026-11-25"}, [VIEW, INTAKE], {"leadlog ingest": [(10, 2.5)]}, [Check("truth", "r", True, "t")],
        [Failure("views", "kpi", "why")],
    )  # fmt: skip
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results
    assert Results.read(tmp_path / "nothing.json") == Results()


def test_the_report_is_the_same_for_the_same_figures(tmp_path):
    small = replace(VIEW, events=1_000_000, seconds=0.2)
    results = Results({"Date": "2026-11-25"}, [small, VIEW, INTAKE], {"leadlog ingest": [(10, 2.5), (20, 2.0)]})
    for figure in growth(results):
        results.add(figure)
    told = []
    for name in ("one", "two"):
        report.write(results, tmp_path / name / "benchmarks.md")
        plots = sorted((tmp_path / name / "benchmarks").iterdir())
        told.append([(tmp_path / name / "benchmarks.md").read_text(), *(plot.read_text() for plot in plots)])
    assert told[0] == told[1]
    assert "| funnel | 10,000,000 | 3.0 × | 6.0 × | 3.0 × | aim |" in told[0][0]
    assert [plot.stem for plot in plots] == ["growth", "intake", "views"]
    assert all(f"benchmarks/{plot.name}" in told[0][0] for plot in plots)


def test_a_weekly_report_stands_view_by_view_beside_the_scan_of_its_columns(tmp_path):
    told = "--period 2026-W10; reads 5 columns"
    figures = [
        Figure(
            "weekly", "weekly report", 10_000_000, 9.0, peak=2**30, goals=("weekly", "weekly memory"), note="2 views"
        ),
        Figure("weekly view", "kpi", 10_000_000, 1.5),
        Figure("weekly view again", "kpi", 10_000_000, 1.0),
        Figure("weekly view alone", "kpi", 10_000_000, 3.0, limit=0.5, peak=2**29, note=told),
    ]
    report.write(Results({}, figures), tmp_path / "benchmarks.md")
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| weekly report | 10,000,000 | 9.0 s | 10.0 s | 7.0 s | met |" in page
    assert "| weekly report: memory | 10,000,000 | 1.00 GiB | 1.50 GiB | 1.00 GiB | aim |" in page
    assert "| `kpi` | --period 2026-W10 | 1.50 | 1.00 | 3.00 | 0.500 | 6.0 | 512 MiB |" in page


def test_a_rate_leaves_the_start_of_the_program_out():
    points = [(0.0, 0), (5.0, 0), (6.0, 100), (7.0, 150)]
    assert rates(points, steps=1) == [(75, 75.0)]  # 150 events between second 5 and second 7

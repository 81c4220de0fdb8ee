"""The funnel on small histories: whole results, and the corners that a generated history rarely meets."""

from typing import Any

import pytest

from events.instants import parse_instant
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.result import Result
from projections.views import ask, open_cell
from tests.projections.fake_log import FakeLog, log_of

NOW = parse_instant("2026-03-31T12:00:00Z").start


def funnel(log: FakeLog, **options: Any) -> Result:
    return ask("funnel", History.open(None, log), Asked.of(options), "UTC", lambda: NOW)


def cells(log: FakeLog, *names: str, **options: Any) -> list[tuple[Any, ...]]:
    """Those columns of the rows in which anything is entered."""
    return [tuple(row[name] for name in names) for row in funnel(log, **options).rows if row["entered"]]


def test_a_whole_result():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L2", "LeadCaptured", "2026-03-03T09:00:00Z"),
            ("L1", "MarketingQualified", "2026-03-04T09:00:00Z"),
            ("L2", "LeadDisqualified", "2026-03-05T09:00:00Z", {"reason": "student"}),
        ]
    )
    document = funnel(log, model={"name": "short", "stage": [
        {"name": "lead", "events": ["LeadCaptured"]}, {"name": "mql", "events": ["MarketingQualified"]},
    ]}, as_of="2026-03-30").document()  # fmt: skip
    assert document == {
        "view": "funnel",
        "definition": document["definition"],
        "position": 4,
        "as_of": "2026-03-30T23:59:59.999999+00:00",
        "columns": [
            {"name": "stage", "unit": None},
            *({"name": name, "unit": "count"} for name in ("entered", "passed", "in_stage", "lost", "recycled")),
            *({"name": name, "unit": "fraction"} for name in ("rate_from_previous", "rate_from_first")),
            *({"name": name, "unit": "s"} for name in ("time_p50_s", "time_p90_s", "age_p50_s", "age_max_s", "lost_p50_s")),
            {"name": "bottleneck", "unit": None},
        ],
        "rows": [
            {
                "stage": "lead", "entered": 2, "passed": 1, "in_stage": 0, "lost": 1, "recycled": 0,
                "rate_from_previous": None, "rate_from_first": 1.0, "time_p50_s": 172800.0, "time_p90_s": 172800.0,
                "age_p50_s": None, "age_max_s": None, "lost_p50_s": 172800.0, "bottleneck": False,
            },
            {
                "stage": "mql", "entered": 1, "passed": 0, "in_stage": 1, "lost": 0, "recycled": 0,
                "rate_from_previous": 0.5, "rate_from_first": 0.5, "time_p50_s": None, "time_p90_s": None,
                "age_p50_s": 2300399.999999, "age_max_s": 2300399.999999, "lost_p50_s": None, "bottleneck": True,
            },
        ],
    }  # fmt: skip
    assert document["definition"].startswith("short@")


def test_an_empty_log_has_all_stages_and_no_number():
    rows = funnel(FakeLog()).rows
    assert [row["stage"] for row in rows] == ["lead", "mql", "sal", "sql", "opportunity", "offer", "won"]
    counts = {row[name] for row in rows for name in ("entered", "passed", "in_stage", "lost", "recycled")}
    rest = {
        row[name]
        for row in rows
        for name in ("rate_from_previous", "rate_from_first", "time_p50_s", "age_max_s", "lost_p50_s")
    }
    assert (counts, rest, {row["bottleneck"] for row in rows}) == ({0}, {None}, {False})


@pytest.mark.parametrize("options", [{"by": "channel"}, {"by": "month"}, {"count": "strict"}, {"count": "furthest"}])
def test_an_empty_log_answers_every_question(options):
    assert all(row["entered"] == 0 for row in funnel(FakeLog(), **options).rows)


def test_an_ordered_run_may_stand_still():
    log = log_of([("L1", "MarketingQualified", "2026-03-02T09:00:00Z"), ("L1", "LeadCaptured", "2026-03-02T09:00:00Z")])
    assert cells(log, "stage", "time_p50_s", count="strict") == [("lead", 0.0), ("mql", None)]


def test_an_ordered_run_takes_the_first_event_that_is_not_too_early():
    log = log_of(
        [
            ("L1", "MarketingQualified", "2026-03-01T09:00:00Z"),
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L1", "MarketingQualified", "2026-03-03T09:00:00Z"),
            ("L1", "MarketingQualified", "2026-03-04T09:00:00Z"),
        ]
    )
    assert cells(log, "stage", "time_p50_s", count="strict") == [("lead", 86400.0), ("mql", None)]
    assert cells(log, "stage", "time_p50_s", count="any") == [("lead", None), ("mql", None)]


def test_a_plain_date_is_a_whole_day_in_a_run_and_for_the_owner():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L1", "LeadAssigned", "2026-03-02T10:00:00Z", {"owner": "anna"}),
            ("L1", "MarketingQualified", "2026-03-02"),
            ("L1", "LeadAssigned", "2026-03-03T10:00:00Z", {"owner": "ben"}),
        ]
    )
    assert cells(log, "stage", "owner", "time_p50_s", count="strict", by="owner") == [
        ("mql", "anna", None),
        ("lead", None, 0.0),
    ]


def test_an_opportunity_belongs_to_the_journey_that_first_mentions_it():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L1", "OpportunityOpened", "2026-03-03T09:00:00Z", {"opportunity": "O1"}),
            ("L1", "LeadRecycled", "2026-03-04T09:00:00Z", {"reason": "next year"}),
            ("L1", "OpportunityOpened", "2026-03-05T09:00:00Z", {"opportunity": "O2"}),
            ("L1", "DealLost", "2026-03-06T09:00:00Z", {"opportunity": "O1"}),
        ]
    )
    assert cells(log, "stage", "journey", "recycled", "lost", "in_stage", by="journey") == [
        ("lead", 1, 0, 0, 0), ("opportunity", 1, 1, 0, 0), ("lead", 2, 0, 0, 0), ("opportunity", 2, 0, 0, 1),
    ]  # fmt: skip
    log.add("L1", "DealLost", "2026-03-07T09:00:00Z", opportunity="O2", reason="price")
    assert cells(log, "lost", "reason", "lost_p50_s", by=["journey", "reason"])[-1] == (1, "price", 172800.0)


def test_a_journey_opened_by_recycling_alone_waits_in_the_first_stage():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z", {"channel": "web"}),
            ("L1", "MarketingQualified", "2026-03-02T10:00:00Z"),
            ("L1", "LeadRecycled", "2026-03-30T12:00:00Z", {"reason": "later"}),
        ]
    )
    assert cells(log, "stage", "journey", "channel", "in_stage", "age_max_s", by=["journey", "channel"])[-1] == (
        "lead", 2, "web", 1, 86400.0,
    )  # fmt: skip


def test_a_merge_makes_one_story_and_its_reversal_two_again():
    log = FakeLog()
    log.add("A", "LeadCaptured", "2026-03-02T09:00:00Z", channel="web")
    log.add("B", "LeadCaptured", "2026-03-01T09:00:00Z", channel="fair")
    log.add("B", "MarketingQualified", "2026-03-03T09:00:00Z")
    log.add("A", "LeadsMerged", "2026-03-04T09:00:00Z", merged="B")
    log.add("A", "MergeReverted", "2026-03-06T09:00:00Z", merged="B")
    before, during = "2026-03-03T12:00:00Z", "2026-03-05T12:00:00Z"
    assert cells(log, "stage", "entered", as_of=before) == [("lead", 2), ("mql", 1)]
    assert cells(log, "stage", "channel", "entered", as_of=during, by="channel") == [
        ("lead", "fair", 1),
        ("mql", "fair", 1),
    ]
    assert cells(log, "stage", "entered") == [("lead", 2), ("mql", 1)]
    (row,) = open_cell(History.open(None, log), Asked.of({"as_of": during}), "UTC", lambda: NOW, "mql").rows
    assert row["lead"] == log.lead("A")


def test_a_merge_and_its_reversal_are_judged_by_time_not_by_arrival():
    log = FakeLog()
    log.add("A", "LeadCaptured", "2026-03-02T09:00:00Z")
    log.add("B", "LeadCaptured", "2026-03-02T09:00:00Z")
    log.add("A", "MergeReverted", "2026-03-06T09:00:00Z", merged="B")
    log.add("A", "LeadsMerged", "2026-03-04T09:00:00Z", merged="B")
    assert cells(log, "entered") == [(2,)]


def test_the_events_of_a_retracted_run_are_left_out_from_then_on():
    log = FakeLog()
    log.add("A", "LeadCaptured", "2026-03-02T09:00:00Z", run="r1")
    log.add("B", "LeadCaptured", "2026-03-03T09:00:00Z")
    log.add("", "RunRetracted", "2026-03-04T09:00:00Z")
    log.rows[-1]["data"] = '{"run": "r1"}'
    assert cells(log, "entered") == [(1,)]
    assert cells(log, "entered", as_of="2026-03-03") == [(2,)]


def test_some_time_falls_into_no_period_and_the_result_says_how_many():
    log = log_of([("L1", "LeadCaptured", "2026-03-02T09:00:00Z")])
    undated = parse_instant("2026-03-01")
    log.add(
        "L2",
        "LeadCaptured",
        type(undated)(undated.start, undated.end, undated.day, precision=type(undated.precision)(2)),
    )
    assert cells(log, "entered", "age_max_s") == [(2, 2516400.0)]
    monthly = funnel(log, period="month")
    assert [row["entered"] for row in monthly.rows if row["stage"] == "lead"] == [1]
    assert monthly.notes == ["1 entries are undated and fall into no period"]


def test_a_filter_holds_where_the_stage_was_entered():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z", {"owner": "anna"}),
            ("L1", "LeadAssigned", "2026-03-03T09:00:00Z", {"owner": "ben"}),
            ("L1", "MarketingQualified", "2026-03-04T09:00:00Z"),
            ("L2", "LeadCaptured", "2026-03-02T09:00:00Z"),
        ]
    )
    assert cells(log, "stage", "entered", "passed", filter="owner=anna") == [("lead", 1, 1)]
    assert cells(log, "stage", "entered", filter="owner=") == [("lead", 1)]
    assert cells(log, "stage", "entered", filter={"owner": ["ben", None]}) == [("lead", 1), ("mql", 1)]


def test_behind_a_rate_stand_those_who_might_have_come_and_who_did():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L2", "LeadCaptured", "2026-03-02T09:00:00Z"),
            ("L2", "MarketingQualified", "2026-03-03T09:00:00Z"),
        ]
    )
    opened = open_cell(History.open(None, log), Asked.of({}), "UTC", lambda: NOW, "mql", "rate_from_previous")
    assert [(row["lead"], row["stage"], row["counted"]) for row in opened.rows] == [
        (1, "lead", False),
        (2, "lead", True),
    ]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"by": "colour"}, "no dimension"),
        ({"by": "responder"}, "agreement"),
        ({"by": ["month", "week"]}, "one time grain"),
        ({"by": "month", "period": "week"}, "one time grain"),
        ({"colour": "red"}, "no option `colour`"),
        ({"lead": 3}, "no option `lead`"),
        ({"count": "all"}, "count"),
        ({"period": "2026-Q5"}, "no period"),
        ({"period": "2026-W60"}, "no period"),
        ({"since": "yesterday"}, "since"),
        ({"zone": "Berlin"}, "zone"),
        ({"model": "waterfal"}, "no funnel model"),
        ({"filter": "channel"}, "no filter"),
        ({"filter": "colour=red"}, "no dimension"),
    ],
)
def test_what_cannot_be_asked_gets_one_sentence(options, word):
    with pytest.raises(QuestionError, match=word):
        funnel(FakeLog(), **options)


@pytest.mark.parametrize(
    ("stage", "column", "word"), [("mqls", "entered", "no stage"), ("mql", "bottleneck", "no leads behind")]
)
def test_what_cannot_be_opened_gets_one_sentence(stage, column, word):
    with pytest.raises(QuestionError, match=word):
        open_cell(History.open(None, FakeLog()), Asked.of({}), "UTC", lambda: NOW, stage, column)


def test_a_range_may_reach_as_far_as_years_are_told():
    log = log_of([("L1", "LeadCaptured", "2026-03-02T09:00:00Z")])
    assert cells(log, "stage", "entered", since="0001-01-02", until="9999-12-30") == [("lead", 1)]
    assert cells(log, "period", "entered", period="year", since="2026-01-01") == [("2026", 1)]

"""The grown funnel on small histories, worked out by hand."""

from typing import Any

import pytest

from events.instants import parse_instant
from projections.asked import Asked
from projections.errors import DefinitionError, QuestionError
from projections.history import History
from projections.result import Result
from projections.views import ask, open_cell
from tests.projections.fake_log import FakeLog, log_of

NOW = parse_instant("2026-03-31T12:00:00Z").start
CAPTURED, QUALIFIED, OPENED, WON = "LeadCaptured", "MarketingQualified", "OpportunityOpened", "DealWon"


def funnel(log: FakeLog, **options: Any) -> Result:
    return ask("funnel", History.open(None, log), Asked.of(options), "UTC", lambda: NOW)


def cells(log: FakeLog, *names: str, **options: Any) -> list[tuple[Any, ...]]:
    """Those columns of the rows in which anything is entered."""
    return [tuple(row[name] for name in names) for row in funnel(log, **options).rows if row["entered"]]


def opened(log: FakeLog, stage: str, column: str, *names: str, **options: Any) -> list[tuple[Any, ...]]:
    result = open_cell(History.open(None, log), Asked.of(options), "UTC", lambda: NOW, stage, column)
    return [tuple(row[name] for name in names) for row in result.rows]


def model(**marks: str) -> dict[str, Any]:
    """Lead, mql, opportunity, won; marks: stage → optional or excluded."""
    events = {"lead": CAPTURED, "mql": QUALIFIED, "opportunity": OPENED, "won": WON}
    stages = [
        {"name": name, "events": [event], **({marks[name]: True} if name in marks else {})}
        for name, event in events.items()
    ]
    return {"name": "short", "stage": stages}


def test_a_share_of_the_first_stage_counts_those_whom_the_filter_lets_through_there():
    log = log_of(
        [
            ("L1", CAPTURED, "2026-03-02T09:00:00Z", {"owner": "anna"}),
            ("L1", "LeadAssigned", "2026-03-03T09:00:00Z", {"owner": "ben"}),
            ("L1", QUALIFIED, "2026-03-04T09:00:00Z"),
        ]
    )
    rates = [(row["entered"], row["rate_from_first"]) for row in funnel(log, filter="owner=anna").rows[:2]]
    assert rates == [(1, 1.0), (0, 1.0)]  # it was anna's when it was captured, and went on


def skipping() -> FakeLog:
    """L1 is qualified on its way, L2 skips it, L3 stops there."""
    return log_of(
        [
            ("L1", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L1", QUALIFIED, "2026-03-03T09:00:00Z"),
            ("L1", OPENED, "2026-03-04T09:00:00Z", {"opportunity": "O1"}),
            ("L2", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L2", OPENED, "2026-03-03T09:00:00Z", {"opportunity": "O2"}),
            ("L3", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L3", QUALIFIED, "2026-03-03T09:00:00Z"),
        ]
    )


def test_an_optional_stage_does_not_stop_those_that_skip_it():
    rates = {"model": model(), "count": "strict"}
    assert cells(skipping(), "stage", "entered", "rate_from_previous", **rates) == [
        ("lead", 3, None), ("mql", 2, 2 / 3), ("opportunity", 1, 1 / 2),
    ]  # fmt: skip
    rates["model"] = model(mql="optional")
    assert cells(skipping(), "stage", "entered", "rate_from_previous", **rates) == [
        ("lead", 3, None), ("mql", 2, 2 / 3), ("opportunity", 2, 2 / 3),  # of the three that were captured
    ]  # fmt: skip


def test_a_later_stage_proves_no_optional_one():
    optional = {"model": model(mql="optional"), "count": "furthest"}
    assert cells(skipping(), "stage", "entered", **optional) == [("lead", 3), ("mql", 2), ("opportunity", 2)]
    assert cells(skipping(), "stage", "entered", model=model(), count="furthest")[1] == ("mql", 3)


def test_no_bottleneck_is_looked_for_where_stages_may_be_skipped():
    log = skipping()
    log.add("L1", WON, "2026-03-05T09:00:00Z", opportunity="O1")
    log.add("L2", WON, "2026-03-05T09:00:00Z", opportunity="O2")
    tight = [row["stage"] for row in funnel(log, model=model(mql="optional")).rows if row["bottleneck"]]
    assert tight == ["opportunity"]  # two of three; as many were qualified


def test_behind_a_rate_beyond_an_optional_stage_stand_those_before_it():
    behind = opened(
        skipping(), "opportunity", "rate_from_previous", "lead", "stage", "counted", model=model(mql="optional")
    )
    assert behind == [(1, "lead", True), (2, "lead", True), (3, "lead", False)]


def test_who_enters_an_excluded_stage_is_not_counted_at_all():
    assert cells(skipping(), "stage", "entered", model=model(mql="excluded")) == [("lead", 1), ("opportunity", 1)]


def test_an_excluded_stage_is_asked_of_each_journey():
    log = log_of(
        [
            ("L1", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L1", QUALIFIED, "2026-03-03T09:00:00Z"),
            ("L1", "LeadRecycled", "2026-03-04T09:00:00Z", {"reason": "later"}),
            ("L1", OPENED, "2026-03-05T09:00:00Z", {"opportunity": "O1"}),
        ]
    )
    assert cells(log, "stage", "entered", model=model(mql="excluded")) == [("lead", 1), ("opportunity", 1)]
    assert cells(log, "stage", "entered", model=model(mql="excluded"), per="lead") == []


def test_a_slip_in_the_marks_of_a_file_names_its_line(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text('[[stage]]\nname = "a"\nevents = ["DealWon"]\noptional = true\n')
    with pytest.raises(
        DefinitionError, match=r"ours\.toml, line 4: stage\.1\.optional: the first stage .* put a stage before it"
    ):
        funnel(FakeLog(), model=str(file))


def twice() -> FakeLog:
    """L1: two deals in its first journey, of which one is lost, and a second journey that is disqualified."""
    return log_of(
        [
            ("L1", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L1", OPENED, "2026-03-04T09:00:00Z", {"opportunity": "O1"}),
            ("L1", OPENED, "2026-03-05T09:00:00Z", {"opportunity": "O2"}),
            ("L1", "DealLost", "2026-03-06T09:00:00Z", {"opportunity": "O1", "reason": "price"}),
            ("L1", "LeadRecycled", "2026-03-10T09:00:00Z", {"reason": "later"}),
            ("L1", QUALIFIED, "2026-03-11T09:00:00Z"),
            ("L1", "LeadDisqualified", "2026-03-12T09:00:00Z", {"reason": "bankrupt"}),
        ]
    )


COUNTS = ("stage", "entered", "passed", "in_stage", "lost", "recycled")


def test_a_journey_a_lead_and_an_opportunity_count_once_each():
    assert cells(twice(), *COUNTS) == [("lead", 2, 2, 0, 0, 0), ("mql", 1, 0, 0, 1, 0), ("opportunity", 1, 0, 0, 0, 1)]
    assert cells(twice(), *COUNTS, per="lead") == [
        ("lead", 1, 1, 0, 0, 0),
        ("mql", 1, 1, 0, 0, 0),
        ("opportunity", 1, 0, 0, 1, 0),
    ]
    assert cells(twice(), *COUNTS, per="opportunity") == [("lead", 2, 2, 0, 0, 0), ("opportunity", 2, 0, 0, 1, 1)]


def test_a_lead_that_won_is_not_lost_by_what_comes_afterwards():
    log = twice()
    log.add("L1", WON, "2026-03-13T09:00:00Z", opportunity="O2")
    assert cells(log, *COUNTS, per="lead")[-1] == ("won", 1, 0, 1, 0, 0)


def test_an_opportunity_goes_its_own_way():
    log = twice()
    log.add("L1", "OfferMade", "2026-03-13T09:00:00Z", opportunity="O2", offer="F1")
    log.add("L1", WON, "2026-03-14T09:00:00Z", opportunity="O2")
    assert cells(log, *COUNTS, per="opportunity") == [
        ("lead", 2, 2, 0, 0, 0), ("opportunity", 2, 1, 0, 1, 0), ("offer", 1, 1, 0, 0, 0), ("won", 1, 0, 1, 0, 0),
    ]  # fmt: skip
    assert opened(log, "opportunity", "entered", "lead", "journey", "opportunity", "outcome", per="opportunity") == [
        (1, 1, "O1", "lost"), (1, 1, "O2", "passed"),
    ]  # fmt: skip


def test_an_event_that_names_an_offer_moves_the_opportunity_of_that_offer():
    log = twice()
    log.add("L1", "OfferMade", "2026-03-13T09:00:00Z", opportunity="O2", offer="F1")
    log.add("L1", "OfferAccepted", "2026-03-14T09:00:00Z", offer="F1")
    accepted = {
        "name": "m",
        "stage": [{"name": "deal", "events": [OPENED]}, {"name": "agreed", "events": ["OfferAccepted"]}],
    }
    assert cells(log, "stage", "entered", model=accepted, per="opportunity") == [("deal", 2), ("agreed", 1)]


def test_an_opportunity_belongs_to_the_period_in_which_it_is_first_mentioned():
    assert cells(twice(), "stage", "entered", per="opportunity", period="2026-03-05") == [
        ("lead", 1),
        ("opportunity", 1),
    ]
    assert cells(twice(), "stage", "entered", period="2026-03-05") == []


def test_an_opportunity_that_begins_after_all_that_was_entered_lies_in_a_period():
    log = log_of([("L1", CAPTURED, "2026-03-02T09:00:00Z"), ("L1", WON, "2026-03-05T09:00:00Z")])
    by_day = {"per": "opportunity", "period": "day", "count": "strict"}
    assert cells(log, "period", "stage", "entered", **by_day) == [("2026-03-05", "lead", 1)]


@pytest.mark.parametrize("per", ["lead", "opportunity"])
def test_only_journeys_are_cut_by_their_number(per):
    with pytest.raises(QuestionError, match="number of a journey"):
        funnel(FakeLog(), by="journey", per=per)


@pytest.mark.parametrize("per", ["lead", "opportunity"])
@pytest.mark.parametrize("count", ["any", "strict", "furthest"])
def test_an_empty_log_answers_whatever_a_row_counts(per, count):
    assert cells(FakeLog(), "stage", per=per, count=count) == []
    assert opened(FakeLog(), "lead", "entered", "lead", per=per, count=count) == []


def windowed() -> FakeLog:
    """Four leads of Monday, 2 March: qualified after two days, after twelve, not at all; and one of 30 March."""
    return log_of(
        [
            ("L1", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L1", QUALIFIED, "2026-03-04T09:00:00Z"),
            ("L2", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L2", QUALIFIED, "2026-03-14T09:00:00Z"),
            ("L2", OPENED, "2026-03-15T09:00:00Z", {"opportunity": "O2"}),
            ("L3", CAPTURED, "2026-03-02T09:00:00Z"),
            ("L4", CAPTURED, "2026-03-30T09:00:00Z"),
        ]
    )


def test_who_is_late_has_gone_no_further_and_who_has_time_left_is_going_on():
    assert cells(windowed(), *COUNTS, within="10d") == [("lead", 4, 1, 1, 2, 0), ("mql", 1, 0, 0, 1, 0)]
    assert cells(windowed(), *COUNTS, within="lead=12d") == [
        ("lead", 4, 2, 1, 1, 0), ("mql", 2, 1, 1, 0, 0), ("opportunity", 1, 0, 1, 0, 0),
    ]  # fmt: skip


def test_what_ran_out_was_lost_at_the_end_of_its_window():
    lost = opened(windowed(), "lead", "lost", "lead", "reason", "lost_s", within="10d")
    assert lost == [(2, "window", 864000.0), (3, "window", 864000.0)]


def test_business_days_end_with_the_day_and_leave_the_weekend_out():
    late = "2026-03-09T23:59:00Z"  # the fifth working day after Monday the second is Monday the ninth
    log = log_of([("L1", CAPTURED, "2026-03-02T09:00:00Z"), ("L1", QUALIFIED, late)])
    assert cells(log, "stage", within="5bd", model=model()) == [("lead",), ("mql",)]
    assert cells(log, "stage", within="4bd", model=model()) == [("lead",)]


AGREEMENT = {
    "name": "a", "effective_from": "2026-01-01",
    "calendar": {"zone": "UTC", "hours": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}, "closed": ["2026-03-03"]},
    "sales": {"tier": [{"id": "all", "response": "1h"}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("window", "there"),
    [
        ("8bh", False),  # Monday 12–17 and, Tuesday being closed, Monday 9–12: until noon
        ("9bh", True),
        ("1bd", True),  # until the end of Monday
    ],
)
def test_business_time_is_that_of_the_agreement(window, there):
    log = log_of([("L1", CAPTURED, "2026-03-02T12:00:00Z"), ("L1", QUALIFIED, "2026-03-09T13:00:00Z")])
    log.add("", "SlaAgreed", "2026-03-10T09:00:00Z", agreement=AGREEMENT)
    assert (("mql",) in cells(log, "stage", within=window, model=model())) is there


def test_a_row_is_young_while_a_window_is_open():
    rows = funnel(windowed(), within="10d", model=model(), period="week").rows
    assert [(row["period"], row["stage"]) for row in rows if row["young"]] == [("2026-W14", "lead")]
    assert "young" not in funnel(windowed()).rows[0]


@pytest.mark.parametrize(
    ("within", "word"),
    [
        ("10", "no span of time"),
        ("0d", "no span of time"),
        ("mqls=10d", "no stage"),
        ("10d,5d", "told twice"),
        ("mql=1d,mql=5d", "told twice"),
        ("8bh", "none is in force"),
    ],
)
def test_a_window_that_is_none_gets_one_sentence(within, word):
    with pytest.raises(QuestionError, match=word):
        funnel(windowed(), within=within)


def sold() -> FakeLog:
    """L1: one deal raised before it is won, another one lost; L2: won without an amount; L3: a deal in dollars."""
    log = FakeLog()
    log.add("", "ExchangeRateSet", "2026-01-01T00:00:00Z", **RATE)
    log.add("L1", CAPTURED, "2026-03-02T09:00:00Z")
    log.add("L1", OPENED, "2026-03-03T09:00:00Z", opportunity="O1", amount=100_000, currency="EUR")
    log.add("L1", OPENED, "2026-03-03T10:00:00Z", opportunity="O2", amount=5_000, currency="EUR")
    log.add("L1", "DealLost", "2026-03-04T09:00:00Z", opportunity="O2")
    log.add("L1", "OpportunityUpdated", "2026-03-05T09:00:00Z", opportunity="O1", amount=150_001, currency="EUR")
    log.add("L1", "SalesQualified", "2026-03-05T09:00:00Z")
    log.add("L1", "OfferMade", "2026-03-06T09:00:00Z", opportunity="O1", offer="F1", amount=99, currency="EUR")
    log.add("L1", WON, "2026-03-07T09:00:00Z", opportunity="O1")
    log.add("L2", OPENED, "2026-03-08T09:00:00Z", opportunity="O3")
    log.add("L2", WON, "2026-03-09T09:00:00Z", opportunity="O3")
    return log


RATE: dict[str, Any] = {"from": "USD", "to": "EUR", "rate": "0.9"}
MONEY = ("stage", "amount", "currency", "unpriced")


def test_a_stage_is_worth_what_its_deals_were_worth_when_it_was_entered():
    assert cells(sold(), *MONEY, money=True) == [
        ("lead", 0, "EUR", 1),
        ("sql", 1500.01, "EUR", 0),  # what was raised at that very instant; the deal lost before is not there any more
        ("opportunity", 1000, "EUR", 1),
        ("offer", 1500.01, "EUR", 0),  # an offer tells no amount of the deal
        ("won", 1500.01, "EUR", 1),
    ]
    assert cells(sold(), *MONEY, money=True, per="opportunity")[2] == ("opportunity", 1050, "EUR", 1)
    assert "amount" not in funnel(sold()).rows[0]


def test_money_of_several_currencies_is_told_in_one_by_the_rate_of_the_day():
    log = sold()
    log.add("L3", OPENED, "2026-03-10T09:00:00Z", opportunity="O4", amount=1_000, currency="USD")
    assert cells(log, *MONEY, currency="EUR")[2] == ("opportunity", 1009, "EUR", 1)
    assert cells(log, *MONEY, currency="CHF")[2] == ("opportunity", None, "CHF", 1)
    assert funnel(log, currency="CHF").notes[-1] == "no rate from EUR, USD to CHF"
    assert cells(log, *MONEY, money=True, as_of="2026-03-05")[2] == ("opportunity", 1000, "EUR", 0)


@pytest.mark.parametrize("stage", ["sql", "opportunity", "won"])
def test_behind_an_amount_stand_those_that_add_up_to_it(stage):
    (cell,) = [amount for name, amount in cells(sold(), "stage", "amount", money=True) if name == stage]
    assert sum(amount for (amount,) in opened(sold(), stage, "amount", "amount", money=True)) == cell
    assert opened(sold(), "won", "unpriced", "lead", "amount", money=True) == [(2, None)]


def test_a_month_beside_the_one_before():
    log = windowed()
    log.add("L9", CAPTURED, "2026-02-10T09:00:00Z", channel="fair")
    log.add("L9", OPENED, "2026-02-12T09:00:00Z", opportunity="O9")
    asked = {"period": "2026-03", "compare": "previous", "model": model()}
    names = (
        "stage",
        "entered",
        "entered_compared",
        "entered_change",
        "time_p50_s_compared",
        "rate_from_first_compared",
    )
    rows = [tuple(row[name] for name in names) for row in funnel(log, **asked).rows]
    assert rows == [
        ("lead", 4, 1, 3.0, 172800.0, 1.0), ("mql", 2, 0, None, None, 0.0), ("opportunity", 1, 1, 0.0, None, 1.0), ("won", 0, 0, None, None, 0.0),
    ]  # fmt: skip
    assert [(row["channel"], row["entered"], row["entered_compared"]) for row in funnel(log, **asked, by="channel").rows[::4]] == [
        ("fair", 0, 1), (None, 4, 0),
    ]  # fmt: skip
    assert opened(log, "lead", "entered_compared", "lead", **asked) == [(log.lead("L9"),)]


def test_a_running_month_is_compared_with_as_much_of_the_one_before():
    log = log_of(
        [
            ("L1", CAPTURED, "2026-02-03T09:00:00Z"),
            ("L2", CAPTURED, "2026-02-20T09:00:00Z"),
            ("L3", CAPTURED, "2026-03-02T09:00:00Z"),
        ]
    )
    asked = {"period": "month", "compare": "previous", "now": "2026-03-10T12:00:00Z", "model": model()}
    rows = [
        (row["period"], row["entered"], row["entered_compared"])
        for row in funnel(log, **asked).rows
        if row["stage"] == "lead"
    ]
    assert rows == [("2026-02", 2, 0), ("2026-03", 1, 1)]


def test_a_week_that_a_year_before_has_not_is_compared_with_nothing():
    log = log_of([("L1", CAPTURED, "2026-12-30T09:00:00Z")])  # in week 53
    (row,) = [row for row in funnel(log, period="week", compare="year-ago").rows if row["entered"]]
    assert (row["entered_compared"], row["entered_change"]) == (None, None)


def test_what_cannot_be_compared_gets_one_sentence():
    with pytest.raises(QuestionError, match="nothing before all of time"):
        funnel(sold(), compare="previous")
    with pytest.raises(QuestionError, match="ratio of two numbers"):
        opened(sold(), "lead", "entered_change", "lead", compare="previous", period="2026-03")

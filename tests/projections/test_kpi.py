"""Rules of the KPIs, one by one."""

from typing import Any

import pytest

from projections.asked import Asked
from projections.errors import DefinitionError, QuestionError
from projections.history import History
from projections.kpi.catalogue import catalogue
from projections.views import ask, open_kpi
from tests.projections.fake_log import FakeLog, log_of

IDS = """
    total_revenue revenue_growth average_deal_size mrr arr revenue_per_rep revenue_by_channel mrr_new mrr_expansion mrr_contraction
    mrr_churn mrr_reactivation gross_revenue_retention net_revenue_retention arpa leads qualified_leads lead_conversion_rate
    opportunity_conversion_rate win_rate offer_acceptance_rate stage_conversion sales_qualified_leads sales_cycle_length
    sales_cycle_length_p50 sales_cycle_length_p90 opportunity_cycle_length deals_in_pipeline average_open_deal pipeline_velocity
    pipeline_coverage forecast_accuracy cac cltv churn_rate net_churn_rate retention_rate cac_payback ltv_cac roas referral_rate nps csat
    quota_attainment_rate quota_attainment time_spent_selling activities_per_day effort_by_segment lead_flow sla_response_compliance
    sla_volume_attainment handoff_acceptance_rate speed_to_lead_p50 speed_to_lead_p90 speed_to_lead_wall_p50 speed_to_lead_wall_p90
    recycle_rate gross_revenue reversed_revenue
""".split()
EUR = {"currency": "EUR"}
DEAL = {"opportunity": "O1"}
WON_AND_BACK = [
    ("L1", "LeadCaptured", "2026-01-05T10:00:00Z", {"channel": "web"}),
    ("L1", "LeadAssigned", "2026-01-06T10:00:00Z", {"owner": "ann", "team": "north"}),
    ("L1", "OpportunityOpened", "2026-01-09T10:00:00Z", DEAL),
    ("L1", "DealWon", "2026-02-09T10:00:00Z", DEAL | EUR | {"amount": 100_000}),
    ("L1", "LeadAssigned", "2026-03-01T10:00:00Z", {"owner": "bob"}),
    ("L1", "DealReversed", "2026-03-09T10:00:00Z", DEAL | EUR | {"amount": 40_000, "reason": "faulty"}),
]


def rows(log: FakeLog, kpi: str, **options: Any) -> list[dict[str, Any]]:
    asked = Asked.of({"kpi": kpi, "now": "2026-12-31T12:00:00Z", **options})
    return [dict(row) for row in ask("kpi", History.open(None, log), asked, "Europe/Berlin", lambda: 0).rows]


def value(log: FakeLog, kpi: str, **options: Any) -> Any:
    (row,) = rows(log, kpi, **options)
    return row["value"]


def test_every_kpi_of_the_catalogue_is_declared_with_both_names():
    known = catalogue().kpis
    assert set(IDS) <= set(known)
    assert all(kpi.en and kpi.de and kpi.formula for kpi in known.values())


def test_a_reversal_is_his_who_won_the_deal():
    told = {
        row["owner"]: row["value"] for row in rows(log_of(WON_AND_BACK), "total_revenue", by="owner", period="2026")
    }
    assert told == {"ann": 600}


def test_without_members_those_who_won_are_the_representatives():
    (row,) = rows(log_of(WON_AND_BACK), "revenue_per_rep", period="2026-Q1")
    assert (row["numerator"], row["denominator"]) == (600, 1)


def test_marketing_is_no_representative():
    log = log_of(WON_AND_BACK)
    for rep, role in (("ann", "AE"), ("eva", "SDR"), ("lou", "marketing")):
        log.add("", "MemberJoined", "2025-01-01T00:00:00Z", rep=rep, team="t", role=role)
    assert value(log, "revenue_per_rep", period="2026-Q1") == 300


def test_some_time_is_in_no_period_and_in_all_of_time():
    log = log_of(WON_AND_BACK)
    log.add("L2", "LeadCaptured", "2020-01-01")
    log.rows[-1]["precision"] = 2
    assert value(log, "leads") == 2
    assert value(log, "leads", since="2000-01-01") == 1


def test_a_quota_of_another_period_is_none():
    log = log_of(WON_AND_BACK)
    log.add("", "QuotaSet", "2026-01-01T00:00:00Z", rep="ann", period="2026-Q1", amount=60_000, currency="EUR")
    assert value(log, "quota_attainment", period="2026-Q1") == 1
    (row,) = rows(log, "quota_attainment", period="2026-03")
    assert (row["value"], row["reason"]) == (None, "no quota is set for exactly this period")


def test_spend_of_a_quarter_is_not_split():
    log = log_of(WON_AND_BACK)
    log.add(
        "", "SpendRecorded", "2026-01-01T00:00:00Z", kind="marketing", period="2026-Q1", amount=50_000, currency="EUR"
    )
    assert value(log, "cac", period="2026-Q1") == 500
    (row,) = rows(log, "cac", period="2026-02")
    assert row["value"] is None
    assert "2026-Q1 as a whole" in row["reason"]


def test_deals_without_an_amount_are_left_out_of_money_and_told():
    log = log_of(WON_AND_BACK[:4])
    log.add("L1", "DealWon", "2026-02-10T10:00:00Z", opportunity="O2")
    (row,) = rows(log, "average_deal_size", period="2026-Q1")
    assert (row["value"], row["reason"]) == (1000, "1 without an amount left out")
    (row,) = rows(log, "win_rate", period="2026-Q1")
    assert row["numerator"] == 2


def test_each_stage_is_a_row_of_its_own():
    told = {row["stage"]: row["value"] for row in rows(log_of(WON_AND_BACK), "stage_conversion", period="2026-Q1")}
    assert told == {"lead": 0, "opportunity": 0}


def test_lead_flow_goes_back_through_the_measured_conversion():
    log = log_of(WON_AND_BACK[:4])
    log.add("L2", "LeadCaptured", "2026-01-07T10:00:00Z", channel="web")
    log.add("", "TargetSet", "2026-01-01T00:00:00Z", measure="revenue", value="4000", period="2026-Q1", channel="web")
    (row,) = rows(log, "lead_flow", period="2026-Q1")
    assert (row["channel"], row["numerator"], row["denominator"], row["value"]) == ("web", 2, 8, 0.25)


def test_what_is_measured_over_all_that_is_known_is_so_in_every_month():
    log = log_of(WON_AND_BACK[:4])
    log.add("L2", "LeadCaptured", "2026-02-07T10:00:00Z", channel="web")
    log.add("L3", "LeadCaptured", "2020-01-01", channel="web")
    log.rows[-1]["precision"] = 2  # some time: a lead all the same
    for month in ("2026-01", "2026-02"):
        target: dict[str, Any] = {"measure": "revenue", "value": "4000", "period": month, "channel": "web"}
        log.add("", "TargetSet", "2026-01-01T00:00:00Z", **target)
    for options in ({}, {"compare": "previous"}):
        told = rows(log, "lead_flow", period="month", **options)
        assert [(row["numerator"], row["denominator"]) for row in told] == [(1, 12), (1, 12)]  # 4000 / 1000 / (1 / 3)


@pytest.mark.parametrize("kpi", ["referral_rate", "cac", "time_spent_selling", "revenue_per_rep"])
def test_what_a_month_is_compared_with_is_the_value_of_the_month_before(kpi):
    log = log_of(WON_AND_BACK[:5])
    log.add("L1", "ReferralMade", "2026-02-10T10:00:00Z", referred="L4")
    won: dict[str, Any] = {"opportunity": "O", "amount": 50_000, "currency": "EUR"}
    log.add("L5", "DealWon", "2026-03-02T10:00:00Z", **won)
    log.add("L5", "LeadAssigned", "2026-03-02T11:00:00Z", owner="cid")
    log.add("L1", "ReferralMade", "2026-03-10T10:00:00Z", referred="L4")
    for at, minutes in (("2026-02-11T10:00:00Z", 60), ("2026-03-11T10:00:00Z", 90)):
        spent: dict[str, Any] = {"kind": "sales", "amount": minutes * 1000, "currency": "EUR"}
        log.add("", "SpendRecorded", at, **spent)
        log.add("", "WorkingTimeRecorded", at, rep="ann", minutes=120, selling_minutes=minutes)
    values = [row["value"] for row in rows(log, kpi, period="month")]
    compared = [row["compared"] for row in rows(log, kpi, period="month", compare="previous")]
    assert values[1] is not None
    assert compared[2] == values[1]


def test_of_what_was_recorded_for_a_month_nothing_is_known_of_its_second_half():
    log = log_of(WON_AND_BACK)
    spent: dict[str, Any] = {"kind": "sales", "period": "2026-02", "amount": 100_000, "currency": "EUR"}
    log.add("", "SpendRecorded", "2026-02-01T00:00:00Z", **spent)
    quota: dict[str, Any] = {"rep": "ann", "period": "2026-02", "amount": 60_000, "currency": "EUR"}
    log.add("", "QuotaSet", "2026-02-01T00:00:00Z", **quota)
    whole, half = {"period": "month", "until": "2026-02-28"}, {"period": "month", "since": "2026-02-05"}
    assert [row["value"] for row in rows(log, "cac", **whole)] == [None, 1000]
    assert rows(log, "quota_attainment", **whole)[1]["denominator"] == 600
    (row, _) = rows(log, "cac", **half, until="2026-03-31")
    assert (row["value"], row["reason"]) == (None, "spend was recorded for 2026-02 as a whole")
    assert rows(log, "quota_attainment", **half)[0]["denominator"] is None
    assert value(log, "cac", since="2026-02-01", until="2026-02-28") == 1000
    assert value(log, "cac", since="2026-02-01", until="2026-02-28T12:00:00+01:00") is None


def test_a_plain_date_stays_on_a_day_that_its_zone_left_out():
    log = log_of([("L1", "LeadCaptured", "2011-12-30"), ("L2", "LeadCaptured", "2011-12-31")])
    told = rows(log, "leads", period="day", zone="Pacific/Apia", since="2011-12-29", until="2011-12-31")
    assert {row["period"]: row["value"] for row in told} == {"2011-12-29": 0, "2011-12-30": 1, "2011-12-31": 1}


def test_a_running_month_grows_against_the_same_part_of_the_one_before():
    log = log_of(WON_AND_BACK)
    (row,) = rows(log, "total_revenue", period="2026-03", now="2026-03-31T12:00:00Z", compare="previous")
    assert (row["partial"], row["compared"]) == (True, 1000)
    (row,) = rows(log, "total_revenue", period="2026-03", now="2026-03-05T12:00:00Z", compare="previous")
    assert row["compared"] == 0


def test_fiscal_years_begin_with_their_month():
    (row,) = rows(log_of(WON_AND_BACK), "total_revenue", period="2025/26-Q2", fiscal_year_start=10)
    assert (row["period"], row["value"]) == ("2025/26-Q2", 600)


def test_the_sum_behind_a_value_is_the_value():
    asked = Asked.of({"kpi": "total_revenue", "period": "2026-Q1", "now": "2026-12-31", "filter": "owner=ann"})
    behind = open_kpi(History.open(None, log_of(WON_AND_BACK)), asked, "Europe/Berlin", lambda: 0).rows
    assert [(row["measure"], row["amount"]) for row in behind] == [("gross", 1000), ("reversed", 400)]


def test_by_reason_the_column_of_that_name_is_the_dimension():
    log = log_of([*WON_AND_BACK[:3], ("L1", "DealLost", "2026-02-09T10:00:00Z", DEAL | {"reason": "price"})])
    told = {
        row["reason"]: (row["numerator"], row["denominator"])
        for row in rows(log, "win_rate", period="2026-Q1", by="reason")
    }
    assert told == {"price": (0, 1)}


def test_an_own_kpi_is_filtered_and_cut_as_it_is_declared():
    own = {"north": {"en": "x", "unit": "count", "value": "count(won)", "filter": {"team": "north"}, "by": "owner"}}
    assert [(row["owner"], row["value"]) for row in rows(log_of(WON_AND_BACK), "north", kpis=own)] == [("ann", 1)]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"value": "count(wonn)"}, "meant: won?"),
        ({"value": "count(won) +"}, "is no formula"),
        ({"value": "count(won)", "bye": "owner"}, "bye"),
        ({"value": "count(won)", "by": "ownr"}, "meant: owner?"),
        ({"value": "before(before(count(won)))"}, "may not stand around another"),
    ],
)
def test_a_slip_in_an_own_kpi_is_told(told, said):
    with pytest.raises(DefinitionError, match=said.replace("?", r"\?").replace("(", r"\(")):
        catalogue({"mine": {"en": "x", "unit": "count"} | told})


def test_an_unknown_kpi_names_the_nearest():
    with pytest.raises(QuestionError, match="near: win_rate"):
        rows(log_of([]), "win_rte")

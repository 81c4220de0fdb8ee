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

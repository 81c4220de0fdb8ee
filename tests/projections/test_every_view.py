"""What holds for all views of the pipeline, key figures and journeys alike: as of a past instant they are those of a log that was cut
then, and behind a number stands what it counts.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import DAY, micros, wire
from projections.asked import Asked
from projections.history import History
from projections.kpi.measures import MEASURES
from projections.views import VIEWS, ask, open_kpi, open_number
from tests.projections import histories, test_kpi_reference, test_pipeline_reference
from tests.projections.fake_log import FakeLog
from tests.projections.test_funnel_reference import ASKED, START

LOGS = st.one_of(histories.logs(), test_pipeline_reference.logs(), test_kpi_reference.logs())
FEW = settings(max_examples=max(2, settings.default.max_examples // 40))  # for each view
OF_AGREEMENTS = ("sla", "handoffs", "wait")  # they have tests of their own
ALL = [name for name in VIEWS if name.split()[0] not in OF_AGREEMENTS]
OPTIONS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "forecast replay": [{"period": "week"}],
    "segments customers": [{}, {"period": "month"}],
    "kpi": [
        {"by": "owner", "kpi": "win_rate,mrr,total_revenue,deals_in_pipeline"},
        {"period": "week", "compare": "previous"},
    ],
    "activity": [{}, {"by": "kind", "period": "week"}],
    "attribution": [{"by": "kind", "model": "first,w"}, {"period": "week"}],
    "experiments": [{}, {"by": "owner"}],
    "cohorts": [{"period": "week"}, {"period": "month", "by": "owner"}],
}
USUAL = [{"by": "owner"}, {"period": "week"}]
Row = Mapping[str, Any]


def options(view: str) -> st.SearchStrategy[Mapping[str, Any]]:
    return st.sampled_from(OPTIONS.get(view) or [told for told in USUAL if told.keys() <= set(VIEWS[view].options)])


def rows(view: str, log: FakeLog, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in ask(view, History.open(None, log), Asked.of(told), "UTC", lambda: 0).rows]


@pytest.mark.parametrize("view", ALL)
@FEW
@given(data=st.data(), log=LOGS, cut=st.integers(-1, 30))
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(view, data, log, cut):
    known = micros(START + timedelta(days=cut))
    told = {**data.draw(options(view)), **({"now": wire(ASKED)} if "now" in VIEWS[view].options else {})}
    assert rows(view, log, {**told, "as_of": wire(known)}) == rows(view, log.cut(known), told)


COUNTED = {  # columns that count or sum things, of each scorecard
    "reps": "leads_owned handoffs_received handoffs_accepted opportunities won lost revenue activities",
    "channels": "leads qualified opportunities won revenue",
    "activity": "interactions outbound inbound automatic leads minutes",
    "segments": "leads qualified opportunities won customers revenue pipeline interactions minutes calls emails meetings visits",
    "segments customers": "revenue potential interactions minutes",
}
SUMS = ("revenue", "pipeline", "potential", "minutes")


@pytest.mark.parametrize("view", COUNTED)
@FEW
@given(data=st.data(), log=histories.logs(), past=st.booleans())
def test_what_is_opened_of_a_scorecard_comes_to_the_number(view, data, log, past):
    column = data.draw(st.sampled_from(COUNTED[view].split()))
    told = {**data.draw(options(view)), "filter": "owner=a,"} | ({"as_of": wire(ASKED - 15 * DAY)} if past else {})
    behind = open_number(view, History.open(None, log), Asked.of(told), "UTC", lambda: ASKED, column).rows
    result = ask(view, History.open(None, log), Asked.of(told), "UTC", lambda: ASKED)
    keys = [one.name for one in result.columns if one.name in KEYS]
    for row in result.rows:
        mine = [one for one in behind if all(one[name] == row[name] for name in keys)]
        assert (summed(mine) if column in SUMS else counted(mine)) == pytest.approx(row[column])


@FEW
@given(log=histories.logs(), told=options("movement"))
def test_what_is_opened_of_a_key_figure_comes_to_its_value(log, told):
    kpis = ["leads", "qualified_leads", "deals_in_pipeline", "total_revenue", "gross_revenue"]
    told = {**told, "kpi": kpis, "now": wire(ASKED)}
    behind = open_kpi(History.open(None, log), Asked.of(told), "UTC", lambda: 0).rows
    for row in rows("kpi", log, told):
        mine = [
            one
            for one in behind
            if all(one[name] == row[name] for name in ("kpi", "period", *told.get("by", "").split()))
        ]
        assert (summed(mine) if "revenue" in row["kpi"] else counted(mine)) == pytest.approx(row["value"])


KEYS = ("owner", "kind", "channel", "segment", "lead", "period")


def counted(behind: Sequence[Row]) -> int:
    """Things, some of which count once however often they happen."""
    once = {(one["measure"], one["lead"], one["thing"]) for one in behind if MEASURES[one["measure"]].once}
    return len(once) + sum(not MEASURES[one["measure"]].once for one in behind)


def summed(behind: Sequence[Row]) -> float:
    """Amounts; what was taken back is taken off."""
    return sum((-1 if one["measure"] == "reversed" else 1) * (one["amount"] or 0) for one in behind)

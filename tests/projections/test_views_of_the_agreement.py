"""What holds for all views of handoffs and of the agreement alike: as of a past instant they are those of a log that was cut then,
and behind a number stands what it counts.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import micros, wire
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.views import VIEWS, ask, open_number, open_promise
from projections.wait.wait import PARTIES
from tests.projections import test_sla_reference, test_wait_reference
from tests.projections.fake_log import FakeLog
from tests.projections.test_every_view import FEW, OF_AGREEMENTS
from tests.projections.test_sla_reference import START, ZONE, instants

LOGS = st.one_of(test_sla_reference.logs(), test_wait_reference.logs())
ALL = [name for name in VIEWS if name.split()[0] in OF_AGREEMENTS]
OPTIONS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "handoffs": [{}, {"filter": "owner=anna,"}],
    "handoffs reasons": [{}, {"by": "owner"}],
    "sla": [{}, {"by": "owner"}, {"by": "tier", "period": "day"}],
    "sla due": [{}, {"within": "4h", "overdue": True}],
    "sla explain": [{"handoff": "H1"}, {"handoff": "H2"}],
    "sla suggest": [{}, {"met": 0.5}],
    "wait": [{}, {"by": "owner"}, {"by": "journey", "period": "day"}],
    "wait journeys": [{}, {"filter": "owner=anna,"}],
}
Told = Mapping[str, Any]


def answered(view: str, log: FakeLog, told: Told) -> tuple[Any, ...] | str:
    """All of the answer that does not say how much of a log it is of; or why there is none."""
    try:
        result = ask(view, History.open(None, log), Asked.of({"zone": ZONE.key, **told}), "UTC", lambda: 0)
    except QuestionError as error:
        return str(error)
    return result.definition, [dict(row) for row in result.rows], list(result.notes)


@pytest.mark.parametrize("view", ALL)
@FEW
@given(data=st.data(), log=LOGS, now=instants, cut=st.integers(0, 10))
def test_as_of_a_past_instant_is_a_log_that_was_cut_then(view, data, log, now, cut):
    known = micros(START + timedelta(days=cut))
    told = {"now": wire(now), **data.draw(st.sampled_from(OPTIONS.get(view, [{}])))}
    assert answered(view, log, {**told, "as_of": wire(known)}) == answered(view, log.cut(known), told)


@settings(max_examples=10)
@given(log=LOGS, now=instants, column=st.sampled_from(["promised", "met", "breached", "running", "excluded"]))
def test_behind_a_count_of_promises_stand_as_many_handoffs(log, now, column):
    told = Asked.of({"now": wire(now)})
    try:
        rows = ask("sla", History.open(None, log), told, "UTC", lambda: 0).rows
    except QuestionError:
        return
    for row in rows:
        opened = open_promise(History.open(None, log), told, "UTC", lambda: 0, row["promise"], column)
        assert len(opened.rows) == row[column]


@settings(max_examples=10)
@given(log=LOGS, now=instants, told=st.sampled_from(OPTIONS["wait"]), party=st.sampled_from(PARTIES))
def test_behind_a_number_of_the_wait_stand_journeys_that_come_to_it(log, now, told, party):
    asked = Asked.of({"now": wire(now), **told})
    result = ask("wait", History.open(None, log), asked, "UTC", lambda: 0)
    behind = open_number("wait", History.open(None, log), asked, "UTC", lambda: 0, party).rows
    keys = [column.name for column in result.columns if column.name in ("period", "owner", "journey")]
    for row in (row for row in result.rows if row["charged"] == party):
        mine = [one for one in behind if all(one[name] == row[name] for name in keys)]
        assert len(mine) == row["journeys"]
        for of in ("business_s", "wall_s"):
            assert sum(one[of] or 0 for one in mine) == pytest.approx(row[of] or 0)

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


SOME = settings(max_examples=max(5, settings.default.max_examples // 20))
ALSO = {"as_of": wire(micros(START + timedelta(days=4)))}  # a past instant


def asked(view: str, log: FakeLog, told: Told) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The rows of a view and the names of what they are cut by; none where nothing can be told."""
    try:
        result = ask(view, History.open(None, log), Asked.of(told), ZONE.key, lambda: 0)
    except QuestionError:
        return [], []
    return list(result.rows), [column.name for column in result.columns if column.unit is None]


def behind(view: str, log: FakeLog, told: Told, number: str) -> Sequence[Mapping[str, Any]]:
    return list(open_number(view, History.open(None, log), Asked.of(told), ZONE.key, lambda: 0, number).rows)


def share(rows: Sequence[Mapping[str, Any]]) -> float | None:
    return sum(row["counted"] for row in rows) / len(rows) if rows else None


CUTS = st.sampled_from([{}, {"by": "team"}, {"by": "tier,journey"}, {"by": "reason", "period": "day"}])
STATUSES = ("accepted", "rejected", "withdrawn", "expired", "open")


@SOME
@given(log=LOGS, told=CUTS, past=st.sampled_from([{}, ALSO]), column=st.sampled_from(["handoffs", *STATUSES]))
def test_behind_a_count_of_handoffs_stand_as_many(log, told, past, column):
    told = {**told, **past, "filter": "owner=anna,"}
    found = behind("handoffs", log, told, column)
    rows, keys = asked("handoffs", log, told)
    if "by" not in told:
        assert found == [row for row in rows if column in ("handoffs", row["status"])]
        return
    assert sum(row[column] for row in rows) == len(found)
    for row in rows:
        assert sum(all(one[key] == row[key] for key in keys) for one in found) == row[column]


@SOME
@given(log=LOGS, told=CUTS.filter(lambda told: "by" in told), past=st.sampled_from([{}, ALSO]))
def test_behind_a_rate_of_handoffs_stands_its_denominator(log, told, past):
    rows, keys = asked("handoffs", log, told | past)
    found = behind("handoffs", log, told | past, "acceptance_rate")
    for row in rows:
        assert share([one for one in found if all(one[key] == row[key] for key in keys)]) == row["acceptance_rate"]


@SOME
@given(
    view=st.sampled_from(["handoffs matrix", "handoffs matrix teams"]),
    log=LOGS,
    past=st.sampled_from([{}, ALSO]),
    column=st.sampled_from(["handoffs", *STATUSES]),
)
def test_behind_a_number_of_the_matrix_stand_as_many(view, log, past, column):
    rows, _ = asked(view, log, past)
    for row in rows[:2]:
        pair = f"{row['giver'] or ''}/{row['receiver'] or ''}"
        assert len(behind(view, log, past, f"{pair},{column}")) == row[column]


@SOME
@given(log=LOGS, told=st.sampled_from([{}, {"by": "owner"}]), past=st.sampled_from([{}, ALSO]))
def test_behind_a_reason_stand_those_rejected_for_it(log, told, past):
    rows, keys = asked("handoffs reasons", log, told | past)
    for row in rows[:2]:
        of = [key for key in keys if key != "reason"]
        for column, number in (("handoffs", len), ("share", share)):
            found = behind("handoffs reasons", log, told | past, f"{row['reason']},{column}")
            assert number([one for one in found if all(one[key] == row[key] for key in of)]) == row[column]


@SOME
@given(log=LOGS, now=instants, past=st.sampled_from([{}, ALSO]))
def test_behind_what_marketing_delivered_stand_its_handoffs(log, now, past):
    told = {"now": wire(now), **past}
    rows, _ = asked("sla marketing", log, told)
    for row in rows:
        found = [one for one in behind("sla marketing", log, told, row["promise"]) if one["period"] == row["period"]]
        assert (len(found) if row["promise"] == "qualified_leads" else share(found)) == row["delivered"]


@SOME
@given(
    log=LOGS,
    now=instants,
    past=st.sampled_from([{}, ALSO]),
    column=st.sampled_from("handoffs done waiting ended".split()),
)
def test_behind_a_suggestion_stand_its_cases(log, now, past, column):
    told = {"now": wire(now), **past}
    rows, _ = asked("sla suggest", log, told)
    for row in rows[:2]:
        found = behind("sla suggest", log, told, f"{row['promise']},{column}")
        assert sum((one["tier"], one["team"]) == (row["tier"], row["team"]) for one in found) == row[column]


@pytest.mark.parametrize(
    ("view", "number", "said"),
    [
        ("handoffs", "missing", "there are handoffs, accepted"),
        ("handoffs matrix", "anna", "write GIVER/RECEIVER"),
        ("handoffs matrix", "anna/ben,score", "there are handoffs"),
        ("handoffs reasons", "student,rate", "there are handoffs, share"),
        ("sla marketing", "response", "there are qualified_leads, accepted_share"),
        ("sla marketing", "accepted_share,pace", "there are delivered, attainment"),
        ("forecast replay", "bias", "behind low, forecast, high, actual, submitted they do"),
    ],
)
def test_a_number_that_is_none_is_refused_with_those_that_are(view, number, said):
    with pytest.raises(QuestionError, match=said):
        behind(view, FakeLog(), {}, number)

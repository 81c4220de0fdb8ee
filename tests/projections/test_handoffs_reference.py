"""Handoffs equal their plain-Python reference on generated histories: merged, parted, doubled, late."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import wire
from projections.asked import Asked
from projections.history import History
from projections.views import ask
from tests.projections.handoffs_reference import handoffs
from tests.projections.test_sla_reference import logs

ZONE = ZoneInfo("Europe/Berlin")


@given(log=logs())
def test_handoffs_equal_the_reference(log):
    expected = {(row["lead"], row["handoff"]): row for row in handoffs(log, ZONE)}
    rows = ask("handoffs", History.open(None, log), Asked(), ZONE.key, lambda: 0).rows
    found = {(row["lead"], row["handoff"]): row for row in rows}
    assert len(rows) == len(found)
    assert found.keys() == expected.keys()
    assert [{name: found[key][name] for name in row} for key, row in expected.items()] == list(expected.values())


@settings(max_examples=25)
@given(log=logs(), at=st.integers(0, 10_000))
def test_as_of_the_past_is_the_log_cut_there(log, at):
    if not log.rows:
        return
    known = log.rows[at % len(log.rows)]["recorded"]
    past = ask("handoffs", History.open(None, log), Asked(as_of=wire(known)), ZONE.key, lambda: 0).rows
    assert past == ask("handoffs", History.open(None, log.cut(known)), Asked(), ZONE.key, lambda: 0).rows

"""Handoffs equal their plain-Python reference on generated histories: merged, parted, doubled, late."""

from zoneinfo import ZoneInfo

from hypothesis import given

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

"""What must always hold: order of arrival, doubles and pieces change nothing; as of a past instant is a log that was cut there."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.simulate import history
from engine.views import ask
from events.instants import parse_instant, wire
from tests.engine.conftest import Desk, in_pieces

LEADS = 25
SLOW = settings(max_examples=8, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("funnel", {}),
    ("funnel", {"count": "strict", "by": "channel"}),
    ("funnel", {"count": "furthest", "by": ["owner", "month"], "basis": "period"}),
    ("funnel", {"by": "region", "at": "first"}),
    ("funnel", {"model": "sales_funnel", "by": "journey"}),
    ("handoffs", {}),
]


def recorded(desk: Desk) -> dict[tuple[str, str | None], Any]:
    """All that the log holds, apart from when and where it lies in it."""
    events = (desk.workspace.log.recorded(row) for row in desk.workspace.log.rows())
    return {
        (event.source, event.id): (event.type, event.subject, str(event.time), _told(event.data), event.actor)
        for event in events
    }


def _told(data: Any) -> dict[str, Any]:
    """The fields but those that hold another lead's stream, whose id is another in each workspace."""
    return {name: value for name, value in data.model_dump().items() if name not in ("merged", "referred")}


def answers(desk: Desk, **options: Any) -> list[Any]:
    """The views' rows without their places in the log, in an order that does not depend on lead numbers."""
    asked = [ask(desk.workspace, view, {**told, **options}).document()["rows"] for view, told in QUESTIONS]
    return [sorted(json.dumps(row | {"position": None}, sort_keys=True) for row in rows) for rows in asked]


@SLOW
@given(sample=st.integers(0, 10_000), seed=st.integers(0, 10_000), size=st.sampled_from([7, 100, 10_000]))
def test_any_order_of_arrival_doubled_and_in_pieces_ends_in_the_same_log_and_views(desks, sample, seed, size):
    note(f"history({LEADS}, {sample}), shuffled by Random({seed}), in pieces of {size}")
    events = list(history(LEADS, sample))
    in_order, shuffled = desks(), desks()
    in_order.take(*events)
    random = Random(seed)
    delivered = events + random.sample(events, len(events) // 3)
    random.shuffle(delivered)
    for piece in in_pieces(delivered, size):
        shuffled.take(*piece)
    assert recorded(shuffled) == recorded(in_order)
    assert shuffled.kept() == in_order.kept() == []
    assert answers(shuffled) == answers(in_order)


@SLOW
@given(sample=st.integers(0, 10_000), share=st.floats(0.05, 0.95))
def test_as_of_an_instant_is_a_log_that_was_cut_there(desks, sample, share):
    note(f"history({LEADS}, {sample}), cut at {share} of it")
    events = list(history(LEADS, sample))
    instant = events[int(share * len(events))]["knowntime"]
    cut = [event for event in events if parse_instant(event["knowntime"]).start <= parse_instant(instant).start]
    whole, fresh = desks(), desks()
    whole.take(*events, archive=True)
    fresh.take(*cut, archive=True)
    assert answers(whole, as_of=instant) == answers(fresh, now=wire(parse_instant(instant).start))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_lies_in_quarantine_is_the_same_in_pieces(desks, seed):
    events = list(history(100, seed, dirt=True))
    at_once, in_parts = desks(), desks()
    at_once.take(*events)
    for piece in in_pieces(events, 50):
        in_parts.take(*piece)
    assert in_parts.kept() == at_once.kept()
    assert in_parts.kept()

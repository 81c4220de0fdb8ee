"""Where the time went between capture and first response."""

import json
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from projections.asked import Asked
from projections.history import History
from projections.views import ask
from tests.projections.fake_log import FakeLog, log_of
from tests.projections.test_sla_reference import logs

ZONE = ZoneInfo("Europe/Berlin")
NOW = 1_800_000_000_000_000
HOURS = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
AGREED = {
    "name": "ours",
    "effective_from": "2026-01-01",
    "calendar": {"zone": "Europe/Berlin", "hours": HOURS},
    "sales": {"tier": [{"id": "all", "response": "1h"}]},
}
STORY: list[tuple[Any, ...]] = [
    ("L1", "LeadCaptured", "2026-03-06T10:00:00+01:00", {"lead_source": "web"}),  # a Friday
    ("L1", "MarketingQualified", "2026-03-06T12:00:00+01:00"),
    ("L1", "LeadHandedOff", "2026-03-06T16:00:00+01:00", {"handoff": "H1", "to_team": "sales"}),
    ("L1", "LeadAssigned", "2026-03-09T10:00:00+01:00", {"owner": "ben"}),
    ("L1", "InteractionLogged", "2026-03-09T10:10:00+01:00", {"kind": "email", "direction": "outbound", "automatic": True}),
    ("L1", "InteractionLogged", "2026-03-09T10:30:00+01:00", {"kind": "call", "direction": "outbound"}),
]  # fmt: skip


def rows(log: FakeLog, view: str = "wait", **options: Any) -> list[Any]:
    return list(ask(view, History.open(None, log), Asked.of(options), ZONE.key, lambda: NOW).rows)


def charged(log: FakeLog, **options: Any) -> dict[str, tuple[float | None, float]]:
    """Hours of business time and of all time."""
    found = rows(log, **options)
    return {row["charged"]: (_hours(row["business_s"]), row["wall_s"] / 3600) for row in found}


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def agreed_log() -> FakeLog:
    log = FakeLog()
    log.add("ours", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=AGREED)
    for lead, type_, time, *data in STORY:
        log.add(lead, type_, time, **(data[0] if data else {}))
    return log


def test_a_whole_way():
    # marketing 10–12 and 12–16; the queue Friday 16–17 and Monday 9–10; ben 10:00–10:30
    assert charged(agreed_log()) == {"system": (0, 0), "marketing": (6, 6), "queue": (2, 66), "person": (0.5, 0.5)}
    assert [(row["step"], row["charged"], row["who"]) for row in rows(agreed_log(), "wait journeys")] == [
        ("mql", "marketing", None), ("handoff", "marketing", None), ("owner", "queue", None), ("response", "person", "ben"),
    ]  # fmt: skip


def test_without_an_agreement_business_time_is_not_known():
    assert charged(log_of(STORY)) == {
        "system": (None, 0), "marketing": (None, 6), "queue": (None, 66), "person": (None, 0.5),
    }  # fmt: skip


def test_an_automatic_step_is_the_system_s():
    log = log_of(STORY)
    for row in log.rows:
        if row["type"] in ("MarketingQualified", "LeadHandedOff"):
            row["actor"] = "system:scoring"
        if row["type"] == "LeadAssigned":
            row["data"] = json.dumps({"owner": "system:bot"})
    assert {name: wall for name, (_, wall) in charged(log).items()} == {
        "system": 6.5, "marketing": 0, "queue": 66, "person": 0,
    }  # fmt: skip


def test_who_waits_or_ended_is_told_and_in_no_sum():
    log = log_of(
        [*STORY[:3], ("L2", "LeadCaptured", "2026-03-06T10:00:00Z"), ("L2", "LeadDisqualified", "2026-03-07T10:00:00Z")]
    )
    result = ask("wait", History.open(None, log), Asked.of({}), ZONE.key, lambda: NOW)
    assert (list(result.rows), result.notes) == (
        [], ["not in the sums: 1 journeys still wait for a response, 1 ended without one"],
    )  # fmt: skip
    assert {row["status"] for row in rows(log, "wait journeys")} == {"waiting", "ended"}


def test_cut_by_a_dimension_and_a_period():
    found = rows(agreed_log(), by=["lead_source", "month"])
    assert {(row["period"], row["lead_source"]) for row in found} == {("2026-03", "web")}
    assert rows(agreed_log(), since="2026-04-01") == []


def test_a_merged_lead_is_one_way():
    log = log_of([("L0", "LeadCaptured", "2026-03-06T09:00:00+01:00"), *STORY])
    log.add("L1", "LeadsMerged", "2026-03-08T10:00:00+01:00", merged="L0")
    assert charged(log)["marketing"] == (None, 7)


def test_no_leads():
    assert rows(FakeLog()) == []


@settings(max_examples=25)
@given(log=logs())
def test_the_pieces_join_without_a_gap_and_add_up(log):
    pieces = rows(log, "wait journeys")
    ways: dict[tuple[int, int], list[Any]] = {}
    for piece in pieces:
        ways.setdefault((piece["lead"], piece["journey"]), []).append(piece)
    for way in ways.values():
        assert all(one["ends_at"] == other["begins_at"] for one, other in pairwise(way))
        assert all(piece["wall_s"] >= 0 and (piece["business_s"] or 0) <= piece["wall_s"] for piece in way)
        assert all(piece["who"] for piece in way if piece["charged"] == "person")
        assert all(piece["charged"] != "person" for piece in way if str(piece["who"]).startswith("system:"))
    answered = [piece for piece in pieces if piece["status"] == "answered"]
    for of in ("wall_s", "business_s"):
        summed = sum(round((row[of] or 0) * 1e6) for row in rows(log))
        assert summed == sum(round((piece[of] or 0) * 1e6) for piece in answered)

"""Handoffs in plain Python, written after the rules alone: what the view must agree with, slow and obvious."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog
from tests.projections.reference import order, survivors
from tests.projections.sla_reference import FOREVER, Handoff, Version, shown

ENDS = {
    "HandoffAccepted": "accepted",
    "HandoffRejected": "rejected",
    "HandoffWithdrawn": "withdrawn",
    "HandoffExpired": "expired",
}


def handoffs(log: FakeLog, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The rows of `handoffs`, in no order, without what is missing and what only the engine can say."""
    rows = [row | {"data": json.loads(row["data"])} for row in log.rows]
    gone = {
        row["data"]["run"]: row["type"] == "RunRetracted"
        for row in rows
        if row["type"] in {"RunRetracted", "RunRestored"}
    }
    rows = [row for row in rows if not gone.get(row["run"])]
    versions = [Version(row["data"]["agreement"], row["position"]) for row in rows if row["type"] == "SlaAgreed"]
    rows = [row for row in rows if row["lead"]]
    survivor = survivors(log, rows)
    stories = defaultdict(list)
    for row in sorted(rows, key=order):
        stories[survivor.get(row["lead"], row["lead"])].append(row)
    for story, events in stories.items():
        first: dict[str, dict[str, Any]] = {}
        for event in events:
            if event["type"] == "LeadHandedOff" and event["data"].get("handoff") is not None:
                first.setdefault(event["data"]["handoff"], event)
        for handed in first.values():
            yield _told(Handoff(story, handed, events, FOREVER, versions), zone)


def _told(handoff: Handoff, zone: ZoneInfo) -> dict[str, Any]:
    handed, events = handoff.handed, handoff.events
    end = next((event for event in handoff.own if event["type"] in ENDS), None)
    before = [event for event in events if event["occurred"] <= handed["occurred_until"]]
    bant = next((event["data"] for event in reversed(before) if event["type"] == "BantAssessed"), {})
    recycled = [event for event in events if event["type"] == "LeadRecycled" and order(event) < order(handed)]
    told = handed["data"]
    return {
        "handoff": told["handoff"],
        "lead": handoff.story,
        "tier": handoff.tier["id"] if handoff.tier else None,
        **{name: told.get(name) for name in ("from_team", "from_owner", "to_team", "to_owner")},
        "status": ENDS[end["type"]] if end else "open",
        "handed_off_at": shown(handed, zone),
        "answered_at": shown(end, zone) if end else None,
        "reason": end["data"].get("reason") if end else None,
        "score": handoff.known["score"],
        **{f"bant_{name}": bant.get(name) for name in ("budget", "authority", "need", "timeline")},
        "self": told.get("from_owner") is not None and told.get("from_owner") == told.get("to_owner"),
        "journey": 1 + len(recycled),
    }

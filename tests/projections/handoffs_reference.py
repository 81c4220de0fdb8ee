"""Handoffs in plain Python, written after the rules alone: what the view must agree with, slow and obvious."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from tests.projections.fake_log import FakeLog
from tests.projections.reference import order, survivors
from tests.projections.sla_reference import not_before, shown

ENDS = {
    "HandoffAccepted": "accepted",
    "HandoffRejected": "rejected",
    "HandoffWithdrawn": "withdrawn",
    "HandoffExpired": "expired",
}


def handoffs(log: FakeLog, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The rows of `handoffs`, in no order, without what the agreement says of them."""
    rows = [row | {"data": json.loads(row["data"])} for row in log.rows]
    gone = {
        row["data"]["run"]: row["type"] == "RunRetracted"
        for row in rows
        if row["type"] in {"RunRetracted", "RunRestored"}
    }
    rows = [row for row in rows if row["lead"] and not gone.get(row["run"])]
    survivor = survivors(log, rows)
    stories = defaultdict(list)
    for row in sorted(rows, key=order):
        stories[survivor.get(row["lead"], row["lead"])].append(row)
    for story, events in stories.items():
        first: dict[str, dict[str, Any]] = {}
        for event in events:
            if event["type"] == "LeadHandedOff" and event["data"].get("handoff") is not None:
                first.setdefault(event["data"]["handoff"], event)
        for handoff, handed in first.items():
            yield _told(story, handoff, handed, events, zone)


def _told(
    story: int, handoff: str, handed: dict[str, Any], events: list[dict[str, Any]], zone: ZoneInfo
) -> dict[str, Any]:
    own = (event for event in events if event["type"] in ENDS and event["data"].get("handoff") == handoff)
    end = next((event for event in own if not_before(event, handed)), None)
    return {
        "handoff": handoff,
        "lead": story,
        **{name: handed["data"].get(name) for name in ("from_team", "from_owner", "to_team", "to_owner")},
        "status": ENDS[end["type"]] if end else "open",
        "handed_off_at": shown(handed, zone),
        "answered_at": shown(end, zone) if end else None,
        "reason": end["data"].get("reason") if end else None,
    }

"""What the handoff audit cannot say without keys: whether a required name, address or telephone number was known at the handoff."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.lead_story import in_order
from engine.merges import Merges
from engine.runs import retracted_runs
from engine.store.rows import SELECTED, Row
from engine.workspace import Workspace
from events.envelope import Recorded
from events.observations import LeadCaptured, LeadDetailsChanged
from projections.result import Result

TELLING = (LeadCaptured.__name__, LeadDetailsChanged.__name__)


def with_sealed(workspace: Workspace, result: Result, as_of: int | None) -> Result:
    """The handoffs with what is sealed in `missing`; what an erased person's events can no longer say stays in `unseen`.

    result: rows with `lead` (its number), `position`, `missing` and `unseen`. as_of: µs; what was known then.
    """
    asked = [row for row in result.rows if row.get("unseen")]
    if not asked:
        return result
    with workspace.log.reading() as reading:
        merges, retracted = Merges.of(reading, as_of), retracted_runs(reading, as_of)
        groups = {row["lead"]: merges.group(row["lead"]) for row in asked}
        members = {member for group in groups.values() for member in group}
        rows = [Row.of(values) for values in reading.of_leads(members, TELLING, SELECTED)]
        ends = {position: fact.time.end for position, fact in reading.facts([row["position"] for row in asked]).items()}
    told: dict[int, list[Recorded]] = {}
    for fact in workspace.log.facts(row for row in rows if _known(row, as_of, retracted)):
        told.setdefault(fact.lead, []).append(fact)

    def sorted_out(row: Mapping[str, Any]) -> Mapping[str, Any]:
        if not row.get("unseen"):
            return row
        events = sorted((event for member in groups[row["lead"]] for event in told.get(member, ())), key=in_order)
        return _opened(row, [event for event in events if event.time.start <= ends[row["position"]]])

    return replace(result, rows=[sorted_out(row) for row in result.rows])


def _opened(row: Mapping[str, Any], events: Sequence[Recorded]) -> dict[str, Any]:
    """The row with each sealed field sorted out. events: captures and changes of the lead up to the handoff, in order."""
    missing, unseen = list(row["missing"]), []
    erased = any(event.subject is None for event in events)
    for name in row["unseen"]:
        values = [getattr(event.data, name) for event in events if name in event.data.model_fields_set]
        if erased:
            unseen.append(name)
        elif not values or values[-1] is None:
            missing.append(name)
    return {**row, "missing": missing, "unseen": unseen}


def _known(row: Row, as_of: int | None, retracted: Collection[str]) -> bool:
    return row.run not in retracted and (as_of is None or row.recorded_at <= as_of)

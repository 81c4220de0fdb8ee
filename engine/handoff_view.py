"""What the handoff audit cannot say without keys: whether a required name, address or telephone number was known at the handoff."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from engine.lead_story import in_order
from engine.merges import Merges
from engine.runs import retracted_runs
from engine.store.rows import SELECTED
from engine.store.rows import Row as Logged
from engine.workspace import Workspace
from events.envelope import Recorded
from events.observations import LeadCaptured, LeadDetailsChanged
from projections.result import Result
from projections.rows import Row, changed

TELLING = (LeadCaptured.__name__, LeadDetailsChanged.__name__)


def with_sealed(workspace: Workspace, result: Result, as_of: int | None) -> Result:
    """The handoffs with what is sealed in `missing`; what an erased person's events can no longer say stays in `unseen`.

    result: rows with `lead` (its number), `position`, `missing` and `unseen`. as_of: µs; what was known then.
    """
    upto = result.position or 0  # what is recorded while rows are read was not known
    with workspace.log.reading() as reading:
        merges, retracted = Merges.of(reading, as_of), retracted_runs(reading, as_of)

    def told(rows: Sequence[Row]) -> Iterable[Row]:
        """A portion of them: the events of so many leads are in memory at once."""
        asked = [row for row in rows if row.get("unseen")]
        if not asked:
            return rows
        groups = {row["lead"]: merges.group(row["lead"]) for row in asked}
        members = {member for group in groups.values() for member in group}
        with workspace.log.reading() as reading:
            found = [Logged.of(values) for values in reading.of_leads(members, TELLING, SELECTED)]
            ends = {at: fact.time.end for at, fact in reading.facts([row["position"] for row in asked]).items()}
        events: dict[int, list[Recorded]] = {}
        known = (row for row in found if row.position <= upto and _known(row, as_of, retracted))
        for fact in workspace.log.facts(known):
            events.setdefault(fact.lead, []).append(fact)
        return (_sorted_out(row, groups, events, ends) for row in rows)

    return replace(result, rows=changed(result.rows, told))


def _sorted_out(
    row: Row, groups: Mapping[int, Collection[int]], events: Mapping[int, list[Recorded]], ends: Mapping[int, int]
) -> Row:
    if not row.get("unseen"):
        return row
    told = sorted((event for member in groups[row["lead"]] for event in events.get(member, ())), key=in_order)
    return _opened(row, [event for event in told if event.time.start <= ends[row["position"]]])


def _opened(row: Row, events: Sequence[Recorded]) -> Row:
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


def _known(row: Logged, as_of: int | None, retracted: Collection[str]) -> bool:
    return row.run not in retracted and (as_of is None or row.recorded_at <= as_of)

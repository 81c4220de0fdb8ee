"""`journey` in plain Python: the paths of journeys, slow and obvious."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.projections import reference
from tests.projections.fake_log import FakeLog
from tests.projections.reference import Journey, Question

LEFT_OUT = {"LeadDetailsChanged", "LeadsMerged", "MergeReverted", "PersonErased", "LeadRemovedAtSource"}


def every_journey(log: FakeLog, as_of: int | None) -> list[Journey]:
    """All journeys, those without a stage too."""
    return reference.journeys(log, as_of, all_of_them=True)


def steps(journey: Journey, through: str) -> list[tuple[str, dict[str, Any]]]:
    """The steps of a journey with their events."""
    if through == "types":
        return [(event["type"], event) for event in journey.events if event["type"] not in LEFT_OUT]
    if through == "touches":
        return [
            (f"{event['data']['kind']} {event['data']['direction']}", event)
            for event in journey.events
            if is_touch(event)
        ]
    first = [("lead", journey.opened_by)] if journey.opened_by else []
    stage_of = {type_: stage for stage, type_ in reference.WATERFALL.items()}
    return [*first, *((stage_of[event["type"]], event) for event in journey.events if event["type"] in stage_of)]


def is_touch(event: Mapping[str, Any]) -> bool:
    """Whether the standard rules take it for a touch, of the kinds that are generated."""
    if event["type"] != "InteractionLogged":
        return False
    told = event["data"]["kind"], event["data"]["direction"]
    return told[0] != "note" and told != ("form", "outbound")


def paths(
    log: FakeLog, question: Question, through: str, excluded: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """The rows of the view, in its order, without the deviations. excluded: types of events that take their journey out."""
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for journey in every_journey(log, question.as_of):
        taken = steps(journey, through)
        if not taken or any(event["type"] in excluded for event in journey.events):
            continue
        first, last = taken[0][1], taken[-1][1]
        if not question.holds(first):
            continue
        if any(journey.value(name, question.at, first) not in wanted for name, wanted in question.filter.items()):
            continue
        key = tuple(journey.value(name, question.at, first) for name in question.by)
        names = tuple(name for name, _ in taken)
        outcome = journey.outcome[0]
        groups[question.period_of(first), key, names].append(
            {
                "time": question.span(first, last),
                "won": any(event["type"] == "DealWon" for event in journey.events),
                "outcome": outcome,
            }
        )
    rows = []
    for (period, key, names), journeys in groups.items():
        together = sum(len(other) for (p, k, _), other in groups.items() if (p, k) == (period, key))
        row: dict[str, Any] = {"period": period} if question.grain else {}
        row |= {name: int(part) if name == "journey" else part for name, part in zip(question.by, key, strict=True)}
        row |= {"path": " > ".join(names), "steps": len(names), "journeys": len(journeys)}
        row["share"] = len(journeys) / together
        row["won"] = sum(one["won"] for one in journeys)
        row |= {what: sum(one["outcome"] == what for one in journeys) for what in ("lost", "recycled")}
        row["conversion"] = row["won"] / len(journeys)
        times = [one["time"] for one in journeys]
        row["time_p50_s"], row["time_p90_s"] = (reference.quantile(times, part) for part in (0.5, 0.9))
        row["loops"] = len(names) - len(set(names))
        order = period or "", [(part is None, part or "") for part in key], -len(journeys), names
        rows.append((order, row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]

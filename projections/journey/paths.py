"""Paths as they are kept: of every journey its steps, through stages, events or touches."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from events.base import LeadEvent
from events.registry import TYPES
from projections.asked import Asked
from projections.database import sql, table
from projections.definitions.funnel_model import FunnelModel, funnel_model
from projections.definitions.journey_rules import JourneyRules, journey_rules
from projections.funnel.journeys import make_stages, relevant, types_of, uncounted
from projections.steps import Step


@dataclass(frozen=True, slots=True)
class Activity:
    """What makes a step of a path. type: the events that do; kind, direction, automatic: of touches."""

    name: str
    type: str | None = None
    kind: str | None = None
    direction: str | None = None
    automatic: bool = True


class Paths:
    """The paths that a question is about: what makes a step, what was agreed, and the step that keeps them."""

    def __init__(self, asked: Asked) -> None:
        self.of = asked.through
        self.model: FunnelModel = funnel_model(asked.model)
        self.rules: JourneyRules = journey_rules(asked.rules)
        self.activities = self._activities()

    @property
    def definition(self) -> str:
        """Name and hash of what counts."""
        return self.model.definition if self.of == "stages" and not self.rules.agreed.stages else self.rules.definition

    @property
    def agreed(self) -> Sequence[str]:
        """The path that was agreed; of stages it is the model's own order where the rules name none."""
        named: Sequence[str] = getattr(self.rules.agreed, self.of)
        return named or (tuple(one.name for one in self.activities) if self.of == "stages" else ())

    def step(self) -> Step:
        """The per-lead step."""
        walked = "stages" if self.of == "stages" else "events"
        files = ("funnel/journeys.sql", "funnel/outcome.sql", f"journey/walked_{walked}.sql", "journey/paths.sql")
        types = {*types_of(self.model, ()), *(one.type for one in self.activities if one.type is not None)}
        return Step(
            name="path",
            text="\n".join((relevant(self.model, ()), *map(sql, files), self._left_out())),
            tables=("path",),
            definition=repr((self.model.definition, self.activities)),
            prepare=self._define,
            types=frozenset(types),
        )

    def _left_out(self) -> str:
        """What takes journeys out that entered an excluded stage, whatever their paths go through."""
        if not self.model.excluded:
            return ""
        return f"DELETE FROM path WHERE (story, journey) IN (SELECT (story, journey) FROM ({uncounted(self.model)}));"

    def _activities(self) -> list[Activity]:
        match self.of:
            case "stages":
                return [Activity(stage.name) for stage in self.model.stages]
            case "types":
                left_out = self.rules.types.leave_out
                return [
                    Activity(name, name)
                    for name, of in TYPES.items()
                    if issubclass(of, LeadEvent) and name not in left_out
                ]
            case "touches":
                told = self.rules.touches
                touches = [
                    Activity(f"{kind} {direction}", "InteractionLogged", kind, direction, told.automatic)
                    for direction, kinds in (("inbound", told.inbound), ("outbound", told.outbound))
                    for kind in kinds
                ]
                return [*([Activity("captured", "LeadCaptured")] if told.captured else []), *touches]

    def _define(self, connection: duckdb.DuckDBPyConnection) -> None:
        make_stages(connection, self.model)
        columns = {
            "number": pa.array(range(1, len(self.activities) + 1), pa.uint8()),
            **{
                name: pa.array([getattr(one, name) for one in self.activities], pa.string())
                for name in ("name", "type", "kind", "direction")
            },
            "automatic": pa.array([one.automatic for one in self.activities], pa.bool_()),
        }
        table(connection, "activity", pa.table(columns))

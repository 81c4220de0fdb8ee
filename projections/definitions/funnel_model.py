"""Funnel models: ordered stages, and the events that enter each. Data that people edit (TOML), validated and hashed."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from events.base import Event, LeadEvent
from events.registry import TYPES
from projections.definitions.definition import Part, hashed, meant, read, slip, validated
from projections.errors import DefinitionError
from projections.history.columns import FIELDS

HERE = Path(__file__).parent
BUILT_IN = ("waterfall", "sales_funnel", "buyers_journey")
LEAD_EVENTS = tuple(name for name, of in TYPES.items() if issubclass(of, LeadEvent))
Value = str | bool | int


class Entrance(BaseModel):
    """An event that enters a stage; conditions: field → the values with which it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    conditions: Mapping[str, tuple[Value, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _conditions_beside_the_type(cls, told: Any) -> Any:
        if isinstance(told, str):
            return {"type": told}
        if not isinstance(told, Mapping) or "type" not in told:
            raise ValueError(f'{told!r} names no event; write {{ type = "LeadCaptured" }}')  # pydantic tells it
        conditions = {name: value for name, value in told.items() if name != "type"}
        return {"type": told["type"], "conditions": {name: _several(value) for name, value in conditions.items()}}

    @model_validator(mode="after")
    def _in_the_vocabulary(self) -> Self:
        if self.type not in LEAD_EVENTS:
            raise ValueError(f"{self.type!r} is no event of a lead{meant(self.type, LEAD_EVENTS)}")
        of = TYPES[self.type]
        fields = [name for name in of.model_fields if name in FIELDS]
        for name, values in self.conditions.items():
            if name not in fields:
                known = f"; it has {', '.join(fields)}" if fields else "; it has none that a condition can ask for"
                raise ValueError(f"{self.type} has no field {name!r}{meant(name, fields)}{known}")
            for value in values:
                _check_value(of, name, value)
        return self

    def default(self, field: str) -> Value | None:
        """What the field says where an event leaves it out."""
        told = TYPES[self.type].model_fields[field].default
        return told if isinstance(told, str | bool | int) else None


def _listed(told: Any) -> Any:
    return [told] if isinstance(told, str | Mapping) else told


class Stage(Part):
    """A stage: its name in results, its labels by language, and the events that enter it.

    optional: who skips it has not stopped: shares of the next stage are taken from the one before it.
    excluded: it has no row; who enters it is not counted at all.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", validation_alias=AliasChoices("name", "id", "stage"))]
    label: Mapping[str, str] = {}
    events: Annotated[
        tuple[Entrance, ...],
        Field(min_length=1, validation_alias=AliasChoices("events", "event")),
        BeforeValidator(_listed),
    ]
    optional: bool = False
    excluded: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.optional and self.excluded:
            raise slip("a stage is optional or excluded, not both; take one of them out", "excluded")
        return self


class FunnelModel(Part):
    """Ordered stages that a lead passes."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "model"
    every: Annotated[
        tuple[Stage, ...], Field(min_length=1, max_length=50, validation_alias=AliasChoices("stage", "stages"))
    ]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [stage.name for stage in self.every]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the stage {twice[0]!r} is there twice; give each its own name")
        return self

    @model_validator(mode="after")
    def _something_to_count_from(self) -> Self:
        for place, stage in enumerate(self.every):
            if stage.optional and not any(one for one in self.every[:place] if not one.optional and not one.excluded):
                said = (
                    "the first stage cannot be optional: shares are taken from it; put a stage before it that all enter"
                )
                raise slip(said, "stage", place, "optional")
        if not self.stages:
            raise slip("all stages are excluded; leave one to be counted", "stage", 0, "excluded")
        return self

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that are counted, in order."""
        return tuple(stage for stage in self.every if not stage.excluded)

    @property
    def excluded(self) -> tuple[Stage, ...]:
        """Those that take a journey out of what is counted."""
        return tuple(stage for stage in self.every if stage.excluded)

    @property
    def definition(self) -> str:
        """Name and hash of what counts: the order of stages, their events, what is optional or excluded; no label."""
        stages = [
            {
                "name": stage.name,
                "events": [event.model_dump(mode="json") for event in stage.events],
                **{mark: True for mark in ("optional", "excluded") if getattr(stage, mark)},
            }
            for stage in self.every
        ]
        return f"{self.name}@{hashed({'name': self.name, 'stages': stages})}"


def funnel_model(told: str | Mapping[str, Any]) -> FunnelModel:
    """A built-in model by its name, one from a TOML file by its path, or one given as a mapping. Raises DefinitionError."""
    if not isinstance(told, str):
        return validated(FunnelModel, told, "funnel model")
    if told in BUILT_IN:
        return _built_in(told)
    path = Path(told)
    if path.suffix != ".toml" and not path.is_file():
        raise DefinitionError(f"{told!r} is no funnel model; there are {', '.join(BUILT_IN)}, or give a TOML file")
    return read(FunnelModel, path)


@cache
def _built_in(name: str) -> FunnelModel:
    return read(FunnelModel, HERE / f"{name}.toml")


def _check_value(of: type[Event], name: str, value: Value) -> None:
    field = of.model_fields[name]
    annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError as error:
        said = error.errors(include_url=False, include_context=False)[0]["msg"]
        raise ValueError(f"{name}: {value!r} cannot be: {said}") from None


def _several(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)

"""Funnel models: ordered stages, and the events that enter each. Data that people edit (TOML), validated and hashed."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
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
            raise ValueError(f"{self.type!r} is no event of a lead{_meant(self.type, LEAD_EVENTS)}")
        of = TYPES[self.type]
        fields = [name for name in of.model_fields if name in FIELDS]
        for name, values in self.conditions.items():
            if name not in fields:
                known = f"; it has {', '.join(fields)}" if fields else "; it has none that a condition can ask for"
                raise ValueError(f"{self.type} has no field {name!r}{_meant(name, fields)}{known}")
            for value in values:
                _check_value(of, name, value)
        return self

    def default(self, field: str) -> Value | None:
        """What the field says where an event leaves it out."""
        told = TYPES[self.type].model_fields[field].default
        return told if isinstance(told, str | bool | int) else None


def _listed(told: Any) -> Any:
    return [told] if isinstance(told, str | Mapping) else told


class Stage(BaseModel):
    """A stage: its name in results, its labels by language, and the events that enter it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", validation_alias=AliasChoices("name", "id", "stage"))]
    label: Mapping[str, str] = {}
    events: Annotated[
        tuple[Entrance, ...],
        Field(min_length=1, validation_alias=AliasChoices("events", "event")),
        BeforeValidator(_listed),
    ]


class FunnelModel(BaseModel):
    """Ordered stages that a lead passes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, Field(min_length=1, max_length=80)] = "model"
    stages: Annotated[
        tuple[Stage, ...], Field(min_length=1, max_length=50, validation_alias=AliasChoices("stage", "stages"))
    ]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [stage.name for stage in self.stages]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the stage {twice[0]!r} is there twice; give each its own name")
        return self

    @property
    def definition(self) -> str:
        """Name and hash of what counts: the order of stages and their events, no label."""
        told = self.model_dump(mode="json", exclude={"stages": {"__all__": {"label"}}})
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"{self.name}@{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"


def funnel_model(told: str | Mapping[str, Any]) -> FunnelModel:
    """A built-in model by its name, one from a TOML file by its path, or one given as a mapping. Raises DefinitionError."""
    if not isinstance(told, str):
        return _validated(told, "funnel model")
    if told in BUILT_IN:
        return _built_in(told)
    path = Path(told)
    if path.suffix != ".toml" and not path.is_file():
        raise DefinitionError(f"{told!r} is no funnel model; there are {', '.join(BUILT_IN)}, or give a TOML file")
    return _read(path)


@cache
def _built_in(name: str) -> FunnelModel:
    return _read(HERE / f"{name}.toml")


def _read(path: Path) -> FunnelModel:
    try:
        return _validated(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    except OSError as error:
        raise DefinitionError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path.name}: is no TOML ({error})") from None


def _validated(told: Mapping[str, Any], where: str) -> FunnelModel:
    try:
        return FunnelModel.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        said = {"missing": "is missing", "extra_forbidden": "is no key of a funnel model"}.get(first["type"], said)
        raise DefinitionError(f"{where}: {key}: {said}" if key else f"{where}: {said}") from None


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


def _meant(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f" (meant: {close[0]}?)" if close else ""

"""The rules of journeys and their credits: which interactions are touches, which path was agreed, how fast a touch fades."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import Field, model_validator

from events.observations import InteractionKind
from events.registry import TYPES
from projections.definitions.definition import Part, hashed, meant, read, slip, validated

STANDARD = Path(__file__).with_name("journey_rules.toml")
KINDS: tuple[str, ...] = get_args(InteractionKind)
DAY = 86_400_000_000  # µs


def _known(named: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    for name in named:
        if name not in known:
            raise slip(f"{name!r} is no {what}{meant(name, known)}; there are {', '.join(known)}")


class Touches(Part):
    """The interactions that count as touches, by direction. automatic: a machine's too. captured: the capture as well."""

    inbound: tuple[str, ...] = ()
    outbound: tuple[str, ...] = ()
    automatic: bool = True
    captured: bool = False

    @model_validator(mode="after")
    def _kinds(self) -> Self:
        _known((*self.inbound, *self.outbound), KINDS, "kind of interaction")
        return self


class Types(Part):
    """Events that are no step of a path."""

    leave_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_the_vocabulary(self) -> Self:
        _known(self.leave_out, tuple(TYPES), "event")
        return self


class Agreed(Part):
    """The path that was agreed, in its order, for each way of looking at one; empty where none was."""

    stages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()


class TimeDecay(Part):
    """After so many days a touch counts for half."""

    half_life_days: Annotated[float, Field(gt=0, le=36_500)] = 7

    @property
    def micros(self) -> int:
        """The half-life in µs."""
        return round(self.half_life_days * DAY)


class JourneyRules(Part):
    """What `journey` and `attribution` go by."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "rules"
    touches: Touches
    types: Types = Types()
    agreed: Agreed = Agreed()
    time_decay: TimeDecay = TimeDecay()

    @property
    def definition(self) -> str:
        """Name and hash of what counts."""
        return f"{self.name}@{hashed(self.model_dump(mode='json'))}"


def journey_rules(told: str | Mapping[str, Any] | None) -> JourneyRules:
    """Those in a TOML file by its path, those given as a mapping, or the standard ones. Raises DefinitionError.

    A table that is left out is the standard's.
    """
    if told is None:
        return _standard()
    rules = {name: table for name, table in _standard() if name != "name"}
    if isinstance(told, str):
        given = read(Given, Path(told))
        return JourneyRules(**{**rules, **{name: table for name, table in given if table is not None}})
    return validated(JourneyRules, {**rules, **told}, "journey rules")


class Given(Part):
    """Rules as people write them: what is left out is the standard's."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "rules"
    touches: Touches | None = None
    types: Types | None = None
    agreed: Agreed | None = None
    time_decay: TimeDecay | None = None


@cache
def _standard() -> JourneyRules:
    return read(JourneyRules, STANDARD)

"""A case as it stands in its file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.errors import Trouble
from events.cloudevents import OURS

ATTRIBUTES = OURS - {"data", "specversion", "datacontenttype"} | {"run"}
SHORT = {"lead": "subject", "at": "time", "known": "knowntime"}


class BadCase(Trouble):
    """{file}: {fault}. docs/cases.md says what a case looks like."""


class Part(BaseModel):
    """One mapping of a case's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kept(Part):
    """An event, counted from 1, that must not have been taken; reason: a word of why."""

    event: int = Field(ge=1)
    reason: str | None = None


class Step(Part):
    """What is expected: the rows of a view, what lies in quarantine, or that the case is refused."""

    view: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    only: bool = False
    rows: list[dict[str, Any]] | None = None
    quarantine: list[Kept] | None = None
    error: str | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> "Step":
        if sum(part is not None for part in (self.view, self.quarantine, self.error)) != 1:
            raise ValueError("each step of `expect` is one of `view`, `quarantine` or `error`")
        if (self.view is None) != (self.rows is None):
            raise ValueError("`view` and `rows` come together")
        return self


class Case(Part):
    """A rule with its example."""

    case: str
    source: str | None = None
    why: str | None = None
    now: str | None = None
    zone: str | None = None
    currency: str = "EUR"
    trusted: list[str] = Field(default_factory=list)
    agreement: dict[str, Any] | None = None
    funnel_model: dict[str, Any] | None = None
    kpis: Any = None
    scoring: Any = None
    events: list[dict[str, Any]]
    retract: list[str] = Field(default_factory=list)
    erase: list[str] = Field(default_factory=list)
    expect: list[Step]

    @model_validator(mode="after")
    def _events_that_are_there(self) -> "Case":
        for kept in (kept for step in self.expect for kept in step.quarantine or ()):
            if kept.event > len(self.events):
                raise ValueError(f"`quarantine` names event {kept.event}; there are {len(self.events)}")
        return self


def load(file: Path) -> Case:
    """The case in a file. Raises BadCase."""
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2: yes and no stay words
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_text)
    try:
        document = yaml.load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadCase(file=file, fault=" ".join(str(error).split())) from None
    except RecursionError:
        raise BadCase(file=file, fault="it is nested too deeply") from None
    try:
        return Case.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadCase(file=file, fault=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def files(places: list[Path]) -> Iterator[Path]:
    """The files of cases that are named, or that lie in the folders named."""
    for place in places:
        if place.is_dir():
            yield from sorted(file for file in place.rglob("*.yaml") if file.name != "expect.yaml")
        else:
            yield place


def cloudevent(number: int, event: dict[str, Any]) -> dict[str, Any]:
    """An event of a case in the form of the wire. number: from 1, its id where it names none."""
    attributes: dict[str, Any] = {"source": "case", "id": str(number)}
    data: dict[str, Any] = {}
    for key, value in event.items():
        name = SHORT.get(key, key)
        (attributes if name in ATTRIBUTES else data)[name] = value
    if attributes["id"] is None:
        del attributes["id"]
    return attributes | {"data": data}


def _as_text(_: Any, node: Any) -> str:
    return str(node.value)

"""Definitions: what people edit (TOML), or an event or a case tells as a mapping. One way to read, check and hash them all."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from projections.definitions import toml
from projections.definitions.place import Key, line_of
from projections.errors import DefinitionError

HASH = 16  # hexadecimal digits


class Part(BaseModel):
    """A table of a definition. Keys that it does not know are refused, with the nearest that it does."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_that_are_known(cls, told: Any) -> Any:
        if not isinstance(told, Mapping):
            return told
        known = list(_keys(cls))
        for key in told:
            if key not in known:
                raise slip(f"is no key here{meant(str(key), known)}; there are {', '.join(known)}", str(key))
        return told


def slip(said: str, *path: Key) -> PydanticCustomError:
    """What is wrong in a part, below the place where it is found. path: from there."""
    return PydanticCustomError("slip", "{said}", {"said": said, "path": path})


Defined = TypeVar("Defined", bound=Part)


def read(of: type[Defined], file: Path) -> Defined:
    """The definition in a TOML file. Raises DefinitionError with file, line, key and what would be right."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        told = toml.loads(text)
    except OSError as error:
        raise DefinitionError(f"{file}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file.name}: is no TOML ({error})") from None
    try:
        return of.model_validate(told)
    except ValidationError as error:
        faults = [(line_of(text, path), _said(path, fault)) for path, fault in _faults(error)]
        line, said = min(faults)
        raise DefinitionError(f"{file.name}, line {line}: {said}") from None


def validated(of: type[Defined], told: Mapping[str, Any], what: str) -> Defined:
    """The definition that a mapping tells. what: how a refusal calls it. Raises DefinitionError."""
    try:
        return of.model_validate(told)
    except ValidationError as error:
        raise DefinitionError(f"{what}: {first_fault(error)[1]}") from None


def first_fault(error: ValidationError) -> tuple[tuple[Key, ...], str]:
    """Where the first thing lies that is wrong with a part, and what is said of it."""
    path, fault = _faults(error)[0]
    return path, _said(path, fault)


def canonical(definition: Part) -> dict[str, Any]:
    """A definition as a mapping, each thing in the one way in which it is written; what says nothing is left out."""
    told: dict[str, Any] = _saying(definition.model_dump(mode="json", by_alias=True))
    return told


def hashed(told: Mapping[str, Any]) -> str:
    """The hash of what a definition means: of its canonical JSON."""
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:HASH]


def meant(name: str, known: Sequence[str]) -> str:
    """` (meant: response?)`, where something that is known is near what was written."""
    close = get_close_matches(name, known, 1)
    return f" (meant: {close[0]}?)" if close else ""


def _saying(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _saying(value) for name, value in told.items() if value not in (None, [], {})}
    return [_saying(value) for value in told] if isinstance(told, list) else told


def _keys(of: type[BaseModel]) -> list[str]:
    keys: list[str] = []
    for name, field in of.model_fields.items():
        alias = field.validation_alias
        keys += [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [str(alias or name)]
    return keys


def _faults(error: ValidationError) -> list[tuple[tuple[Key, ...], ErrorDetails]]:
    """What is wrong and where; not what is wrong only because of something inside it."""
    faults = [((*one["loc"], *one.get("ctx", {}).get("path", ())), one) for one in error.errors(include_url=False)]
    paths = [path for path, _ in faults]
    return [
        (path, fault)
        for path, fault in faults
        if not any(len(path) < len(other) and other[: len(path)] == path for other in paths)
    ]


def _said(path: tuple[Key, ...], fault: ErrorDetails) -> str:
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    said = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
    return f"{key}: {said}" if key else said

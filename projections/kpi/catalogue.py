"""The catalogue: the KPIs that the program comes with, and those that a workspace adds, as definitions."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from projections.definitions.definition import Part, canonical, first_fault, hashed, meant, slip
from projections.definitions.place import Key, line_of
from projections.dimensions import DIMENSIONS
from projections.errors import DefinitionError
from projections.kpi.formula import formula
from projections.kpi.given import OF_ROWS
from projections.kpi.terms import Term
from projections.periods import Grain

Unit = Literal["money", "ratio", "count", "days", "s", "points", "money/day", "months", "score", "minutes"]
OWN = "own"
FILE = Path(__file__).parent.parent / "definitions" / "kpis.toml"


def _values(told: Any) -> Any:
    """One value or several; nothing between the marks is the unknown one."""
    several = told if isinstance(told, list | tuple) else [told]
    return tuple(None if value == "" else value for value in several)


class Kpi(Part):
    """A KPI as it is declared.

    en, de: its names. formula: in words, the source's. value: the formula as it is computed; by_period: where conversion is asked
    for by period instead of by cohort. by: dimensions by which it is always cut. filter: dimension → values that alone count.
    grain: the periods by which it is cut where the question names none. example: a worked one, as the formula's source prints it.
    """

    group: str = OWN
    en: str
    de: str | None = None
    formula: str = ""
    unit: Unit
    value: str
    by_period: str | None = None
    by: tuple[str, ...] = ()
    filter: Mapping[str, Annotated[tuple[str | None, ...], BeforeValidator(_values)]] = Field(default_factory=dict)
    grain: Grain | None = None
    example: str | None = None

    @field_validator("by", mode="before")
    @classmethod
    def _one_or_several(cls, told: Any) -> Any:
        return (told,) if isinstance(told, str) else told

    @model_validator(mode="after")
    def _dimensions_that_are(self) -> Self:
        for key, names in (("by", self.by), ("filter", self.filter)):
            for name in names:
                if name not in (*DIMENSIONS, *OF_ROWS):
                    raise slip(f"{name!r} is no dimension{meant(name, [*DIMENSIONS, *OF_ROWS])}", key)
        return self


@dataclass(frozen=True, slots=True)
class Catalogue:
    """KPIs by id: as declared, and their formulas, by cohort and by period."""

    kpis: Mapping[str, Kpi]
    terms: Mapping[str, Term]
    terms_by_period: Mapping[str, Term]

    def definition(self, ids: tuple[str, ...]) -> str:
        """A hash of what those KPIs mean, and those that they are made of."""
        meant = {id_: canonical(one) for id_, one in self.kpis.items() if id_ in ids or one.group == OWN}
        return "kpis@" + hashed(meant)


def catalogue(own: Mapping[str, Any] | None = None) -> Catalogue:
    """The program's KPIs and those of `own`: id → declaration. Raises DefinitionError, naming KPI and key."""
    kpis: dict[str, Kpi] = {}
    terms: dict[str, Term] = {}
    by_period: dict[str, Term] = {}
    for id_, told in [*shipped().items(), *(own or {}).items()]:
        try:
            kpi = kpis[id_] = _declared(id_, told, kpis)
            terms[id_] = _formula(kpi.value, terms, "value")
            by_period[id_] = _formula(kpi.by_period or kpi.value, by_period, "by_period" if kpi.by_period else "value")
        except Unsound as error:
            raise DefinitionError(f"kpi {id_}: {error}") from None
    return Catalogue(kpis, terms, by_period)


@cache
def shipped() -> Mapping[str, Any]:
    """The declarations that the program comes with."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def own_kpis(file: Path) -> Mapping[str, Any]:
    """The KPIs that a TOML file declares. Raises DefinitionError with file, line, KPI and key."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        told = tomllib.loads(text)
    except OSError as error:
        raise DefinitionError(f"{file}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file.name}: is no TOML ({error})") from None
    there = catalogue()
    kpis, terms = dict(there.kpis), dict(there.terms)
    for id_, one in told.items():
        try:
            kpi = kpis[id_] = _declared(id_, one, kpis)
            for key in ("value", "by_period"):
                if (formula_of := getattr(kpi, key)) is not None:
                    terms[id_] = _formula(formula_of, terms, key)
        except Unsound as error:
            raise DefinitionError(
                f"{file.name}, line {line_of(text, (id_, *error.path))}: kpi {id_}: {error}"
            ) from None
    return told


class Unsound(Exception):
    """What is wrong with a declaration, and where in it."""

    def __init__(self, said: str, path: tuple[Key, ...] = ()) -> None:
        super().__init__(said)
        self.path = path


def _declared(id_: str, told: Any, known: Mapping[str, Kpi]) -> Kpi:
    if id_ in known:
        raise Unsound("leadlog has a KPI of that name already; choose another")
    if not isinstance(told, Mapping):
        raise Unsound("is no table; write [name] and its keys below it")
    try:
        return Kpi.model_validate(told)
    except ValidationError as error:
        path, said = first_fault(error)
        raise Unsound(said, path) from None


def _formula(text: str, known: Mapping[str, Term], key: str) -> Term:
    try:
        return formula(text, known)
    except DefinitionError as error:
        raise Unsound(f"{key}: {error}", (key,)) from None

"""The catalogue: the KPIs that the program comes with, and those that a workspace adds, as definitions."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from projections.definitions.definition import Part, hashed, validated
from projections.errors import DefinitionError
from projections.kpi.formula import formula
from projections.kpi.terms import Term

Unit = Literal["money", "ratio", "count", "days", "s", "points", "money/day", "months", "score", "minutes"]
FILE = Path(__file__).parent.parent / "definitions" / "kpis.toml"


class Kpi(Part):
    """A KPI as it is declared.

    en, de: its names. formula: in words, the source's. value: the formula as it is computed; by_period: where conversion is asked
    for by period instead of by cohort. by: dimensions by which it is always cut. filter: dimension → values that alone count.
    """

    group: str = "own"
    en: str
    de: str | None = None
    formula: str = ""
    unit: Unit
    value: str
    by_period: str | None = None
    by: tuple[str, ...] = ()
    filter: Mapping[str, tuple[str | None, ...]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """KPIs by id: as declared, and their formulas, by cohort and by period."""

    kpis: Mapping[str, Kpi]
    terms: Mapping[str, Term]
    terms_by_period: Mapping[str, Term]

    def definition(self, ids: tuple[str, ...]) -> str:
        """A hash of what those KPIs mean."""
        return "kpis@" + hashed({id_: [self.kpis[id_].value, self.kpis[id_].by_period] for id_ in ids})


def catalogue(own: Mapping[str, Any] | None = None) -> Catalogue:
    """The program's KPIs and those of `own`: id → declaration. Raises DefinitionError, naming KPI and key."""
    return _built(shipped(), own or {})


@cache
def shipped() -> Mapping[str, Any]:
    """The declarations that the program comes with."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _built(first: Mapping[str, Any], own: Mapping[str, Any]) -> Catalogue:
    kpis: dict[str, Kpi] = {}
    terms: dict[str, Term] = {}
    by_period: dict[str, Term] = {}
    for id_, told in [*first.items(), *own.items()]:
        if id_ in kpis:
            raise DefinitionError(f"kpi {id_}: leadlog has a KPI of that name already; choose another")
        kpi = kpis[id_] = validated(Kpi, told, f"kpi {id_}")
        try:
            terms[id_] = formula(kpi.value, terms)
            by_period[id_] = formula(kpi.by_period or kpi.value, by_period)
        except DefinitionError as error:
            raise DefinitionError(f"kpi {id_}: {error}") from None
    return Catalogue(kpis, terms, by_period)

"""`leadlog kpi`."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.cli.views import (
    AsOfOption,
    ByOption,
    Compare,
    FilterOption,
    NowOption,
    PeriodOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    asked_options,
)
from engine.errors import NoWorkspace
from engine.views import ask, open_kpi, own_of
from engine.workspace import opened
from projections.kpi.catalogue import Kpi, catalogue, own_kpis
from projections.result import Column, Result

CurrencyOption = Annotated[
    str | None, typer.Option(help="Report money in this currency; else the one it is all in, else the workspace's.")
]
KpisOption = Annotated[Path | None, typer.Option("--kpis", help="A TOML file with KPIs of your own: docs/kpi.md.")]


class Language(StrEnum):
    """Of names."""

    EN = "en"
    DE = "de"


LIST = "list"
LISTED = tuple(map(Column, ("kpi", "name", "group", "unit", "formula", "value")))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog kpi list --lang de",
            "leadlog kpi --period 2026-Q1",
            "leadlog kpi win_rate average_deal_size --period month --since 2026-01-01 --by owner --format csv",
            "leadlog kpi total_revenue --period 2026-Q1 --as-of 2026-04-10 --currency EUR --compare year-ago",
            "leadlog kpi total_revenue --period quarter --fiscal-year-start 10 --since 2025-10-01",
            "leadlog kpi --open total_revenue --period 2026-Q1 --filter owner=ae:ben",
        )
    )(kpi)


def kpi(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[KPI…]", help="Which; all if left out. `list` lists them.")
    ] = None,
    by: ByOption = None,
    period: PeriodOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    at: Annotated[
        str | None, typer.Option(help="Take dimensions first, last or as at the stage; else each by its own rule.")
    ] = None,
    basis: Annotated[
        str, typer.Option(help="Conversion by cohort: of what came in the period; by period: of what happened in it.")
    ] = "cohort",
    currency: CurrencyOption = None,
    kpis: KpisOption = None,
    compare: Annotated[
        Compare | None, typer.Option(help="Add the value of the period before, or of a year ago, and the change.")
    ] = None,
    fiscal_year_start: Annotated[
        int | None,
        typer.Option(
            "--fiscal-year-start", min=1, max=12, help="The month with which years and quarters begin: 2025/26-Q1."
        ),
    ] = None,
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="KPI", help="List the leads, deals and events behind a KPI's values."),
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Show the KPIs' names too, in English or German.")] = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Key figures of a period: revenue, conversion, pipeline, customers, people. A figure without a denominator says why."""
    own = own_kpis(kpis) if kpis is not None else {}
    if ids == [LIST]:
        write_view(listed(own or _of_workspace(workspace), lang), format_)
        return
    names = "by since until period as_of now zone filter_ at basis currency compare fiscal_year_start"
    options = asked_options(locals(), names) | ({"kpi": ids} if ids else {})
    with opened(workspace) as here:
        if open_ is not None:
            write_view(open_kpi(here, options | {"kpi": open_}, own), format_)
            return
        result = ask(here, "kpi", options, kpis=own)
        write_view(result if lang is None else with_names(result, own or own_of(here), lang), format_)


def listed(own: Mapping[str, Any], lang: str | None) -> Result:
    """The catalogue: ids, names, formulas in words and as they are computed."""
    rows = [
        {
            "kpi": id_,
            "name": _name(one, lang),
            "group": one.group,
            "unit": one.unit,
            "formula": one.formula,
            "value": one.value,
        }
        for id_, one in catalogue(own).kpis.items()
    ]
    return Result("kpi list", None, 0, None, LISTED, rows)


def with_names(result: Result, own: Mapping[str, Any], lang: str) -> Result:
    """The result with the KPIs' names beside their ids."""
    kpis = catalogue(own).kpis
    rows = [{"kpi": row["kpi"], "name": _name(kpis[row["kpi"]], lang), **row} for row in result.rows]
    return replace(result, columns=[result.columns[0], Column("name"), *result.columns[1:]], rows=rows)


def _name(kpi: Kpi, lang: str | None) -> str:
    return kpi.de if lang == "de" and kpi.de else kpi.en


def _of_workspace(workspace: Path | None) -> Mapping[str, Any]:
    """The own KPIs of the workspace; the catalogue is listed without one too."""
    try:
        with opened(workspace) as here:
            return own_of(here)
    except NoWorkspace:
        return {}

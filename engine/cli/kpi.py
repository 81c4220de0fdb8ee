"""`leadlog kpi | movement`."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import Format, FormatOption, WorkspaceOption, examples
from engine.cli.output import write_view
from engine.cli.views import (
    AsOfOption,
    ByOption,
    FilterOption,
    NowOption,
    PeriodOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    asked_options,
)
from engine.errors import NoSuchFile
from engine.views import ask
from engine.workspace import opened
from projections.errors import DefinitionError
from projections.kpi.catalogue import catalogue
from projections.result import Column, Result

CurrencyOption = Annotated[
    str | None, typer.Option(help="Report money in this currency; else the one it is all in, else the workspace's.")
]
KpisOption = Annotated[Path | None, typer.Option("--kpis", help="A TOML file with KPIs of your own: docs/kpi.md.")]
LIST = "list"
LISTED = tuple(map(Column, ("kpi", "name", "group", "unit", "formula", "value")))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "leadlog kpi list --lang de",
            "leadlog kpi --period 2026-Q1",
            "leadlog kpi win_rate average_deal_size --period month --since 2026-01-01 --by owner --format csv",
            "leadlog kpi total_revenue --period 2026-Q1 --as-of 2026-04-10 --currency EUR",
        )
    )(kpi)
    app.command(
        epilog=examples(
            "leadlog movement --since 2026-03-01 --until 2026-03-31",
            "leadlog movement --since 2026-03-01 --filter owner=ae:ben --filter expected_close=2026-Q2",
        )
    )(movement)


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
    lang: Annotated[str, typer.Option(help="Names in `en` or `de`.")] = "en",
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """Key figures of a period: revenue, conversion, pipeline, customers, people. A figure without a denominator says why."""
    own = _own(kpis)
    if ids == [LIST]:
        write_view(listed(own, lang), format_)
        return
    options = asked_options(locals(), "by since until period as_of now zone filter_ at basis currency")
    with opened(workspace) as here:
        write_view(ask(here, "kpi", options | ({"kpi": ids} if ids else {}), kpis=own), format_)


def movement(
    since: SinceOption = None,
    until: UntilOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    now: NowOption = None,
    zone: ZoneOption = None,
    filter_: FilterOption = None,
    currency: CurrencyOption = None,
    format_: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = None,
) -> None:
    """How the pipeline moved between two instants: start + new + raised + moved in − lowered − moved out − lost − won = end."""
    options = asked_options(locals(), "since until period as_of now zone filter_ currency")
    with opened(workspace) as here:
        write_view(ask(here, "movement", options), format_)


def listed(own: dict[str, Any], lang: str) -> Result:
    """The catalogue: ids, names, formulas in words and as they are computed."""
    rows = [
        {"kpi": id_, "name": one.de if lang == "de" and one.de else one.en, "group": one.group, "unit": one.unit,
         "formula": one.formula, "value": one.value}
        for id_, one in catalogue(own).kpis.items()
    ]  # fmt: skip
    return Result("kpi list", None, 0, None, LISTED, rows)


def _own(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoSuchFile(file=file, cause=error.strerror or error) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file.name}: is no TOML ({error})") from None

"""docs/kpi.md: every KPI as it is declared, and the language in which own ones are."""

import inspect
from collections.abc import Iterator

from projections.kpi import formula
from projections.kpi.catalogue import Catalogue, Kpi, catalogue
from projections.kpi.measures import MEASURES, Measure

HEAD = """# Key performance indicators

<!-- Generated: `python -m tests.docs docs/kpi.md` writes this page anew from the declarations. -->

`leadlog kpi` counts all of them, `leadlog kpi ID…` some; `leadlog kpi list --lang de` lists them. Each is declared once, in
[kpis.toml](../projections/definitions/kpis.toml), and evaluated by the same machinery over the same log, so that each can be
asked for as of any past instant (`--as-of`), for any period (`--period 2026-Q1`, `--period month`), by any dimension
(`--by owner`) and of a part of the leads (`--filter channel=web`).

- **Nothing to divide by** is no number: the value is empty and `reason` says why (`missing`, where the rows are cut `--by reason`). A
  quotient shows `numerator` and `denominator`.
- **Money** is in one currency: the one that all of it is in, else the workspace's or `--currency`. Other money needs rates
  (`leadlog record rate USD EUR 0.92 --on 2026-03-01`: the latest at or before the deal's day). Deals without an amount are left out of
  money and counted; `reason` says how many.
- **Conversion** is by cohort: of what came in the period, whatever came of it later. `--basis period` takes what happened in it.
- **A running period** is marked `partial`; growth compares it with the same elapsed part of the one before.
- `--compare previous` and `--compare year-ago` add `compared` and `change` (1 is twice as much).
- `--fiscal-year-start 10` cuts years and quarters from October on and labels them `2025/26` and `2025/26-Q1`; other periods stay.
- `--open ID` lists the leads, deals and events behind the values: a row for each thing and measure. The count of a measure's rows
  (`count(…)`), or the sum of their amounts (`sum(…)`), is what stands in the formula.
- **Business data**: `leadlog record` writes quotas, targets, spend, working time, people, rates and forecasts;
  `leadlog record --list quota` shows what counts now. Tables come in by [mappings](mappings.md): `quotas.toml`, `targets.toml`,
  `spend.toml`, `members.toml` and `rates.toml` in [examples/mappings](../examples/mappings), each with a small table beside it.
"""
GROUPS = {
    "revenue": "Revenue",
    "conversion": "Conversion",
    "pipeline": "Pipeline",
    "customers": "Customers",
    "people": "People and activity",
    "agreement": "Marketing and sales, together",
}
OWN = """
## KPIs of your own

A TOML file, named by `[kpi] file = "kpis.toml"` in leadlog.toml or by `--kpis FILE`; in a [case](cases.md) the same keys under `kpis:`.

```toml
[northern_win_rate]
en = "Win rate in the north"
de = "Gewinnrate im Norden"
unit = "ratio"
value = "count(won) / (count(won) + count(lost))"
filter = { region = ["north", "north-east"] }
by = "channel"
grain = "month"

[median_offer_to_lead]
en = "Revenue per captured lead"
unit = "money"
value = "total_revenue / count(leads)"
```

| key | meaning |
|---|---|
"""
FORMULAS = """
A formula is read, never executed. All of the language:

```text
{language}
```

What is wrong is told with file, line, KPI, key and the nearest name that is known.

### Measures

What formulas count and sum. **stands**: at the start or the end of the period; else it happens in it. **takes**: what may stand around it.

| measure | takes | | dimensions | empty |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    known = catalogue()
    tables = "".join(_group(known, group) for group in GROUPS)
    keys = "".join(_keys())
    language = inspect.cleandoc(formula.__doc__ or "").split("\n\n", 1)[1]
    measures = "".join(map(_measure, MEASURES.values()))
    return HEAD + tables + OWN + keys + FORMULAS.format(language=language) + measures


def _group(known: Catalogue, group: str) -> str:
    return f"\n## {GROUPS[group]}\n" + "".join(_kpi(id_, one) for id_, one in known.kpis.items() if one.group == group)


def _kpi(id_: str, one: Kpi) -> str:
    told = [f"`{one.value}`"]
    if one.by_period:
        told.append(f"by period `{one.by_period}`")
    if one.by:
        told.append("always by " + " and ".join(one.by))
    lines = [f"{one.formula} ({one.unit.replace('money', 'money of the report')})", "; ".join(told)]
    if one.example:
        lines.append(f"Example: {one.example}")
    return f"\n### `{id_}`\n\n{one.en} · {one.de}\n\n" + "".join(f"- {line}\n" for line in lines)


def _keys() -> Iterator[str]:
    says = {
        "en": "its English name; must be there",
        "de": "its German name, for `--lang de`",
        "unit": "`money`, `ratio`, `count`, `days`, `s`, `points`, `money/day`, `months`, `score` or `minutes`; must be there",
        "value": "the formula; must be there",
        "by_period": "the formula for `--basis period`, where it is another one",
        "filter": "a table: dimension → values that alone count; an empty text is the unknown value",
        "by": "dimensions by which it is always cut",
        "grain": "`day`, `week`, `month`, `quarter` or `year`: by which it is cut where the question names no period",
        "formula": "the formula in words",
        "example": "a worked example",
        "group": "the heading under which it is listed",
    }
    assert says.keys() == Kpi.model_fields.keys(), "every key of a KPI is told"
    for name, said in says.items():
        yield f"| `{name}` | {said} |\n"


def _measure(one: Measure) -> str:
    kinds = ["stands" if one.level else "", "once a cell" if one.once else "", "money" if one.scale != "plain" else ""]
    cut = "those of leads" if one.of_leads else ""
    dimensions = ", ".join(filter(None, [cut, *(f"`{name}`" for name in one.own)])) or "none"
    return f"| `{one.name}` | {', '.join(one.takes)} | {', '.join(filter(None, kinds))} | {dimensions} | {one.none} |\n"

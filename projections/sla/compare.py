"""The same history under another agreement: both answers with the difference, down to the handoffs whose verdict changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from projections.result import Column, Result

SIDES = ("in force", "what if", "difference")
KEPT = "handoff lead team owner promise tier verdict due_at business_s".split()
CHANGING = ("tier", "verdict", "due_at", "business_s")


def beside(now: Result, then: Result) -> Result:
    """The summary as it is and as it would be. now, then: `sla`, asked alike, then with `what_if`."""
    places = [column.name for column in now.columns].index("promise") + 1
    keys, measures = [column.name for column in now.columns[:places]], now.columns[places:]
    before, after = (_by_key(result.rows, keys) for result in (now, then))
    empty = dict.fromkeys(column.name for column in measures)
    rows: list[dict[str, Any]] = []
    for key in {**before, **after}:
        one, other = before.get(key, empty), after.get(key, empty)
        changes = {column.name: _difference(one[column.name], other[column.name]) for column in measures}
        for side, told in zip(SIDES, (one, other, changes), strict=True):
            rows.append(
                dict(zip(keys, key, strict=True))
                | {"agreement": side}
                | {column.name: told[column.name] for column in measures}
            )
    columns = [*now.columns[:places], Column("agreement"), *measures]
    return replace(then, columns=columns, rows=rows, notes=[_both(now, then), *then.notes])


def changed(now: Result, then: Result) -> Result:
    """The handoffs whose verdict changes. now, then: `sla verdicts`, asked alike, then with `what_if`."""
    before, after = (_by_key(result.rows, ["lead", "handoff", "promise"]) for result in (now, then))
    nothing = dict.fromkeys(column.name for column in now.columns)
    rows = []
    for key in {**before, **after}:
        one, other = before.get(key, nothing), after.get(key, nothing)
        if one["verdict"] != other["verdict"]:
            told = one if key in before else other
            rows.append(
                {name: told[name] for name in KEPT}
                | {name: one[name] for name in CHANGING}
                | {f"{name.removesuffix('_s')}_then{'_s' * name.endswith('_s')}": other[name] for name in CHANGING}
            )
    units = {column.name: column.unit for column in now.columns}
    names = [*KEPT, *(f"{name.removesuffix('_s')}_then{'_s' * name.endswith('_s')}" for name in CHANGING)]
    columns = [Column(name, units[name.replace("_then", "")]) for name in names]
    return replace(then, columns=columns, rows=rows, notes=[_both(now, then), *then.notes])


def _both(now: Result, then: Result) -> str:
    if now.definition == then.definition:
        return f"{then.definition} is what is in force already: nothing changes"
    return f"in force: {now.definition}; what if: {then.definition}"


def _by_key(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[name] for name in keys): row for row in rows}


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else other - one

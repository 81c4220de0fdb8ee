"""The same history under another agreement: both answers with the difference, down to the handoffs whose verdict changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from operator import itemgetter
from typing import Any

from projections.result import Column, Result
from projections.rows import Row

Key = tuple[Any, ...]
Place = tuple[int, int]
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
    nothing = dict.fromkeys(column.name for column in now.columns)
    rows: list[tuple[Place, dict[str, Any]]] = []
    for place, of_now, of_then in _matched(now.rows, then.rows):
        one, other = of_now or nothing, of_then or nothing
        if one["verdict"] != other["verdict"]:
            told = of_now or other
            changes = (
                {name: told[name] for name in KEPT}
                | {name: one[name] for name in CHANGING}
                | {f"{name.removesuffix('_s')}_then{'_s' * name.endswith('_s')}": other[name] for name in CHANGING}
            )
            rows.append((place, changes))
    rows.sort(key=itemgetter(0))
    units = {column.name: column.unit for column in now.columns}
    names = [*KEPT, *(f"{name.removesuffix('_s')}_then{'_s' * name.endswith('_s')}" for name in CHANGING)]
    columns = [Column(name, units[name.replace("_then", "")]) for name in names]
    return replace(then, columns=columns, rows=[row for _, row in rows], notes=[_both(now, then), *then.notes])


def _matched(now: Iterable[Row], then: Iterable[Row]) -> Iterator[tuple[Place, Row | None, Row | None]]:
    """The verdicts on the same promise of the same handoff, side by side; None where there is none. Place: in the order of the first, then
    those of the other alone.

    Both come in the order of the handoffs: what waits for its other half is what has none, and little else.
    """
    waiting: tuple[dict[Key, tuple[int, Row]], dict[Key, tuple[int, Row]]] = ({}, {})
    for place, pair in enumerate(zip_longest(now, then)):
        for side, row in enumerate(pair):
            if row is None:
                continue
            key = (row["lead"], row["handoff"], row["promise"])
            found = waiting[1 - side].pop(key, None)
            if found is None:
                waiting[side][key] = place, row
            else:
                yield ((0, found[0]), found[1], row) if side else ((0, place), row, found[1])
    yield from (((0, place), row, None) for place, row in waiting[0].values())
    yield from (((1, place), None, row) for place, row in waiting[1].values())


def _both(now: Result, then: Result) -> str:
    if now.definition == then.definition:
        return f"{then.definition} is what is in force already: nothing changes"
    return f"in force: {now.definition}; what if: {then.definition}"


def _by_key(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[name] for name in keys): row for row in rows}


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else other - one

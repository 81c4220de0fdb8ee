"""Which promise would have been kept in so many of the cases: a quantile of the time that answers took, those still waited for included.

An answer that is still waited for, or was made needless by the handoff's end, says only that it took longer than so far. It is neither a
breach nor left out: the share of those answered within a time is the product-limit estimate (E. L. Kaplan, P. Meier, "Nonparametric
Estimation from Incomplete Observations", JASA 53, 1958), which without such cases is the plain share.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import duckdb

from projections.database import rows_of, sql
from projections.definitions.agreement import Agreement, Tier
from projections.definitions.span import LONGEST, MINUTE, Span
from projections.result import Column
from projections.sla.agreed import PROMISES, Agreed

COLUMNS = (
    *(Column(name) for name in ("promise", "tier", "team")),
    Column("handoffs", "count"),
    Column("done", "count"),
    Column("waiting", "count"),
    Column("ended", "count"),
    Column("suggested_s", "s"),
    Column("kept", "fraction"),
    Column("promised_s", "s"),
    Column("kept_now", "fraction"),
    Column("reason"),
)
NEAR = 1e-12  # shares are products of fractions


def stretched(agreed: Agreed) -> Agreed:
    """The same agreement with all the time in the world for each promise: no pause is too late to count."""
    return replace(agreed, versions=[_longest(version) for version in agreed.versions])


def suggestions(connection: duckdb.DuckDBPyConnection, agreed: Agreed, met: float) -> list[dict[str, Any]]:
    """A row for each promise, tier and team, over the table `counted` under the stretched agreement.

    agreed: as it is. met: the share that is to be kept, 0 to 1. suggested_s: the shortest promise, in whole minutes, that would have been
    kept in that share; None with a reason where no time would do. kept_now: the share within the promise as it is now.
    """
    now = {
        (name, tier.id): span.micros
        for version in agreed.versions
        for tier in version.sales.tier
        for name, span in _spans(tier)
    }
    rows = rows_of(connection, sql("sla/took.sql"))
    rows.sort(
        key=lambda row: (PROMISES.index(row["promise"]), row["tier"], row["team"] is None, row["team"], row["took_us"])
    )
    return [
        dict(zip(("promise", "tier", "team"), key, strict=True))
        | _suggested(list(group), met, now.get((key[0], key[1])))
        for key, group in groupby(rows, key=lambda row: (row["promise"], row["tier"], row["team"]))
    ]


def _suggested(cases: Sequence[Mapping[str, Any]], met: float, promised: int | None) -> dict[str, Any]:
    steps = list(_kept(cases))
    enough = next((time for time, share in steps if share >= met - NEAR), None)
    suggested = None if enough is None else -(-max(enough, 1) // MINUTE) * MINUTE
    highest = steps[-1][1] if steps else 0.0
    return {
        "handoffs": sum(case["cases"] for case in cases),
        "done": sum(case["done"] for case in cases),
        "waiting": sum(case["waiting"] for case in cases),
        "ended": sum(case["cases"] - case["done"] - case["waiting"] for case in cases),
        "suggested_s": None if suggested is None else suggested / 1e6,
        "kept": None if suggested is None else _share(steps, suggested),
        "promised_s": None if promised is None else promised / 1e6,
        "kept_now": None if promised is None else _share(steps, promised),
        "reason": None if suggested is not None else f"no time would do: {highest:.1%} were done at all",
    }


def _kept(cases: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, float]]:
    """The times that answers took, and the share that is done by then."""
    left, waited_for = sum(case["cases"] for case in cases), 1.0
    for case in cases:
        if case["done"]:
            waited_for *= 1 - case["done"] / left
            yield case["took_us"], 1 - waited_for
        left -= case["cases"]


def _share(steps: Sequence[tuple[int, float]], time: int) -> float:
    return max((share for took, share in steps if took <= time), default=0.0)


def _longest(version: Agreement) -> Agreement:
    tiers = tuple(tier.model_copy(update=_stretched(tier)) for tier in version.sales.tier)
    return version.model_copy(update={"sales": version.sales.model_copy(update={"tier": tiers})})


def _stretched(tier: Tier) -> dict[str, Any]:
    longest: dict[str, Any] = {
        name: Span(LONGEST, span.wall) for name in ("response", "decision") if (span := getattr(tier, name)) is not None
    }
    if tier.follow_up is not None:
        within = Span(LONGEST, tier.follow_up.within.wall)
        longest["follow_up"] = tier.follow_up.model_copy(update={"within": within})
    return longest


def _spans(tier: Tier) -> Iterator[tuple[str, Span]]:
    for name, span in (("response", tier.response), ("decision", tier.decision)):
        if span is not None:
            yield name, span
    if tier.follow_up is not None:
        yield "follow_up", tier.follow_up.within

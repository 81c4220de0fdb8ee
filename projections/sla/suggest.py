"""Which promise would have been kept in so many of the cases: a quantile of the time that answers took, those still waited for included.

An answer that is still waited for, or was made needless by the handoff's end, says only that it took longer than so far. It is neither a
breach nor left out: the share of those answered within a time is the product-limit estimate (E. L. Kaplan, P. Meier, "Nonparametric
Estimation from Incomplete Observations", JASA 53, 1958), which without such cases is the plain share.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from projections.database import literal, rows_of, sql
from projections.definitions.agreement import Agreement, Tier
from projections.definitions.span import LONGEST, MINUTE, Span
from projections.errors import QuestionError
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


def check_share(met: float) -> None:
    """Raises QuestionError for what is no share of promises to be kept."""
    if not 0 < met <= 1:
        raise QuestionError(f"met: {met} is no share; say 0.9 for 90 %")


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
    connection.execute(sql("sla/took.sql"))
    groups = rows_of(connection, "SELECT DISTINCT promise, tier, team FROM took")
    groups.sort(
        key=lambda group: (PROMISES.index(group["promise"]), group["tier"], group["team"] is None, group["team"])
    )
    return [
        group | _suggested(_cases(connection, group), met, now.get((group["promise"], group["tier"])))
        for group in groups
    ]


def _cases(connection: duckdb.DuckDBPyConnection, group: Mapping[str, Any]) -> pa.Table:
    """Of a group: each time that was taken, and how many took it. They may be hundreds of thousands, so they stay in columns."""
    of = " AND ".join(f"{name} IS NOT DISTINCT FROM {_literal(group[name])}" for name in ("promise", "tier", "team"))
    return connection.sql(
        f"SELECT took_us, cases, done, waiting FROM took WHERE {of} ORDER BY took_us"
    ).to_arrow_table()


def _literal(value: str | None) -> str:
    return "NULL" if value is None else literal(value)


def _suggested(cases: pa.Table, met: float, promised: int | None) -> dict[str, Any]:
    handoffs, done, waiting = (pc.sum(cases[name]).as_py() for name in ("cases", "done", "waiting"))
    times, shares = _kept(cases, handoffs)
    enough = bisect_left(shares, met - NEAR)
    suggested = -(-max(times[enough], 1) // MINUTE) * MINUTE if enough < len(times) else None
    highest = shares[-1] if shares else 0.0

    def share(time: int) -> float:
        place = bisect_right(times, time)
        return shares[place - 1] if place else 0.0

    return {
        "handoffs": handoffs,
        "done": done,
        "waiting": waiting,
        "ended": handoffs - done - waiting,
        "suggested_s": None if suggested is None else suggested / 1e6,
        "kept": None if suggested is None else share(suggested),
        "promised_s": None if promised is None else promised / 1e6,
        "kept_now": None if promised is None else share(promised),
        "reason": None if suggested is not None else f"no time would do: {highest:.1%} were done at all",
    }


def _kept(cases: pa.Table, handoffs: int) -> tuple[list[int], list[float]]:
    """The times that answers took, and the share that is done by then."""
    before = pc.subtract(pc.cumulative_sum(cases["cases"]), cases["cases"])
    left = pc.cast(pc.subtract(handoffs, before), pa.float64())
    waited_for = pc.cumulative_prod(pc.subtract(1.0, pc.divide(pc.cast(cases["done"], pa.float64()), left)))
    is_done = pc.greater(cases["done"], 0)
    times, shares = pc.filter(cases["took_us"], is_done), pc.filter(pc.subtract(1.0, waited_for), is_done)
    return times.to_pylist(), shares.to_pylist()


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

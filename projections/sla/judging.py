"""Which version of the agreement judges a handoff, and by which tier: by what was known when it was handed off."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from projections.database import literal, rows_of, table
from projections.definitions.agreement import Agreement
from projections.dimensions import DETAILS, TELLING, TOLD_BY

# The version in force at each handoff. A plain date is effective from that day on, whatever the zone.
IN_FORCE = """
CREATE TEMP TABLE in_force AS
SELECT handed.story, handed.handed, max(version.number) AS version
FROM handed JOIN version
  ON CASE WHEN handed.day IS NULL THEN version.begins <= handed.occurred ELSE version.effective <= handed.day END
GROUP BY handed.story, handed.handed;
"""
OF_SCORES = ("LeadScored", "MarketingQualified")
ORDER = "in_order(said.occurred, said.sequence, said.position)"
TOLD_BY_HANDOFFS = ("team", "owner", "tier")


def facts(versions: Sequence[Agreement]) -> str:
    """SQL that makes `in_force` (story, handed, version) and `fact_at_handoff`: beside the version, if one was in force, what the conditions ask for.

    What is told at the same instant counts; of handoffs, only earlier ones. The handoff's own tier goes before the lead's. Reads the macro
    in_order (ordering.py).
    """
    names = names_of(versions)
    told = [name for name in names if name != "to_team"]
    if not told:
        columns = "".join(", team AS to_team" for _ in names)
        return f"{IN_FORCE} CREATE TEMP TABLE fact_at_handoff AS SELECT story, handed, version{columns} FROM handed LEFT JOIN in_force USING (story, handed);"
    by_handoffs = not set(told).isdisjoint(TOLD_BY_HANDOFFS)
    values = ", ".join(f"{_told(name)} AS {name}, {_cleared(name)} AS {name}_cleared" for name in told)
    some = " OR ".join(f"{_told(name)} IS NOT NULL OR {_cleared(name)}" for name in told)
    of_the_lead = {
        name: f"arg_max_null(said.{name}, {ORDER}) FILTER (said.{name} IS NOT NULL OR said.{name}_cleared)"
        for name in told
    }
    known = {"to_team": "handed.team", "tier": "coalesce(handed.own_tier, latest.tier)"}
    return f"""
    {IN_FORCE}
    CREATE TEMP TABLE fact_at_handoff AS
    WITH said AS (
        SELECT story, type, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position, {values}
        FROM history SEMI JOIN handed USING (story)
        WHERE type IN ({", ".join(map(literal, sorted(types_of(versions))))}) AND ({some})
    ),
    latest AS (
        SELECT handed.handed, {", ".join(f"{latest} AS {name}" for name, latest in of_the_lead.items())}
        FROM handed
        JOIN said ON said.story = handed.story AND said.occurred <= handed.occurred_until
            {f"AND (said.type <> 'LeadHandedOff' OR {ORDER} < in_order(handed.occurred, handed.sequence, handed.handed))" if by_handoffs else ""}
        GROUP BY handed.handed
    )
    SELECT handed.story, handed.handed, in_force.version, {", ".join(f"{known.get(name, f'latest.{name}')} AS {name}" for name in names)}
    FROM handed
    LEFT JOIN in_force USING (handed)
    LEFT JOIN latest USING (handed);
    """


def types_of(versions: Sequence[Agreement]) -> frozenset[str]:
    """The types of the events that tell what the conditions ask for."""
    names = set(names_of(versions))
    return frozenset(
        (
            *(OF_SCORES if "score" in names else ()),
            *(TELLING if not names.isdisjoint(TOLD_BY_HANDOFFS) else ()),
            *(("LeadCaptured", "LeadDetailsChanged") if names - {"score", "to_team"} else ()),
        )
    )


def decide(connection: duckdb.DuckDBPyConnection, versions: Sequence[Agreement]) -> None:
    """Makes the table `judged` (handed, version, tier_number), over `fact_at_handoff`; no row where no tier fits.

    A condition is tried once for each combination of what was known, not for each handoff.
    """
    names = names_of(versions)
    combinations = rows_of(
        connection, f"SELECT DISTINCT {', '.join(['version', *names])} FROM fact_at_handoff WHERE version IS NOT NULL"
    )
    tiers = [_tier(versions[row["version"]], row) for row in combinations]
    numbered = [row | {"tier_number": tier} for row, tier in zip(combinations, tiers, strict=True) if tier is not None]
    types = {
        "version": pa.int32(),
        **{name: pa.int64() if name == "score" else pa.string() for name in names},
        "tier_number": pa.int32(),
    }
    table(connection, "combination", pa.Table.from_pylist(numbered, pa.schema(list(types.items()))))
    same = " AND ".join(
        f"combination.{name} IS NOT DISTINCT FROM fact_at_handoff.{name}" for name in ("version", *names)
    )
    connection.execute(
        f"CREATE TEMP TABLE judged AS SELECT handed, fact_at_handoff.version, tier_number FROM fact_at_handoff JOIN combination ON {same}"
    )


def _tier(version: Agreement, known: dict[str, object]) -> int | None:
    tiers = enumerate(version.sales.tier)
    return next((number for number, tier in tiers if tier.when is None or tier.when.holds(known)), None)


def names_of(versions: Sequence[Agreement]) -> list[str]:
    """What the conditions of any tier ask for, a column of `fact_at_handoff` each."""
    conditions = (tier.when for version in versions for tier in version.sales.tier if tier.when)
    return sorted({name for condition in conditions for name in condition.names})


def _told(name: str) -> str:
    if name == "score":
        return "score"  # of the types that are read no other has one; and a plain column is filtered while it is read
    return TOLD_BY.get(name, f"CASE WHEN type IN ({DETAILS}) THEN {name} END")


def _cleared(name: str) -> str:
    return "false" if name == "score" else f"coalesce(list_contains(cleared, '{name}'), false)"

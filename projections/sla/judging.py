"""Which version of the agreement judges a handoff, and by which tier: by what was known when it was handed off."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from projections.database import rows_of, table
from projections.definitions.agreement import Agreement
from projections.dimensions import DETAILS, TOLD_BY

# The version in force, and what the handoff itself says. A plain date is effective from that day on, whatever the zone.
IN_FORCE = """
CREATE TEMP TABLE in_force AS
SELECT handed.handed, max(version.number) AS version
FROM handed JOIN version
  ON CASE WHEN handed.day IS NULL THEN version.begins <= handed.occurred ELSE version.effective <= handed.day END
GROUP BY handed.handed
"""
ORDER = "(told.occurred, told.sequence, told.position)"


def judge(connection: duckdb.DuckDBPyConnection, versions: Sequence[Agreement]) -> None:
    """Makes the table `judged` (handed, version, tier_number), over `handed`, `version` and `history`; no row where no tier fits.

    A condition is tried once for each combination of what was known, not for each handoff.
    """
    connection.execute(IN_FORCE)
    names = sorted(
        {name for version in versions for tier in version.sales.tier if tier.when for name in tier.when.names}
    )
    connection.execute(_facts(names))
    combinations = rows_of(connection, f"SELECT DISTINCT {', '.join(['version', *names])} FROM fact_at_handoff")
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


def _facts(names: Sequence[str]) -> str:
    """The table `fact_at_handoff`: for each handoff its version, and what each of these names said then.

    What is told at the same instant counts; of handoffs, only earlier ones. The handoff's own tier goes before the lead's.
    """
    own = {"to_team": "any_value(handed.team)", "tier": "any_value(handed.own_tier)"}
    told = [name for name in names if name != "to_team"]
    if not told:
        columns = "".join(", team AS to_team" for _ in names)
        return f"CREATE TEMP TABLE fact_at_handoff AS SELECT handed, version{columns} FROM handed JOIN in_force USING (handed)"
    values = [f"{_told(name)} AS {name}, {_cleared(name)} AS {name}_cleared" for name in told]
    some = " OR ".join(f"{name} IS NOT NULL OR {name}_cleared" for name in told)
    latest = {
        name: f"arg_max_null(told.{name}, {ORDER}) FILTER (told.{name} IS NOT NULL OR told.{name}_cleared)"
        for name in told
    }
    latest |= {"to_team": own["to_team"]} | (
        {"tier": f"coalesce({own['tier']}, {latest['tier']})"} if "tier" in told else {}
    )
    return f"""
    CREATE TEMP TABLE fact_at_handoff AS
    WITH said AS (
        SELECT story, type, occurred, coalesce(sequence, -9223372036854775808) AS sequence, position, {", ".join(values)}
        FROM history SEMI JOIN handed USING (story)
        WHERE type IN ({DETAILS}, 'LeadScored', 'MarketingQualified', 'LeadAssigned', 'HandoffAccepted', 'LeadHandedOff')
    ),
    told AS (SELECT * FROM said WHERE {some})
    SELECT handed.handed, any_value(in_force.version) AS version, {", ".join(f"{latest[name]} AS {name}" for name in names)}
    FROM handed
    JOIN in_force USING (handed)
    LEFT JOIN told
      ON told.story = handed.story AND told.occurred <= handed.occurred_until
     AND (told.type <> 'LeadHandedOff' OR {ORDER} < (handed.occurred, handed.sequence, handed.handed))
    GROUP BY handed.handed
    """


def _told(name: str) -> str:
    if name == "score":
        return "CASE WHEN type IN ('LeadScored', 'MarketingQualified') THEN score END"
    return TOLD_BY.get(name, f"CASE WHEN type IN ({DETAILS}) THEN {name} END")


def _cleared(name: str) -> str:
    return f"coalesce(list_contains(cleared, '{name}'), false)"

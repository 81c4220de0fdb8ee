"""The handoff audit's tables: each handoff with what was known when it was given, and those that were asked for."""

from collections.abc import Sequence
from datetime import timedelta

import duckdb

from events.instants import DAY, EPOCH_DAY
from events.observations import LeadDetails
from events.personal import personal_fields
from projections.asked import Asked, Limits
from projections.business_time import rules_of
from projections.conditions import make_conditions
from projections.database import literal, sql, table
from projections.definitions.agreement import Agreement
from projections.dimensions import DETAILS, TOLD_BY, Dimension, dimension
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.given import value_rows
from projections.kpi.sales import telling
from projections.ordering import make_order
from projections.periods import calendar
from projections.sla.agreed import Agreed, agreed
from projections.sla.judging import OF_SCORES, ORDER, decide, facts, names_of, types_of
from projections.sla.promises import HANDOFFS, handed_off, tell
from projections.steps import Step, per_lead

PERSONAL = personal_fields(LeadDetails)  # sealed: whether they were known, only who holds the keys can say
BANT = ("budget", "authority", "need", "timeline")
EARLIEST = "-9223372036854775808"
HANDED_OFF = "(SELECT DISTINCT story FROM history WHERE type = 'LeadHandedOff' AND handoff IS NOT NULL)"
OF_THOSE = f"history SEMI JOIN {HANDED_OFF} AS handed_off USING (story)"


class Audit:
    """The table `audited`: every handoff that is known. agreed: what was agreed; None where no agreement is known."""

    def __init__(self, known: Known) -> None:
        self.known, self.connection = known, known.business()
        self.agreed = _agreed(self.connection)
        per_lead(known, _step(self.agreed))

    @property
    def definition(self) -> str | None:
        """Name and hash of the agreement."""
        return self.agreed.definition if self.agreed else None

    def select(self, asked: Asked, limits: Limits) -> list[str]:
        """Makes `selected`: the handoffs that are asked for. Returns the names of the dimensions that rows are cut by."""
        cut_by = list(asked.dimensions)
        names = [*cut_by, *(name for name in asked.filter if name not in cut_by)]
        dimensions = [_dimension(name, asked) for name in names]
        self._describe(dimensions)
        make_conditions(self.connection, dimensions, asked.filter)
        self._calendar(asked, limits)
        variables = {
            "since": limits.since,
            "until": limits.until,
            "width": len(cut_by),
            "cut": asked.grain is not None,
            "lead": asked.lead,
            "handoff": asked.handoff,
        }
        tell(self.connection, variables.items())
        for file in ("local_days.sql", "fitting.sql", "handoffs/selected.sql"):
            self.connection.execute(sql(file))
        return cut_by

    def undated(self, asked: Asked, limits: Limits) -> list[str]:
        """What must be said of handoffs that fall into no period, since they are only known to have happened some time."""
        if limits.since is None and limits.until is None and asked.grain is None:
            return []
        count = self.connection.sql("SELECT count(*) FROM audited WHERE precision = 2").fetchall()[0][0]
        return [f"{count} handoffs are undated and fall into no period"] if count else []

    def _describe(self, dimensions: Sequence[Dimension]) -> None:
        """Makes `given`; the tier is the agreement's, the reason that of the answer."""
        of_leads = [one.name for one in dimensions if one.name not in ("tier", "reason", "journey")]
        if of_leads:  # a small part of what is told of all leads
            per_lead(self.known, telling("handedtelling", OF_THOSE, sorted(of_leads)))
        self.connection.execute(
            "CREATE TEMP VIEW counted AS SELECT *, to_owner AS own_owner, to_team AS own_team,"
            " NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign FROM audited"
        )
        value_rows(
            self.connection, [Dimension("reason", "reason") if one.name == "tier" else one for one in dimensions]
        )
        for place, one in enumerate(dimensions, 1):
            if one.name == "tier":
                self.connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE given AS SELECT row, list_concat(given[:{place - 1}], [tier], given[{place + 1}:]) AS given"
                    " FROM given JOIN audited USING (row)"
                )

    def _calendar(self, asked: Asked, limits: Limits) -> None:
        """The days of all handoffs and answers, and two more at each end, since zones differ."""
        happened = self.connection.sql(
            "SELECT min(least(occurred, answer.occurred)), max(greatest(occurred, answer.occurred)) FROM audited"
        ).fetchall()[0]
        first, last = (EPOCH_DAY + timedelta(days=(end or 0) // DAY) for end in happened)
        days = calendar(limits.zone, first - timedelta(days=2), last + timedelta(days=2))
        table(self.connection, "calendar", days)
        self.connection.execute(
            f"CREATE TEMP TABLE period_of_day AS SELECT number, {asked.grain or 'NULL::VARCHAR'} AS period FROM calendar"
        )


NO_LONGER_READ = """
DROP VIEW agreed_at_handoff;
DROP TABLE act;
DROP TABLE course;
DROP TABLE known_at_handoff;
DROP TABLE assigned;
"""


def _step(agreed: Agreed | None) -> Step:
    """The per-lead step: each handoff with all that is told of it, and its pauses. The tier is chosen between two parts of it."""
    versions = agreed.versions if agreed else ()
    fields = _required_in_clear(versions)
    judged_by_score = "score" in names_of(versions)
    course = "\n".join((sql("sla/course.sql"), facts(versions) if versions else ""))
    rest = "\n".join(
        (
            _known_at_handoff(fields, judged_by_score),
            _agreed_at_handoff(versions, judged_by_score),
            sql("handoffs/audit.sql"),
        )
    )

    def define(connection: duckdb.DuckDBPyConnection) -> None:
        if agreed:
            agreed.tables(connection)

    def audit(connection: duckdb.DuckDBPyConnection) -> None:
        make_order(connection)
        connection.execute(course)
        if versions:
            decide(connection, versions)
        connection.execute(rest)

    return Step(
        name="audit",
        text=handed_off("actor", "from_team", "from_owner", "to_owner"),
        tables=("audited", "pause"),
        definition=repr(([(version.told(), rules_of(version.calendar)) for version in versions], course, rest)),
        prepare=define,
        types=frozenset((*HANDOFFS, "LeadAssigned", *_types_known(fields, judged_by_score), *types_of(versions))),
        finish=audit,
        clear=NO_LONGER_READ,
    )


def _agreed(connection: duckdb.DuckDBPyConnection) -> Agreed | None:
    try:
        return agreed(connection)
    except QuestionError:
        return None  # the audit needs no agreement; without one, nobody required anything


def _dimension(name: str, asked: Asked) -> Dimension:
    if name in ("tier", "reason", "journey"):
        return Dimension(name, "journey" if name == "journey" else "reason")
    return dimension(name, asked.at)


def _requires(version: Agreement) -> tuple[str, ...]:
    return version.handoff.requires if version.handoff else ()


def _required_in_clear(versions: Sequence[Agreement]) -> list[str]:
    """The lead's fields that any version requires and that are not sealed."""
    names = {name for version in versions for name in _requires(version)}
    return sorted(name for name in names if not name.startswith("bant.") and name not in PERSONAL)


def _known_at_handoff(fields: Sequence[str], judged_by_score: bool) -> str:
    """The table `known_at_handoff`: the score, the BANT and those fields as they were known then, and how often the lead had been recycled.

    What is told at the same instant counts; of handoffs, only earlier ones; no row where nothing was. The score is the one by which the
    tier was judged. judged_by_score: it is in `fact_at_handoff` already.
    """
    told = {name: TOLD_BY.get(name, f"CASE WHEN type IN ({DETAILS}) THEN {name} END") for name in fields}
    values = "".join(
        f", {value} AS field_{name}, coalesce(list_contains(cleared, '{name}'), false) AS field_{name}_cleared"
        for name, value in told.items()
    )
    known = "".join(
        f", arg_max_null(said.field_{name}, {ORDER}) FILTER (said.field_{name} IS NOT NULL OR said.field_{name}_cleared) AS field_{name}"
        for name in fields
    )
    score = (
        "NULL::BIGINT"
        if judged_by_score
        else f"arg_max(said.score, {ORDER}) FILTER (said.type IN ('LeadScored', 'MarketingQualified'))"
    )
    return f"""
    CREATE TEMP TABLE known_at_handoff AS
    WITH said AS (
        SELECT story, type, occurred, coalesce(sequence, {EARLIEST}) AS sequence, position, score, budget, authority, need, timeline{values}
        FROM history SEMI JOIN handed USING (story)
        WHERE type IN ({", ".join(map(literal, _types_known(fields, judged_by_score)))})
    )
    SELECT handed.handed, {score} AS score,
           arg_max({{'budget': said.budget, 'authority': said.authority, 'need': said.need, 'timeline': said.timeline}}, {ORDER})
               FILTER (said.type = 'BantAssessed') AS bant,
           count(*) FILTER (said.type = 'LeadRecycled' AND {ORDER} < in_order(handed.occurred, handed.sequence, handed.handed)) AS recyclings{known}
    FROM handed
    JOIN said
      ON said.story = handed.story AND said.occurred <= handed.occurred_until
     AND (said.type <> 'LeadHandedOff' OR {ORDER} < in_order(handed.occurred, handed.sequence, handed.handed))
    GROUP BY handed.handed;
    """


def _types_known(fields: Sequence[str], judged_by_score: bool) -> tuple[str, ...]:
    """The types of the events that tell what was known at a handoff, beside what it was judged by."""
    of_scores = () if judged_by_score else OF_SCORES
    of_fields = ("LeadCaptured", "LeadDetailsChanged", "LeadAssigned", "HandoffAccepted", "LeadHandedOff")
    return (*of_scores, "BantAssessed", "LeadRecycled", *(of_fields if fields else ()))


def _agreed_at_handoff(versions: Sequence[Agreement], judged_by_score: bool) -> str:
    """The view `agreed_at_handoff`: what was known, the version in force, the tier, what it requires and was not known, and what of that is sealed."""
    known = f"""handed.handed, {"fact_at_handoff.score" if judged_by_score else "known_at_handoff.score"}, bant, 1 + coalesce(recyclings, 0) AS journey"""
    if not versions:
        return (
            f"CREATE TEMP VIEW agreed_at_handoff AS SELECT {known}, NULL::INTEGER AS version, NULL::INTEGER AS tier_number,"
            " NULL::VARCHAR AS tier, NULL::VARCHAR[] AS missing, NULL::VARCHAR[] AS unseen"
            " FROM handed LEFT JOIN known_at_handoff USING (handed);"
        )
    tiers = " ".join(
        f"WHEN in_force.version = {number} AND judged.tier_number = {place} THEN {literal(tier.id)}"
        for number, version in enumerate(versions)
        for place, tier in enumerate(version.sales.tier)
    )
    missing = " ".join(f"WHEN {number} THEN {_missing(version)}" for number, version in enumerate(versions))
    unseen = " ".join(
        f"WHEN {number} THEN {_list([literal(name) for name in _requires(version) if name in PERSONAL])}"
        for number, version in enumerate(versions)
    )
    return f"""
    CREATE TEMP VIEW agreed_at_handoff AS
    SELECT {known}, in_force.version, judged.tier_number, CASE {tiers} END AS tier,
           CASE in_force.version {missing} END AS missing, CASE in_force.version {unseen} END AS unseen
    FROM handed
    LEFT JOIN known_at_handoff USING (handed)
    {"LEFT JOIN fact_at_handoff USING (handed)" if judged_by_score else ""}
    LEFT JOIN in_force USING (handed)
    LEFT JOIN judged USING (handed);
    """


def _missing(version: Agreement) -> str:
    """SQL: what the version requires and was not known; `unknown` is not known."""
    parts = []
    for name in _requires(version):
        part = name.removeprefix("bant.")
        if part != name:
            parts.append(f"CASE WHEN coalesce(bant.{part}, 'unknown') = 'unknown' THEN {literal(name)} END")
        elif name not in PERSONAL:
            parts.append(f"CASE WHEN field_{name} IS NULL THEN {literal(name)} END")
    return f"list_filter({_list(parts)}, lambda name: name IS NOT NULL)"


def _list(parts: Sequence[str]) -> str:
    return f"[{', '.join(parts)}]::VARCHAR[]"

"""The sales step: journeys, deals, customers, offers and contacts of each lead. KPIs and the views of the pipeline read its tables."""

from collections.abc import Sequence

from projections.database import sql
from projections.dimensions import DIMENSIONS, TELLING, dimension
from projections.steps import Step

FILES = ("kpi/milestones.sql", "deals/deals.sql", "customers/customers.sql", "kpi/contacts.sql")
SALES = Step(
    name="sales",
    text="\n".join(sql(file) for file in FILES),
    tables=(
        "milestone", "journey", "deal_event", "opportunity", "deal_state", "closing", "subscription", "customer",
        "offers", "activity", "voice", "handover",
    ),
)  # fmt: skip

TOLD = tuple(name for name in DIMENSIONS if name not in ("reason", "journey"))


def telling(name: str, history: str, of: Sequence[str] = TOLD) -> Step:
    """What is told of the leads of a history, in the table `telling`: a column for each dimension, so that only those that are asked for are
    read; `cleared`: those that an event clears. name: of the step. history: `history`, or SQL for a part of it with whole stories. of: dimensions.
    """
    return Step(
        name=name,
        text=f"""
        CREATE TEMP TABLE telling AS
        SELECT * EXCLUDE (type) FROM (
            SELECT story, type, occurred,
                   row_number() OVER in_order AS place,
                   1 + count(*) FILTER (type = 'LeadRecycled') OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey,
                   {", ".join(f"{dimension(one, None).told} AS {one}" for one in of)}, cleared
            FROM {history}
            WHERE type IN ({", ".join(f"'{one}'" for one in (*TELLING, "LeadRecycled"))})
            WINDOW in_order AS (PARTITION BY story ORDER BY occurred, sequence NULLS FIRST, position)
        ) WHERE type <> 'LeadRecycled' AND coalesce({", ".join(of)}, cleared[1]) IS NOT NULL
        """,
        tables=("telling",),
        types=frozenset((*TELLING, "LeadRecycled")),
    )


TELLING_STEP = telling("telling", "history")

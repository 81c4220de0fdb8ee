"""The per-lead step of the funnel: what follows from each story alone under a model, a count and dimensions."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from projections.asked import Count, Per
from projections.database import sql, table
from projections.definitions.funnel_model import FunnelModel
from projections.dimensions import Dimension
from projections.funnel.journeys import make_stages, relevant, types_of, uncounted
from projections.steps import Step

NOTHING_VALUED = (  # a view, so that the planner sees that nothing is to be joined
    "CREATE TEMP VIEW valued AS "
    "SELECT NULL::INTEGER AS story, NULL::INTEGER AS journey, NULL::INTEGER AS stage, NULL::VARCHAR[] AS given WHERE false;"
)


def funnel_step(model: FunnelModel, dimensions: Sequence[Dimension], per: Per, count: Count) -> Step:
    """Makes `milestone` and `closing`, and of opportunities `pass`: which one each pass is. dimensions: valued at each milestone."""

    def define(connection: duckdb.DuckDBPyConnection) -> None:
        make_stages(connection, model)
        numbers = pa.array(range(1, len(dimensions) + 1), pa.int32())
        known = pa.array([cut.at for cut in dimensions], pa.string())
        table(connection, "dimension", pa.table({"number": numbers, "known": known}))

    return Step(
        name="funnel",
        text="\n".join(
            (
                relevant(model, dimensions, offers=per == "opportunity"),
                sql("funnel/journeys.sql"),
                sql("funnel/outcome.sql"),
                "" if per == "journey" else sql(f"funnel/passes_{per}.sql"),
                f"DELETE FROM reached WHERE (story, journey) IN (SELECT (story, journey) FROM ({uncounted(model)}));"
                if model.excluded
                else "",
                "" if per == "opportunity" else sql("funnel/began.sql"),
                sql(f"funnel/count_{count}.sql"),
                "" if count == "any" else sql("funnel/through.sql"),
                sql("funnel/dimensions.sql") if dimensions else NOTHING_VALUED,
                sql("funnel/milestones.sql"),
            )
        ),
        tables=("milestone", "closing", *(("pass",) if per == "opportunity" else ())),
        definition=repr((model.definition, dimensions)),
        prepare=define,
        types=types_of(model, dimensions),
    )

"""Goals: when leads entered a stage of a model, kept per lead."""

import duckdb
import pyarrow as pa

from projections.asked import Asked
from projections.database import sql, table
from projections.definitions.funnel_model import funnel_model
from projections.errors import QuestionError
from projections.funnel.journeys import make_stages, relevant, types_of, uncounted
from projections.steps import Step


def goal_step(asked: Asked) -> tuple[Step, str]:
    """The per-lead step that makes `goal`, and `left_out`: the leads that entered an excluded stage; and name and hash of what counts.

    Raises QuestionError for what is no stage of the model.
    """
    model = funnel_model(asked.model)
    names = [stage.name for stage in model.stages]
    if asked.goal not in names:
        raise QuestionError(f"goal: {asked.goal!r} is no stage of {model.name}; there are {', '.join(names)}")
    number = names.index(asked.goal) + 1

    def define(connection: duckdb.DuckDBPyConnection) -> None:
        make_stages(connection, model)
        table(connection, "goal_stage", pa.table({"number": pa.array([number], pa.int32())}))

    left_out = f"CREATE TEMP TABLE left_out AS SELECT DISTINCT story FROM ({uncounted(model)});"
    step = Step(
        name="goal",
        text="\n".join((relevant(model, ()), sql("funnel/journeys.sql"), sql("goals.sql"), left_out)),
        tables=("goal", "left_out"),
        definition=repr((model.definition, number)),
        prepare=define,
        types=types_of(model, ()),
    )
    return step, model.definition

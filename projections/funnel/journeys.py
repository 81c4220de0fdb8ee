"""Journeys and the stages they reach: the first step, and the one place where a model and dimensions become query text.

Names come from the vocabulary and are validated; values are quoted.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from projections.database import sql, table
from projections.definitions.funnel_model import Entrance, FunnelModel, Value
from projections.dimensions import TELLING, Dimension

OF_THE_JOURNEY = ("LeadRecycled", "LeadDisqualified", "DealWon", "DealLost")
OF_A_DEAL = (
    "OpportunityOpened",
    "OpportunityUpdated",
    "OfferMade",
    "OfferRevised",
    "NegotiationOpened",
    "DealReversed",
)


def make_journeys(connection: duckdb.DuckDBPyConnection, model: FunnelModel) -> None:
    """Makes the tables `stage`, `relevant`, `fact`, `dated` and `reached` (journeys.sql) over a database with the view `history`."""
    make_stages(connection, model)
    connection.execute(relevant(model, ()))
    connection.execute(sql("funnel/journeys.sql"))


def make_stages(connection: duckdb.DuckDBPyConnection, model: FunnelModel) -> None:
    """Makes the table `stage`: number (from 1), name, and `previous`: the last one before that is not optional."""
    names = [stage.name for stage in model.stages]
    needed = [number for number, stage in enumerate(model.stages, 1) if not stage.optional]
    numbers = range(1, len(names) + 1)
    previous = [max((before for before in needed if before < number), default=None) for number in numbers]
    columns = {
        "number": pa.array(numbers, pa.int32()),
        "name": pa.array(names, pa.string()),
        "optional": pa.array([stage.optional for stage in model.stages], pa.bool_()),
        "previous": pa.array(previous, pa.int32()),
    }
    table(connection, "stage", pa.table(columns))


def types_of(model: FunnelModel, dimensions: Sequence[Dimension]) -> frozenset[str]:
    """The types of the events that the funnel depends on."""
    entering = (entrance.type for stage in model.every for entrance in stage.events)
    return frozenset((*OF_THE_JOURNEY, *OF_A_DEAL, *(TELLING if dimensions else ()), *entering))


def uncounted(model: FunnelModel) -> str:
    """A query over `fact` for the journeys that do not count at all: those that entered an excluded stage."""
    return f"SELECT DISTINCT story, journey FROM fact WHERE stages >= {1 << len(model.stages)}::UBIGINT"


def relevant(model: FunnelModel, dimensions: Sequence[Dimension], offers: bool = False) -> str:
    """The table `relevant`, which journeys.sql reads: the events that matter, and what they say of stages and dimensions.

    The bits of `stages` are those of the model in order; behind them those of its excluded stages.
    offers: whether it is to tell of which offer an event is.
    """
    bits = (*model.stages, *model.excluded)
    types = sorted(types_of(model, dimensions))
    always = {*OF_THE_JOURNEY, *OF_A_DEAL, *(TELLING if dimensions else ())}
    conditions = [
        _enters(entrance) for stage in model.every for entrance in stage.events if entrance.type not in always
    ]
    stages = [
        f"CASE WHEN {' OR '.join(_enters(entrance) for entrance in stage.events)} THEN {1 << place}::UBIGINT ELSE 0 END"
        for place, stage in enumerate(bits)
    ]
    offer = " offer," if offers else ""
    told = f"""
           [{", ".join(dimension.told for dimension in dimensions)}]::VARCHAR[] AS told,
           [{", ".join(dimension.cleared for dimension in dimensions)}]::BOOLEAN[] AS emptied,"""
    return f"""
    CREATE TEMP TABLE relevant AS
    SELECT story, position, type, occurred, sequence, opportunity, reason,{offer}{told if dimensions else ""}
           {" | ".join(stages)} AS stages
    FROM (SELECT * REPLACE (type::ENUM ({_list(types)}) AS type) FROM history WHERE type IN ({_list(types)}))
    WHERE {" OR ".join([f"type IN ({_list(sorted(always))})", *conditions])};
    """


def _enters(entrance: Entrance) -> str:
    conditions = [f"type = {_literal(entrance.type)}"]
    for field, values in entrance.conditions.items():
        default = entrance.default(field)
        told = field if default is None else f"coalesce({field}, {_literal(default)})"
        conditions.append(f"{told} IN ({_list(values)})")
    return f"({' AND '.join(conditions)})"


def _list(values: Sequence[Value]) -> str:
    return ", ".join(_literal(value) for value in values)


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()

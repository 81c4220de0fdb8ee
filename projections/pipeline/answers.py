"""The answers of the views of the pipeline: definition, columns, rows, notes."""

from collections.abc import Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.known import Known
from projections.pipeline import movement as moves
from projections.pipeline import pipeline as deals
from projections.pipeline.forecast import MEASURES as OF_FORECASTS
from projections.pipeline.forecast import OPENED as BEHIND_FORECASTS
from projections.pipeline.forecast import Forecast
from projections.pipeline.replay import MEASURES as OF_REPLAYS
from projections.pipeline.replay import opened_replay, replayed
from projections.result import Column

Answer = tuple[str | None, Sequence[Column], list[dict[str, Any]], Sequence[str]]


def movement(known: Known, asked: Asked, limits: Limits) -> Answer:
    """How the pipeline moved."""
    rows, notes = moves.movement(known, asked, limits)
    return None, [*_keys(asked), *moves.MEASURES], rows, notes


def opened_movement(known: Known, asked: Asked, limits: Limits, bucket: str) -> Answer:
    """The moves behind a bucket."""
    rows, notes = moves.opened_moves(known, asked, limits, bucket)
    return None, [*_keys(asked), *moves.OPENED], rows, notes


def pipeline(known: Known, asked: Asked, limits: Limits) -> Answer:
    """What is open."""
    rows, notes = deals.pipeline(known, asked, limits)
    return None, [*_keys(asked), *deals.MEASURES], rows, notes


def opened_pipeline(known: Known, asked: Asked, limits: Limits, cell: str) -> Answer:
    """The deals behind a number of the pipeline. cell: STAGE[,COLUMN]."""
    stage, _, column = cell.partition(",")
    named = [Column(name) for name in asked.dimensions if name != "owner"]
    return None, [*named, *deals.OPENED], deals.opened_deals(known, asked, limits, stage, column or "count"), ()


def forecast(known: Known, asked: Asked, limits: Limits) -> Answer:
    """What is to be expected of periods."""
    found = Forecast(known, asked, limits)
    named = [Column(name) for name in ("period", *asked.dimensions)]
    return None, [*named, *OF_FORECASTS], found.rows(), found.notes()


def opened_forecast(known: Known, asked: Asked, limits: Limits, column: str) -> Answer:
    """What stands behind a number of the forecast."""
    found = Forecast(known, asked, limits)
    named = [Column(name) for name in ("period", *asked.dimensions)]
    return None, [*named, *BEHIND_FORECASTS], found.opened(column), found.notes()


def replay(known: Known, asked: Asked, limits: Limits) -> Answer:
    """How good forecasts were."""
    return None, OF_REPLAYS, replayed(known, asked, limits), ()


def opened_of_replay(known: Known, asked: Asked, limits: Limits, column: str) -> Answer:
    """What stands behind a column of the replay."""
    return None, [Column("period"), *BEHIND_FORECASTS], opened_replay(known, asked, limits, column), ()


def _keys(asked: Asked) -> list[Column]:
    """What rows are cut by: a period where a grain is asked for, and the dimensions."""
    return [Column(name) for name in (*(("period",) if asked.grain else ()), *asked.dimensions)]

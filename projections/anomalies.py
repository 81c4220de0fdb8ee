"""Anomalies that a read model sees: spans that run backwards. What breaks the lifecycle is the engine's to tell."""

from typing import Any

from projections.asked import Asked, Clock, limits
from projections.database import rows_of, sql
from projections.definitions.funnel_model import funnel_model
from projections.funnel.journeys import make_journeys
from projections.history import History, Moment
from projections.known import Known
from projections.result import instant


def negative_spans(history: History, asked: Asked, zone: str, clock: Clock) -> list[dict[str, Any]]:
    """The events of the default funnel model that enter a stage earlier than the lead entered the one before.

    A row an event, by position: lead, type, position, time, detail.
    """
    within = limits(asked, zone, clock)

    def compute(moment: Moment) -> list[dict[str, Any]]:
        connection = Known(moment, within.as_of).everything()
        make_journeys(connection, funnel_model("waterfall"))
        return rows_of(connection, sql("anomalies.sql"))

    return [
        {
            "lead": row["lead"],
            "type": row["type"],
            "position": row["position"],
            "time": instant(row["occurred"], row["day"], within.zone),
            "detail": f"enters {row['stage']} before {row['stage_before']},"
            f" which was entered at {instant(row['occurred_before'], row['day_before'], within.zone)}",
        }
        for row in history.answer(compute)
    ]

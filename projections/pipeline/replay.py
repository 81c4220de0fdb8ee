"""How good forecasts were: each past period as it was forecast when it began, known only what was known then, beside what came of it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from projections.asked import Asked, Limits
from projections.errors import QuestionError
from projections.known import Known
from projections.kpi.stretches import Stretch
from projections.pipeline.forecast import Forecast
from projections.result import Column

MEASURES = (
    Column("period"), Column("low", "amount"), Column("forecast", "amount"), Column("high", "amount"), Column("submitted", "amount"),
    Column("actual", "amount"), Column("currency"), Column("accuracy", "fraction"), Column("bias", "fraction"), Column("within"),
    Column("reason"),
)  # fmt: skip
# What of a forecast stands behind a column: of that at the period's beginning, but for what came of it.
BEHIND = {
    **dict.fromkeys(("low", "forecast", "high"), "likely"),
    "actual": "won",
    "submitted": "submitted",
}


def replayed(known: Known, asked: Asked, limits: Limits) -> list[dict[str, Any]]:
    """A row for each period that is over. asked.period: the grain. Raises QuestionError without one.

    accuracy: 1 − |actual − forecast| / actual; bias: (forecast − actual) / actual; both without a value where nothing was won.
    """
    now, asked = _now(known, asked, limits)
    return [
        _row(row, _as_it_began(known, asked, limits, stretch, Forecast.rows)[0])
        for row, stretch in zip(now.rows(), now.stretches, strict=True)
        if stretch.at >= stretch.ends
    ]


def opened_replay(known: Known, asked: Asked, limits: Limits, column: str) -> list[dict[str, Any]]:
    """What stands behind a column, over all periods that are over: deals as they stood when it began, or what came. Raises QuestionError."""
    if column not in BEHIND:
        raise QuestionError(f"behind `{column}` stand no deals; behind {', '.join(BEHIND)} they do")
    now, asked = _now(known, asked, limits)
    over = [stretch for stretch in now.stretches if stretch.at >= stretch.ends]
    if column in ("actual", "submitted"):
        labels = {stretch.label for stretch in over}
        return [row for row in now.opened(BEHIND[column]) if row["period"] in labels]

    def opened(forecast: Forecast) -> list[dict[str, Any]]:
        return forecast.opened(BEHIND[column])

    return [row for stretch in over for row in _as_it_began(known, asked, limits, stretch, opened)]


def _now(known: Known, asked: Asked, limits: Limits) -> tuple[Forecast, Asked]:
    """What came of the periods; and the question, about money in its currency for all of them."""
    if asked.grain is None or asked.dimensions:
        raise QuestionError("a replay takes a grain: day, week, month, quarter or year; and no dimension")
    now = Forecast(known, asked, limits, first_submitted=True)
    return now, asked.model_copy(update={"currency": now.money.currency})


def _as_it_began(
    known: Known, asked: Asked, limits: Limits, stretch: Stretch, told: Callable[[Forecast], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What the forecast of that period told at its start. A knowing that is asked for and lies before it stays."""
    then = stretch.begins - 1
    cut = replace(limits, as_of=min(then, limits.as_of or then), asked=then, since=stretch.begins, until=stretch.ends)
    question = asked.model_copy(update={"period": stretch.label, "by": ()})
    moment = known.moment.apart()
    with closing(moment.connection):
        return told(Forecast(Known(moment, cut.as_of), question, cut))


def _row(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    forecast, actual = then["likely"], now["won"]
    comparable = forecast is not None and actual
    return {
        "period": now["period"],
        **{name: then[name] for name in ("low", "high")},
        "forecast": forecast,
        "submitted": now["submitted"],
        "actual": actual,
        "currency": now["currency"],
        "accuracy": 1 - abs(actual - forecast) / actual if comparable else None,
        "bias": (forecast - actual) / actual if comparable else None,
        "within": None if actual is None or then["low"] is None else then["low"] <= actual <= then["high"],
        "reason": then["reason"] or now["reason"] or (None if actual else "nothing was won"),
    }

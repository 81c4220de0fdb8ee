"""The views that are scorecards, and what is counted behind their numbers."""

from collections.abc import Callable, Sequence
from typing import Any

from projections.asked import Asked, Limits
from projections.known import Known
from projections.result import Column
from projections.scorecards.scorecard import Scorecard

Answer = tuple[str | None, Sequence[Column], list[dict[str, Any]], Sequence[str]]


def scorecard(name: str) -> Callable[[Known, Asked, Limits], Answer]:
    """The answer of a scorecard."""

    def answer(known: Known, asked: Asked, limits: Limits) -> Answer:
        card = Scorecard(name, known, asked, limits)
        rows = card.rows()
        return card.definition, card.columns, rows, card.notes()

    return answer


def opened(name: str) -> Callable[[Known, Asked, Limits, str], Answer]:
    """What is counted behind a column of a scorecard. Raises QuestionError for a column that is none."""

    def answer(known: Known, asked: Asked, limits: Limits, column: str) -> Answer:
        card = Scorecard(name, known, asked, limits)
        return card.definition, *card.opened(column), ()

    return answer

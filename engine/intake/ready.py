"""An element whose event is prepared for the log already. What else it says is read only where somebody asks."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.intake.arrival import Arrival, arrival_of
from engine.intake.element import Element
from events.envelope import Proposal


class Ready(Element):
    """A good element of canonical form.

    exactly: reads it again, for the sake of its proposal.
    """

    __slots__ = ("_exactly", "arrival")

    def __init__(
        self,
        arrival: Arrival,
        where: str,
        raw: bytes,
        context: Mapping[str, Any],
        exactly: Callable[[bytes, str], Element],
    ) -> None:
        self.arrival, self.where, self.raw, self.context = arrival, where, raw, context
        self.fault, self.hints, self.ignored, self.offset = None, {}, False, None
        self.column, self.value, self._exactly = None, None, exactly

    @property
    def proposal(self) -> Proposal | None:  # type: ignore[override]  # read when it is asked for
        """What was understood."""
        return self._exactly(self.raw, self.where).proposal


def arrivals_of(secret: bytes, elements: Iterable[Element]) -> list[Arrival | None]:
    """The arrivals of the elements that were understood, None for the others."""
    return [
        element.arrival
        if isinstance(element, Ready)
        else (arrival_of(secret, element.proposal) if element.proposal else None)
        for element in elements
    ]

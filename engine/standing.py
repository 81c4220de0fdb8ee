"""How a lead stands: all that a decision on it depends on. Frozen; engine.lead folds it from the facts."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

Thing = Literal["handoff", "opportunity", "offer"]  # what has an id within a lead, by the field that carries it


class Standing(StrEnum):
    """How one handoff, opportunity or offer stands. The words are those of a refusal: "H1 is already accepted"."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    WON = "won"
    LOST = "lost"
    REVERSED = "reversed"


# How each kind of thing can stand, from its beginning to its ends.
STANDINGS: Mapping[Thing, tuple[Standing, ...]] = {
    "handoff": (Standing.OPEN, Standing.ACCEPTED, Standing.REJECTED, Standing.WITHDRAWN, Standing.EXPIRED),
    "opportunity": (Standing.OPEN, Standing.WON, Standing.LOST, Standing.REVERSED),
    "offer": (Standing.OPEN, Standing.ACCEPTED, Standing.DECLINED, Standing.WITHDRAWN, Standing.EXPIRED),
}


class Deal(NamedTuple):
    """What a won opportunity still brings.

    left: minor units that no reversal took back; None where it was won without an amount.
    """

    left: int | None
    currency: str | None


NOTHING: Mapping[str, Standing] = MappingProxyType({})
NO_DEALS: Mapping[str, Deal] = MappingProxyType({})


class Lead(NamedTuple):
    """A lead at one instant of its story.

    decided: something was decided in the journey that is going on.
    The maps go from an id to how that thing stands; they are never changed, a new one takes their place.
    """

    captured: bool = False
    disqualified: bool = False
    decided: bool = False
    handoffs: Mapping[str, Standing] = NOTHING
    opportunities: Mapping[str, Standing] = NOTHING
    offers: Mapping[str, Standing] = NOTHING
    deals: Mapping[str, Deal] = NO_DEALS

    @property
    def active(self) -> bool:
        """From its capture until it is disqualified."""
        return self.captured and not self.disqualified

    @property
    def customer(self) -> bool:
        """From its first win until a full reversal leaves none."""
        return Standing.WON in self.opportunities.values()

    def things(self, of: Thing) -> Mapping[str, Standing]:
        """Its handoffs, opportunities or offers."""
        match of:
            case "handoff":
                return self.handoffs
            case "opportunity":
                return self.opportunities
            case "offer":
                return self.offers

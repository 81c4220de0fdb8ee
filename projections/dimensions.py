"""What a report can be cut by, and which events tell it (RULES.md, section 4, "Dimensions")."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from projections.errors import QuestionError

At = Literal["first", "last", "stage"]

ORIGIN = "lead_source channel origin medium campaign content".split()  # where a lead came from
NATURE = "company_size region country industry segment persona product".split()  # what it is
DETAILS = "'LeadCaptured', 'LeadDetailsChanged'"
TOLD_BY: Mapping[str, str] = {  # the value that an event tells, as an expression over the history's columns
    **{name: f"CASE WHEN type IN ({DETAILS}) THEN {name} END" for name in (*ORIGIN, *NATURE)},
    "system": f"CASE WHEN type IN ({DETAILS}) THEN source END",
    "team": f"CASE WHEN type IN ({DETAILS}, 'LeadAssigned') THEN team WHEN type = 'LeadHandedOff' THEN to_team END",
    "owner": f"CASE WHEN type IN ({DETAILS}, 'LeadAssigned', 'HandoffAccepted') THEN owner"
    " WHEN type = 'LeadHandedOff' THEN to_owner END",
    "tier": f"CASE WHEN type IN ({DETAILS}, 'MarketingQualified', 'LeadHandedOff') THEN tier END",
}
TELLING = (
    "LeadCaptured",
    "LeadDetailsChanged",
    "LeadAssigned",
    "LeadHandedOff",
    "HandoffAccepted",
    "MarketingQualified",
)
OF_THE_JOURNEY = ("reason", "journey")  # why it was lost or recycled; its number
DIMENSIONS = (*ORIGIN, "system", *NATURE, "team", "owner", "tier", *OF_THE_JOURNEY)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension and when its value is taken: the first known in the journey, the latest known, or the one at the instant counted.

    own: what is counted tells it itself.
    """

    name: str
    at: At | Literal["journey", "reason", "own"]

    @property
    def told(self) -> str:
        """SQL: the value that an event tells, NULL for none."""
        return TOLD_BY.get(self.name, "NULL")

    @property
    def cleared(self) -> str:
        """SQL: whether an event clears it."""
        return (
            "false"
            if self.name not in (*ORIGIN, *NATURE, "team", "owner", "tier")
            else f"coalesce(list_contains(cleared, '{self.name}'), false)"
        )


def dimension(name: str, at: At | None) -> Dimension:
    """The dimension of that name. at: option of the same name, None for the dimension's own. Raises QuestionError."""
    if name == "responder":
        raise QuestionError(
            "`responder` comes with the agreement between marketing and sales; the funnel does not know it"
        )
    if name == "journey":
        return Dimension(name, "journey")
    if name == "reason":
        return Dimension(name, "reason")
    if name not in DIMENSIONS:
        raise QuestionError(
            f"{name!r} is no dimension; there are {', '.join(DIMENSIONS)}, and day, week, month, quarter, year"
        )
    if at is not None:
        return Dimension(name, at)
    return Dimension(name, "first" if name in (*ORIGIN, "system") else "last" if name in NATURE else "stage")

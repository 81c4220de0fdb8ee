"""An understood element with all that identifies it in this log."""

from dataclasses import dataclass, replace
from uuid import UUID

from engine.intake.content import key_of, other_lead, with_streams
from engine.intake.element import Element
from engine.privacy.ids import business_stream, stream_id
from events.base import BusinessEvent, LogEvent
from events.envelope import Proposal


@dataclass(frozen=True, slots=True)
class Arrival:
    """key: the idempotency key. stream: the lead's, or the business subject's. other: the lead that it names."""

    proposal: Proposal
    key: UUID
    stream: UUID
    other: UUID | None = None

    @property
    def of_a_lead(self) -> bool:
        """Whether it happened to a lead."""
        return not isinstance(self.proposal.data, BusinessEvent | LogEvent)


def arrival_of(secret: bytes, proposal: Proposal) -> Arrival:
    """The proposal identified. secret: the workspace's, of the key file."""
    data = with_streams(secret, proposal.source, proposal.data)
    if data is not proposal.data:
        proposal = replace(proposal, data=data)
    of_business = isinstance(proposal.data, BusinessEvent | LogEvent)
    stream = (
        business_stream(secret, proposal.subject)
        if of_business
        else stream_id(secret, proposal.source, proposal.subject)
    )
    return Arrival(proposal, key_of(secret, proposal), stream, other_lead(proposal.data))


def arrivals_of(secret: bytes, elements: list[Element]) -> list[Arrival | None]:
    """The arrivals of the elements that were understood, None for the others."""
    return [arrival_of(secret, element.proposal) if element.proposal else None for element in elements]

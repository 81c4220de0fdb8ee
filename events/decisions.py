"""Decisions: legal only in some states of the lead (engine.lead says which)."""

from events.base import Decision, Priced
from events.fields import (
    Candidates,
    Count,
    HandoffId,
    Integer,
    Known,
    OfferId,
    OpportunityId,
    Private,
    Reason,
    Recurring,
    SubscriptionId,
    When,
    Word,
)


class MarketingQualified(Decision):
    """Marketing finds the lead worth a handoff (MQL)."""

    score: Integer | None = None
    tier: Word | None = None
    reason: Reason | None = None


class LeadAssigned(Decision):
    """The lead lies with somebody; where a rule chose, which one and whom it passed over."""

    owner: Word
    team: Word | None = None
    rule: Word | None = None
    rule_version: Word | None = None
    candidates: Candidates | None = None


class LeadHandedOff(Decision):
    """One team gives the lead to another, which is to answer."""

    handoff: HandoffId
    to_team: Word | None = None
    to_owner: Word | None = None
    from_team: Word | None = None
    from_owner: Word | None = None
    tier: Word | None = None
    note: Private = None


class HandoffPaused(Decision):
    """The clock of the agreement stands still for that handoff."""

    handoff: HandoffId | None = None
    reason: Reason | None = None


class HandoffResumed(Decision):
    """The clock of the agreement runs again; ends every open pause of the handoff."""

    handoff: HandoffId | None = None
    reason: Reason | None = None


class HandoffAccepted(Decision):
    """Sales takes the lead (SAL)."""

    handoff: HandoffId | None = None
    owner: Word | None = None


class HandoffRejected(Decision):
    """Sales gives the lead back.

    reason: why, in the words of the receiving team; the handoff audit counts by it.
    """

    handoff: HandoffId | None = None
    reason: Reason


class HandoffWithdrawn(Decision):
    """The giver takes the handoff back."""

    handoff: HandoffId | None = None
    reason: Reason | None = None


class HandoffExpired(Decision):
    """Nobody answered within the agreement's limit."""

    handoff: HandoffId | None = None
    reason: Reason | None = None


class BantAssessed(Decision):
    """What sales found out about budget, authority, need and timeline."""

    budget: Known
    authority: Known
    need: Known
    timeline: Known
    evidence: Private = None


class SalesQualified(Decision):
    """Sales finds the lead worth an opportunity (SQL)."""

    reason: Reason | None = None


class LeadDisqualified(Decision):
    """The lead is given up."""

    reason: Reason


class LeadRecycled(Decision):
    """The lead goes back to marketing: its journey ends and the next one opens."""

    reason: Reason


class OpportunityDetails(Decision, Priced):
    """What is told of an opportunity."""

    product: Word | None = None
    expected_close: When | None = None


class OpportunityOpened(OpportunityDetails):
    """There is something to sell to the lead."""

    opportunity: OpportunityId


class OpportunityUpdated(OpportunityDetails):
    """The details that are named change at that date."""

    opportunity: OpportunityId | None = None
    next_step_due: When | None = None


class OfferMade(Decision, Priced):
    """An offer for an opportunity is out."""

    offer: OfferId
    opportunity: OpportunityId | None = None
    valid_until: When | None = None
    variant: Word | None = None


class OfferRevised(Decision, Priced):
    """The open offer is changed."""

    offer: OfferId | None = None
    opportunity: OpportunityId | None = None
    valid_until: When | None = None
    variant: Word | None = None


class OfferAnswer(Decision):
    """The end of an offer."""

    offer: OfferId | None = None
    reason: Reason | None = None


class OfferAccepted(OfferAnswer):
    """The lead takes the offer."""


class OfferDeclined(OfferAnswer):
    """The lead turns the offer down."""


class OfferWithdrawn(OfferAnswer):
    """We take the offer back."""


class OfferExpired(OfferAnswer):
    """The offer was open for too long."""


class NegotiationOpened(Decision):
    """Terms are being negotiated."""

    opportunity: OpportunityId | None = None


class DealWon(Decision, Priced):
    """The opportunity is won.

    amount: the deal's total; units only gives the average price.
    recurring: the new total of that subscription; subscription names one of several.
    """

    opportunity: OpportunityId | None = None
    units: Count | None = None
    recurring: Recurring | None = None
    subscription: SubscriptionId | None = None


class DealLost(Decision):
    """The opportunity is lost."""

    opportunity: OpportunityId | None = None
    reason: Reason | None = None
    competitor: Word | None = None


class DealReversed(Decision, Priced):
    """A won deal is taken back. amount: how much of it (default: all)."""

    opportunity: OpportunityId | None = None
    reason: Reason


class CustomerOnboarded(Decision):
    """The customer has begun to use what was sold."""


class SubscriptionRenewed(Decision):
    """A subscription goes on; recurring is its new total."""

    recurring: Recurring
    subscription: SubscriptionId | None = None


class SubscriptionExpanded(Decision):
    """A subscription grows; recurring is its new total."""

    recurring: Recurring
    subscription: SubscriptionId | None = None


class CustomerChurned(Decision):
    """The customer is gone, or one of several subscriptions."""

    reason: Reason | None = None
    subscription: SubscriptionId | None = None

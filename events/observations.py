"""Observations: true whatever state the lead is in, always recorded."""

from typing import Literal

from events.base import Observation
from events.fields import Count, Integer, OtherLead, Private, Reason, Word, Words

InteractionKind = Literal[
    "call", "email", "meeting", "visit", "message", "demo", "form", "download",
    "webinar", "page_view", "email_open", "email_click", "note", "other",
]  # fmt: skip


class LeadDetails(Observation):
    """What is told of a lead: who it is, where it came from, what it is, who is responsible."""

    name: Private = None
    email: Private = None
    phone: Private = None
    company: Word | None = None
    company_size: Word | None = None
    country: Word | None = None
    region: Word | None = None
    industry: Word | None = None
    segment: Word | None = None
    persona: Word | None = None
    product: Word | None = None
    lead_source: Word | None = None
    channel: Word | None = None
    origin: Literal["inbound", "outbound"] | None = None
    medium: Word | None = None
    campaign: Word | None = None
    content: Word | None = None
    team: Word | None = None
    owner: Word | None = None
    tier: Word | None = None


class LeadCaptured(LeadDetails):
    """A lead is there: from here on it is active. A later one changes details only."""


class LeadDetailsChanged(LeadDetails):
    """The details that are named change at that date; null clears, absent leaves."""


class InteractionLogged(Observation):
    """Somebody was in touch with the lead, or the lead with us.

    minutes: how long it took.
    automatic: sent by a machine; never an answer to a handoff.
    """

    kind: InteractionKind
    direction: Literal["inbound", "outbound"]
    outcome: Word | None = None
    minutes: Count | None = None
    campaign: Word | None = None
    content: Word | None = None
    experiment: Word | None = None
    variant: Word | None = None
    automatic: bool = False
    text: Private = None


class LeadScored(Observation):
    """A model or a person rated the lead."""

    score: Integer
    model: Word | None = None
    reasons: Words | None = None


class ConsentGiven(Observation):
    """The person allows a use of her data."""

    purpose: Word
    basis: Word | None = None


class ConsentWithdrawn(Observation):
    """The person takes a consent back."""

    purpose: Word
    basis: Word | None = None


class FeedbackGiven(Observation):
    """The customer rates us: `nps` 0 to 10, `csat` on the survey's own scale."""

    kind: Literal["nps", "csat"]
    score: Integer
    comment: Private = None


class ReferralMade(Observation):
    """The lead recommends us to another."""

    referred: OtherLead


class LeadRemovedAtSource(Observation):
    """The source no longer has the lead. No number moves, nothing is erased."""

    reason: Reason | None = None

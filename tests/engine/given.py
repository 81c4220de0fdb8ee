"""Given / when / then for decisions on a lead, and short words for what may have happened to it."""

from dataclasses import dataclass
from typing import Any

from engine.lead import Decided, Parked, Refused, Verdict, decide, initial
from engine.standing import Lead
from engine.story import Story
from engine.ties import Fact, entered
from events.base import Decision, LeadEvent
from events.decisions import (
    DealLost,
    DealReversed,
    DealWon,
    HandoffAccepted,
    HandoffExpired,
    HandoffPaused,
    HandoffRejected,
    HandoffWithdrawn,
    LeadDisqualified,
    LeadHandedOff,
    LeadRecycled,
    MarketingQualified,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    OpportunityOpened,
)
from events.instants import Instant, parse_instant
from events.observations import LeadCaptured

HOUR = 3_600_000_000


@dataclass(frozen=True)
class Then:
    """What was decided, to be compared with what should be."""

    proposal: Decision
    verdict: Verdict

    def decided(self, **filled_in: Any) -> None:
        assert self.verdict == Decided(self.proposal.model_copy(update=filled_in))

    def parked(self, reason: str, word: str | None = None) -> None:
        assert isinstance(self.verdict, Parked), self.verdict
        assert self.verdict.reason == reason
        assert word is None or self.verdict.word == word

    def refused(self, reason: str, word: str | None = None) -> None:
        assert isinstance(self.verdict, Refused), self.verdict
        assert self.verdict.reason == reason
        assert word is None or self.verdict.word == word

    def instead(self) -> list[str]:
        """The legal alternatives that a refusal names."""
        assert isinstance(self.verdict, Refused), self.verdict
        return [str(alternative) for alternative in self.verdict.legal]


@dataclass(frozen=True)
class Given:
    """A lead to which something has happened."""

    state: Lead

    def when(self, proposal: Decision) -> Then:
        return Then(proposal, decide(self.state, proposal))


def given(*events: LeadEvent) -> Given:
    """A lead to which these happened, each of them legally."""
    state = initial()
    for event in events:
        after = entered(state, event)
        assert isinstance(after, Lead), f"{event!r}: {after}"
        state = after
    return Given(state)


def at(when: int | str, event: LeadEvent, sequence: int | None = None) -> tuple[Instant, int | None, LeadEvent]:
    """Something that happened at an hour counted from the first, or on a date."""
    instant = parse_instant(when) if isinstance(when, str) else Instant.exact(when * HOUR)
    return instant, sequence, event


def story(*told: tuple[Instant, int | None, LeadEvent]) -> Story:
    """The story of a lead whose events came in in this order and were recorded as they came."""
    return Story(Fact(time, sequence, place, event) for place, (time, sequence, event) in enumerate(told, start=1))


def judged_at(of: Story, when: int | str, proposal: Decision) -> Then:
    """What the story says of a proposal of that time."""
    time, sequence, _ = at(when, proposal)
    return Then(proposal, of.decide(proposal, time, sequence))


def captured() -> LeadCaptured:
    return LeadCaptured()


def qualified() -> MarketingQualified:
    return MarketingQualified()


def disqualified() -> LeadDisqualified:
    return LeadDisqualified(reason="no project")


def recycled() -> LeadRecycled:
    return LeadRecycled(reason="next year")


def handed_off(handoff: str) -> LeadHandedOff:
    return LeadHandedOff(handoff=handoff)


def accepted(handoff: str | None = None) -> HandoffAccepted:
    return HandoffAccepted(handoff=handoff)


def rejected(handoff: str | None = None) -> HandoffRejected:
    return HandoffRejected(handoff=handoff, reason="no budget")


def paused(handoff: str | None = None) -> HandoffPaused:
    return HandoffPaused(handoff=handoff)


def withdrawn(handoff: str | None = None) -> HandoffWithdrawn:
    return HandoffWithdrawn(handoff=handoff)


def expired(handoff: str | None = None) -> HandoffExpired:
    return HandoffExpired(handoff=handoff)


def opened(opportunity: str) -> OpportunityOpened:
    return OpportunityOpened(opportunity=opportunity)


def won(opportunity: str | None = None, amount: int | None = None) -> DealWon:
    return DealWon(opportunity=opportunity, amount=amount, currency=None if amount is None else "EUR")


def lost(opportunity: str | None = None) -> DealLost:
    return DealLost(opportunity=opportunity)


def reversed_(opportunity: str | None = None, amount: int | None = None, currency: str = "EUR") -> DealReversed:
    money: dict[str, Any] = {} if amount is None else {"amount": amount, "currency": currency}
    return DealReversed(opportunity=opportunity, reason="defect", **money)


def offered(offer: str, opportunity: str | None = None) -> OfferMade:
    return OfferMade(offer=offer, opportunity=opportunity)


def offer_accepted(offer: str | None = None) -> OfferAccepted:
    return OfferAccepted(offer=offer)


def offer_declined(offer: str | None = None) -> OfferDeclined:
    return OfferDeclined(offer=offer)


def offer_withdrawn(offer: str | None = None) -> OfferWithdrawn:
    return OfferWithdrawn(offer=offer)


def offer_expired(offer: str | None = None) -> OfferExpired:
    return OfferExpired(offer=offer)

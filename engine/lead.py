"""What may happen to a lead, and when: initial, decide and evolve. Pure: no clock, no I/O."""

from collections.abc import Mapping
from typing import NamedTuple, TypeGuard, assert_never, get_args

from engine.rules import (
    Objection,
    Refers,
    Rule,
    if_active,
    if_active_or_customer,
    if_customer,
    if_decided,
    if_new,
    if_not_ended,
    if_open,
    if_won,
)
from engine.standing import Deal, Lead, Standing
from events.base import Decision, Event, LeadEvent
from events.decisions import (
    BantAssessed,
    CustomerChurned,
    CustomerOnboarded,
    DealLost,
    DealReversed,
    DealWon,
    HandoffAccepted,
    HandoffExpired,
    HandoffPaused,
    HandoffRejected,
    HandoffResumed,
    HandoffWithdrawn,
    LeadAssigned,
    LeadDisqualified,
    LeadHandedOff,
    LeadRecycled,
    MarketingQualified,
    NegotiationOpened,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferRevised,
    OfferWithdrawn,
    OpportunityOpened,
    OpportunityUpdated,
    SalesQualified,
    SubscriptionExpanded,
    SubscriptionRenewed,
)
from events.observations import LeadCaptured

# What may happen to a lead, and when. decide() reads it, a refusal names its alternatives from it, and
# docs/lifecycle.md is drawn from it.
RULES: Mapping[type[Decision], Rule] = {
    MarketingQualified: if_active_or_customer,
    LeadAssigned: if_active_or_customer,
    BantAssessed: if_active_or_customer,
    SalesQualified: if_active_or_customer,
    LeadHandedOff: if_new("handoff") & if_active_or_customer,
    HandoffAccepted: if_open("handoff"),
    HandoffRejected: if_open("handoff"),
    HandoffExpired: if_open("handoff"),
    HandoffPaused: if_not_ended("handoff"),
    HandoffResumed: if_not_ended("handoff"),
    HandoffWithdrawn: if_not_ended("handoff"),
    OpportunityOpened: if_new("opportunity") & if_active_or_customer,
    OpportunityUpdated: if_open("opportunity"),
    NegotiationOpened: if_open("opportunity"),
    OfferMade: if_open("opportunity") & if_new("offer"),
    OfferRevised: if_open("offer"),
    OfferAccepted: if_open("offer"),
    OfferDeclined: if_open("offer"),
    OfferWithdrawn: if_open("offer"),
    OfferExpired: if_open("offer"),
    DealWon: if_open("opportunity"),
    DealLost: if_open("opportunity"),
    DealReversed: if_won("opportunity"),
    LeadDisqualified: if_active,
    LeadRecycled: if_decided,
    CustomerOnboarded: if_customer,
    SubscriptionRenewed: if_customer,
    SubscriptionExpanded: if_customer,
    CustomerChurned: if_customer,
}
REFERENCES: Mapping[type[Decision], Refers] = {of: rule.reference for of, rule in RULES.items() if rule.reference}

LeadFact = (
    LeadCaptured
    | MarketingQualified
    | LeadAssigned
    | BantAssessed
    | SalesQualified
    | LeadHandedOff
    | HandoffAccepted
    | HandoffRejected
    | HandoffExpired
    | HandoffPaused
    | HandoffResumed
    | HandoffWithdrawn
    | OpportunityOpened
    | OpportunityUpdated
    | NegotiationOpened
    | OfferMade
    | OfferRevised
    | OfferAccepted
    | OfferDeclined
    | OfferWithdrawn
    | OfferExpired
    | DealWon
    | DealLost
    | DealReversed
    | LeadDisqualified
    | LeadRecycled
    | CustomerOnboarded
    | SubscriptionRenewed
    | SubscriptionExpanded
    | CustomerChurned
)
# How the handoff, opportunity or offer stands that the fact names.
BECOMES: Mapping[type[Event], Standing] = {
    LeadHandedOff: Standing.OPEN,
    HandoffAccepted: Standing.ACCEPTED,
    HandoffRejected: Standing.REJECTED,
    HandoffWithdrawn: Standing.WITHDRAWN,
    HandoffExpired: Standing.EXPIRED,
    OpportunityOpened: Standing.OPEN,
    DealLost: Standing.LOST,
    OfferMade: Standing.OPEN,
    OfferAccepted: Standing.ACCEPTED,
    OfferDeclined: Standing.DECLINED,
    OfferWithdrawn: Standing.WITHDRAWN,
    OfferExpired: Standing.EXPIRED,
}
FACTS: frozenset[type[Event]] = frozenset(get_args(LeadFact))
DEPENDS_ON: frozenset[str] = frozenset(of.__name__ for of in FACTS)


class Decided(NamedTuple):
    """The proposal may become a fact: the event, with the ids that were left out filled in."""

    event: Decision


class Parked(NamedTuple):
    """Not legal, but it could become so.

    word: unknown, several or inactive. reason: a sentence that names the id and the fact.
    """

    word: str
    reason: str


class Alternative(NamedTuple):
    """What would be legal instead. id: of which thing; None where the decision names none, or a new one."""

    type: str
    id: str | None = None

    def __str__(self) -> str:
        return self.type if self.id is None else f"{self.type} {self.id}"


class Refused(NamedTuple):
    """It contradicts what is recorded.

    word: ended, closed or taken. reason: as of Parked. legal: what could be decided instead.
    """

    word: str
    reason: str
    legal: tuple[Alternative, ...]


Verdict = Decided | Parked | Refused


def initial() -> Lead:
    """A lead of which nothing is known."""
    return Lead()


def decide(state: Lead, proposal: Decision) -> Verdict:
    """Whether the proposal may become a fact of this lead, as it stood at the proposal's time."""
    match judged(state, proposal):
        case Objection(word, reason, final):
            return Refused(word, reason, alternatives(state)) if final else Parked(word, reason)
        case event:
            return Decided(event)


def judged(state: Lead, proposal: Decision) -> Decision | Objection:
    """The proposal with its ids filled in where it is legal, else why it is not."""
    proposal = with_ids_filled_in(state, proposal)
    return RULES[type(proposal)].objection(state, proposal) or proposal


def with_ids_filled_in(state: Lead, proposal: Decision) -> Decision:
    """The proposal with the id that it leaves out, where exactly one thing can be meant."""
    reference = REFERENCES.get(type(proposal))
    if reference is None or getattr(proposal, reference.to) is not None:
        return proposal
    meant = reference.candidates(state)
    return proposal.model_copy(update={reference.to: meant[0]}) if len(meant) == 1 else proposal


def alternatives(state: Lead) -> tuple[Alternative, ...]:
    """Everything that could be decided on this lead, in the order of the table."""
    return tuple(Alternative(of.__name__, name) for of, rule in RULES.items() for name in rule.possible(state))


def evolve(state: Lead, event: LeadEvent) -> Lead:
    """The lead after a recorded fact. Never refuses: what is recorded has happened."""
    return _after(state, event) if _is_fact(event) else state


def _is_fact(event: LeadEvent) -> TypeGuard[LeadFact]:
    return type(event) in FACTS


def _after(state: Lead, event: LeadFact) -> Lead:
    match event:
        case LeadCaptured():
            return state._replace(captured=True)
        case LeadRecycled():
            return state._replace(disqualified=False, decided=False)
        case LeadDisqualified():
            return state._replace(disqualified=True, decided=True)
        case LeadHandedOff() | HandoffAccepted() | HandoffRejected() | HandoffWithdrawn() | HandoffExpired():
            handoffs = _with(state.handoffs, event.handoff, BECOMES[type(event)])
            return state._replace(decided=True, handoffs=handoffs)
        case OfferMade() | OfferAccepted() | OfferDeclined() | OfferWithdrawn() | OfferExpired():
            return state._replace(decided=True, offers=_with(state.offers, event.offer, BECOMES[type(event)]))
        case OpportunityOpened() | DealLost():
            return _opportunity(state, event.opportunity, BECOMES[type(event)])
        case DealWon():
            won = _opportunity(state, event.opportunity, Standing.WON)
            return _with_deal(won, event.opportunity, Deal(event.amount, event.currency))
        case DealReversed():
            return _reversed(state, event)
        case (
            MarketingQualified()
            | LeadAssigned()
            | BantAssessed()
            | SalesQualified()
            | HandoffPaused()
            | HandoffResumed()
            | OpportunityUpdated()
            | NegotiationOpened()
            | OfferRevised()
            | CustomerOnboarded()
            | SubscriptionRenewed()
            | SubscriptionExpanded()
            | CustomerChurned()
        ):
            return state if state.decided else state._replace(decided=True)
        case _:
            assert_never(event)


def _opportunity(state: Lead, name: str | None, standing: Standing) -> Lead:
    return state._replace(decided=True, opportunities=_with(state.opportunities, name, standing))


def _with(things: Mapping[str, Standing], name: str | None, standing: Standing) -> Mapping[str, Standing]:
    return things if name is None else {**things, name: standing}  # without an id (trusted sources) nobody knows which


def _with_deal(state: Lead, name: str | None, deal: Deal) -> Lead:
    return state if name is None else state._replace(deals={**state.deals, name: deal})


def _reversed(state: Lead, event: DealReversed) -> Lead:
    """Reversals add up; the deal stays won until they reach its own amount. One without an amount takes back all of it.

    Where the deal has no amount, or another currency, no part of it can reach the whole: only all of it ends it.
    """
    left, currency = state.deals.get(event.opportunity or "", Deal(None, None))
    if event.amount is None:
        return _opportunity(state, event.opportunity, Standing.REVERSED)
    if left is None or event.currency != currency:
        return state._replace(decided=True)
    if event.amount >= left:
        return _opportunity(state, event.opportunity, Standing.REVERSED)
    return _with_deal(state._replace(decided=True), event.opportunity, Deal(left - event.amount, currency))

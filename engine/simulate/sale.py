"""Leads' lives from the first opportunity on: offers, the deal, and what becomes of the customer."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulate import company
from engine.simulate.company import FIELD_SALES, SUCCESS
from engine.simulate.leads import NOBODY, Leads, money, parted, person, yearly
from engine.simulate.origin import Origin
from engine.simulate.telling import Array, Json, Words
from engine.simulate.working_time import DAY, END, dates, local

TALKS = ("visit", "demo", "meeting", "call", "email", "email")
_PRICES = np.array([product.prices for product in company.PRODUCTS.choices])
_SERVICE = np.array([product.service for product in company.PRODUCTS.choices])
STEP = 250  # EUR; prices are round
_BY_PRICE = np.array([reason in {"Preis", "Wettbewerb"} for reason in company.LOST.choices])


def sold(leads: Leads, who: Array, origin: Origin) -> Array:
    """Opportunities one after the other, until one is won or nobody asks again. Those that did not buy."""
    to_field_sales(leads, who)
    lost = [who[:0]]
    while who.size:
        leads.new(leads.opportunity, who)
        least, most = _PRICES[origin.product[who]].T
        leads.price[who] = least + leads.rng.integers(0, (most - least) // STEP) * STEP
        opened(leads, who, origin)
        signed, unsigned = offered(leads, who)
        won(leads, signed, origin)
        who, final = parted(unsigned, leads.chance(unsigned, 0.1))
        leads.days_pass(who, 10, 60)
        lost.append(final)
    return np.concatenate(lost)


def to_field_sales(leads: Leads, who: Array) -> None:
    """Inside sales gives them to those who visit them."""
    leads.new(leads.handoff, who)
    leads.seller[who] = leads.one_of(who, FIELD_SALES)
    handoff, owner, seller = leads.named("H", leads.handoff, who), leads.owner[who], leads.seller[who]
    leads.work_passes(who, 3)
    leads.tell(
        "LeadHandedOff", who, owner, handoff=handoff, from_team="inside sales", from_owner=person(owner), to_team="field sales",
        to_owner=person(seller), tier=leads.tier(who),
    )  # fmt: skip
    leads.work_passes(who, 5)
    leads.tell("HandoffAccepted", who, seller, handoff=handoff, owner=person(seller))
    leads.owner[who] = seller


def opened(leads: Leads, who: Array, origin: Origin) -> None:
    """There is something to sell, and it is talked about."""
    leads.work_passes(who, 6)
    leads.tell(
        "OpportunityOpened", who, leads.seller[who], opportunity=_opportunity(leads, who), **money(leads.price[who]),
        product=origin.product_name(who), expected_close=_day(leads, who, 60, 150),
    )  # fmt: skip
    kinds = leads.rng.permuted(np.tile(np.arange(len(TALKS)), (who.size, 1)), axis=1)
    talks = leads.between(who, 2, 5)
    for step in range(4):
        talking = talks > step
        some = who[talking]
        leads.days_pass(some, 1, 9)
        leads.work_passes(some, 4)
        kind = Words(kinds[talking, step], TALKS)
        leads.tell(
            "InteractionLogged",
            some,
            leads.seller[some],
            kind=kind,
            direction="outbound",
            minutes=leads.between(some, 10, 180),
        )
    some = leads.some(who, 0.25)
    leads.tell(
        "OpportunityUpdated", some, leads.seller[some], opportunity=_opportunity(leads, some),
        expected_close=_day(leads, some, 60, 200), next_step_due=_day(leads, some, 3, 20),
    )  # fmt: skip


def offered(leads: Leads, who: Array) -> tuple[Array, Array]:
    """Offers go out, are revised, negotiated and answered. Those that were accepted, and the others."""
    gone, who = parted(who, leads.chance(who, 0.14))
    lost(leads, gone)
    leads.new(leads.offer, who)
    leads.work_passes(who, 20)
    _priced(leads, who, "OfferMade")
    revising = leads.some(who, 0.3)
    while revising.size:
        leads.days_pass(revising, 3, 15)
        leads.work_passes(revising, 6)
        leads.price[revising] = leads.price[revising] * leads.between(revising, 88, 100) // 100
        _priced(leads, revising, "OfferRevised")
        revising = leads.some(revising, 0.3)
    talking = leads.some(who, 0.45)
    leads.work_passes(talking, 12)
    leads.tell("NegotiationOpened", talking, leads.seller[talking], opportunity=_opportunity(leads, talking))
    signed, unsigned = accepted(leads, who)
    return signed, np.concatenate((gone, unsigned))


def accepted(leads: Leads, who: Array) -> tuple[Array, Array]:
    """The answers to offers, or none: those accepted, and the others."""
    fate = leads.rng.random(who.size)
    leads.days_pass(who, 4, 30)
    leads.work_passes(who, 8)
    signed = who[fate < 0.34]
    leads.tell("OfferAccepted", signed, leads.seller[signed], offer=_offer(leads, signed))
    leads.work_passes(signed, 3)
    for type_, least, most in (
        ("OfferDeclined", 0.34, 0.68),
        ("OfferExpired", 0.68, 0.86),
        ("OfferWithdrawn", 0.86, 0.9),
    ):
        some = who[(fate >= least) & (fate < most)]
        leads.tell(
            type_, some, "system:offers" if type_ == "OfferExpired" else leads.seller[some], offer=_offer(leads, some)
        )
    lost(leads, who[(fate >= 0.34) & (fate < 0.9)])
    return signed, who[fate >= 0.34]


def lost(leads: Leads, who: Array) -> None:
    """Opportunities are lost, for a reason that is mostly known."""
    leads.work_passes(who, 6)
    reason = company.LOST.words(leads.rng, who.size)
    known = leads.chance(who, 0.93)
    named = known & _BY_PRICE[reason.codes] & leads.chance(who, 0.7)
    competitor = company.COMPETITORS.words(leads.rng, who.size).only(named)
    leads.tell(
        "DealLost",
        who,
        leads.seller[who],
        opportunity=_opportunity(leads, who),
        reason=reason.only(known),
        competitor=competitor,
    )


def won(leads: Leads, who: Array, origin: Origin) -> None:
    """Deals, and the customers' years after them."""
    served_ = leads.chance(who, 0.6)
    leads.service[who] = np.where(served_, np.round(leads.price[who] * _SERVICE[origin.product[who]]), 0).astype(
        np.int64
    )
    contract = yearly(leads.service[who])
    leads.tell(
        "DealWon", who, leads.seller[who], opportunity=_opportunity(leads, who), **money(leads.price[who]), units=np.ones(who.size, np.int64),
        recurring=Json(pc.if_else(leads.service[who] > 0, contract, None)),
    )  # fmt: skip
    leads.won_at[who] = leads.now[who]
    back, kept = parted(who, leads.chance(who, 0.04))
    reversed_(leads, back)
    served(leads, kept)


def reversed_(leads: Leads, who: Array) -> None:
    """All of the deal is taken back."""
    leads.days_pass(who, 5, 40)
    leads.work_passes(who, 8)
    reason = company.REVERSED.words(leads.rng, who.size)
    leads.tell("DealReversed", who, leads.seller[who], opportunity=_opportunity(leads, who), reason=reason)
    leads.won_at[who] = NOBODY


def served(leads: Leads, who: Array) -> None:
    """Onboarding, feedback, and a service contract that is renewed, grows or ends."""
    leads.manager[who] = leads.one_of(who, SUCCESS)
    leads.days_pass(who, 30, 110)
    leads.work_passes(who, 8)
    leads.tell("CustomerOnboarded", who, leads.manager[who])
    asked = leads.some(who, 0.5)
    leads.days_pass(asked, 20, 60)
    score = np.minimum(10, leads.rng.triangular(2, 9, 11, asked.size).astype(np.int64))
    leads.tell("FeedbackGiven", asked, kind="nps", score=score, comment=leads.maybe(asked, 0.2, "Läuft gut."))
    who = who[leads.service[who] > 0]
    while who.size:
        leads.days_pass(who, 150, 215)
        leads.work_passes(who, 8)
        fate = leads.rng.random(who.size)
        gone, grown, renewed = (
            who[fate < 0.12],
            who[(fate >= 0.12) & (fate < 0.34)],
            who[(fate >= 0.34) & (fate < 0.75)],
        )
        leads.tell("CustomerChurned", gone, leads.manager[gone], reason=company.CHURNED.words(leads.rng, gone.size))
        leads.service[grown] = leads.service[grown] * leads.between(grown, 110, 150) // 100
        for type_, some in (("SubscriptionExpanded", grown), ("SubscriptionRenewed", renewed)):
            leads.tell(type_, some, leads.manager[some], recurring=Json(yearly(leads.service[some])))
        who = who[(fate >= 0.12) & (leads.now[who] < END)]


def _opportunity(leads: Leads, who: Array) -> pa.Array:
    return leads.named("O", leads.opportunity, who)


def _offer(leads: Leads, who: Array) -> pa.Array:
    return leads.named("A", leads.offer, who)


def _priced(leads: Leads, who: Array, type_: str) -> None:
    leads.tell(
        type_, who, leads.seller[who], offer=_offer(leads, who), opportunity=_opportunity(leads, who), **money(leads.price[who]),
        valid_until=_day(leads, who, 30, 60),
    )  # fmt: skip


def _day(leads: Leads, who: Array, least: int, most: int) -> pa.Array:
    """Plain dates so many days from now."""
    return dates(local(leads.now[who]) // DAY + leads.between(who, least, most))

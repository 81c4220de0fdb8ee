"""A lead's life from the first opportunity on: offers, the deal, and what becomes of the customer."""

from datetime import datetime, timedelta

from engine.simulate import company
from engine.simulate.company import Product
from engine.simulate.story import Story
from engine.simulate.working_time import BERLIN

CURRENCY = "EUR"


def sold(story: Story, product: Product) -> bool:
    """Opportunities one after the other, until one is won or nobody asks again."""
    seller = to_field_sales(story)
    while True:
        opportunity = story.new_id("O")
        price = story.rng.randrange(*product.prices, 250)
        opened(story, opportunity, product, price, seller)
        if offered(story, opportunity, price, seller):
            won(story, opportunity, product, seller)
            return True
        if not story.chance(0.1):
            return False
        story.days_pass(10, 60)


def to_field_sales(story: Story) -> str:
    """Inside sales gives the lead to the one who visits it."""
    handoff, seller = story.new_id("H"), story.rng.choice(company.FIELD_SALES)
    story.work_passes(3)
    story.tell(
        "LeadHandedOff", story.owner, handoff=handoff, from_team="inside sales", from_owner=story.owner, to_team="field sales",
        to_owner=seller, tier=story.tier,
    )  # fmt: skip
    story.work_passes(5)
    story.tell("HandoffAccepted", seller, handoff=handoff, owner=seller)
    story.owner = seller
    return seller


def opened(story: Story, opportunity: str, product: Product, price: int, seller: str) -> None:
    """There is something to sell, and it is talked about."""
    story.work_passes(6)
    story.tell(
        "OpportunityOpened",
        seller,
        opportunity=opportunity,
        **money(price),
        product=product.name,
        expected_close=day(story, 60, 150),
    )
    for kind in story.rng.sample(("visit", "demo", "meeting", "call", "email", "email"), story.rng.randrange(2, 5)):
        story.days_pass(1, 9)
        story.work_passes(4)
        story.tell("InteractionLogged", seller, kind=kind, direction="outbound", minutes=story.rng.randrange(10, 180))
    if story.chance(0.25):
        story.tell(
            "OpportunityUpdated",
            seller,
            opportunity=opportunity,
            expected_close=day(story, 60, 200),
            next_step_due=day(story, 3, 20),
        )


def offered(story: Story, opportunity: str, price: int, seller: str) -> bool:
    """An offer goes out, is revised, negotiated and answered. Whether it was accepted."""
    if story.chance(0.14):
        lost(story, opportunity, seller)
        return False
    offer = story.new_id("A")
    story.work_passes(20)
    story.tell(
        "OfferMade", seller, offer=offer, opportunity=opportunity, **money(price), valid_until=day(story, 30, 60)
    )
    while story.chance(0.3):
        story.days_pass(3, 15)
        story.work_passes(6)
        price = price * story.rng.randrange(88, 100) // 100
        story.tell(
            "OfferRevised", seller, offer=offer, opportunity=opportunity, **money(price), valid_until=day(story, 30, 60)
        )
    if story.chance(0.45):
        story.work_passes(12)
        story.tell("NegotiationOpened", seller, opportunity=opportunity)
    return accepted(story, opportunity, offer, price, seller)


def accepted(story: Story, opportunity: str, offer: str, price: int, seller: str) -> bool:
    """The answer to the offer, or none."""
    fate = story.rng.random()
    story.days_pass(4, 30)
    story.work_passes(8)
    if fate < 0.34:
        story.tell("OfferAccepted", seller, offer=offer)
        story.work_passes(3)
        story.price = price
        return True
    if fate < 0.9:
        type_ = "OfferDeclined" if fate < 0.68 else "OfferExpired" if fate < 0.86 else "OfferWithdrawn"
        story.tell(type_, seller if type_ != "OfferExpired" else "system:offers", offer=offer)
        lost(story, opportunity, seller)
    return False


def lost(story: Story, opportunity: str, seller: str) -> None:
    """The opportunity is lost, for a reason that is mostly known."""
    story.work_passes(6)
    reason = company.LOST.draw(story.rng) if story.chance(0.93) else None
    competitor = (
        company.COMPETITORS.draw(story.rng) if reason in {"Preis", "Wettbewerb"} and story.chance(0.7) else None
    )
    story.tell("DealLost", seller, opportunity=opportunity, reason=reason, competitor=competitor)


def won(story: Story, opportunity: str, product: Product, seller: str) -> None:
    """The deal, and the customer's years after it."""
    service = round(story.price * product.service) if story.chance(0.6) else None
    story.tell(
        "DealWon", seller, opportunity=opportunity, **money(story.price), units=1,
        recurring=yearly(service) if service else None,
    )  # fmt: skip
    story.won_at = story.now
    if story.chance(0.04):
        reversed_(story, opportunity, seller)
    else:
        served(story, service)


def reversed_(story: Story, opportunity: str, seller: str) -> None:
    """All of the deal is taken back."""
    story.days_pass(5, 40)
    story.work_passes(8)
    story.tell("DealReversed", seller, opportunity=opportunity, reason=company.REVERSED.draw(story.rng))
    story.won_at = None


def served(story: Story, service: int | None) -> None:
    """Onboarding, feedback, and a service contract that is renewed, grows or ends."""
    manager = story.rng.choice(company.SUCCESS)
    story.days_pass(30, 110)
    story.work_passes(8)
    story.tell("CustomerOnboarded", manager)
    if story.chance(0.5):
        story.days_pass(20, 60)
        story.tell(
            "FeedbackGiven",
            kind="nps",
            score=min(10, int(story.rng.triangular(2, 11, 9))),
            comment="Läuft gut." if story.chance(0.2) else None,
        )
    while service:
        story.days_pass(150, 215)
        story.work_passes(8)
        fate = story.rng.random()
        if fate < 0.12:
            story.tell("CustomerChurned", manager, reason=company.CHURNED.draw(story.rng))
            return
        if fate < 0.34:
            service = service * story.rng.randrange(110, 150) // 100
            story.tell("SubscriptionExpanded", manager, recurring=yearly(service))
        elif fate < 0.75:
            story.tell("SubscriptionRenewed", manager, recurring=yearly(service))
        if story.over():
            return


def money(euros: int) -> dict[str, str]:
    """An amount as it stands on the wire."""
    return {"amount": f"{euros}.00", "currency": CURRENCY}


def yearly(euros: int) -> dict[str, str]:
    """What is paid every year."""
    return {"amount": f"{euros}.00", "every": "year"}


def day(story: Story, least: int, most: int) -> str:
    """A plain date so many days from now."""
    return str(datetime.fromtimestamp(story.now, BERLIN).date() + timedelta(days=story.rng.randrange(least, most)))

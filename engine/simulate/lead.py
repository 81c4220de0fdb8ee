"""A lead's life up to the moment at which sales takes it, or does not."""

from engine.simulate import company
from engine.simulate.company import Campaign, Product
from engine.simulate.people import Person
from engine.simulate.sale import sold
from engine.simulate.story import Story

INTEREST = company.Weighted(
    ("page_view", 46), ("email_open", 24), ("email_click", 12), ("download", 10), ("webinar", 8)
)
POINTS = {"page_view": 3, "email_open": 2, "email_click": 6, "download": 14, "webinar": 18}
QUALIFIES = 56
HOT = 80
JOURNEYS = 3
EXPIRED, WITHDRAWN, REJECTED = 0.07, 0.09, 0.27  # of all handoffs to inside sales, each with those before it


def live(story: Story, person: Person, campaign: Campaign, product: Product) -> bool:
    """Tells the whole life. Whether the lead became a customer."""
    captured(story, person, campaign, product)
    for _ in range(JOURNEYS):
        end = journey(story, campaign, product)
        if end != "recycled":
            return end == "won"
        story.days_pass(20, 120)
    return False


def captured(story: Story, person: Person, campaign: Campaign, product: Product) -> None:
    """The lead is there, with what the form, the caller or the fair's badge says."""
    story.tell(
        "LeadCaptured",
        name=person.name,
        email=person.email if story.source != "telephone" or story.chance(0.6) else None,
        phone=person.phone if story.source != "web-form" or story.chance(0.5) else None,
        company=person.company,
        company_size=company.SIZES.draw(story.rng) if story.chance(0.9) else None,
        country="DE",
        region=company.REGIONS.draw(story.rng),
        industry=company.INDUSTRIES.draw(story.rng) if story.chance(0.92) else None,
        persona=company.PERSONAS.draw(story.rng),
        product=product.name if story.chance(0.8) else None,
        lead_source=campaign.lead_source,
        channel=campaign.channel,
        origin=campaign.origin,
        medium=campaign.medium,
        campaign=campaign.name,
        team="marketing",
    )
    story.score = {"inbound": 22, "outbound": 8}[campaign.origin] + (
        12 if campaign.medium in {"fair", "referral"} else 0
    )
    if story.chance(0.7):
        story.tell("ConsentGiven", purpose="newsletter", basis="double opt-in")


def journey(story: Story, campaign: Campaign, product: Product) -> str:
    """One pass through the funnel. How it ended: won, lost, recycled, or silent."""
    interest(story, campaign)
    direct = story.source == "telephone" and story.chance(0.4)  # a caller who wants an offer needs no scoring
    if not direct and not qualified(story):
        return silent_or_given_up(story)
    if not handed_to_sales(story):
        return "recycled" if recycled(story, 0.45) else silent_or_given_up(story)
    first_talks(story)
    if not sales_qualified(story) or story.chance(0.13):  # some are worth an opportunity that never comes about
        return "recycled" if recycled(story, 0.4) else silent_or_given_up(story)
    won = sold(story, product)
    if not won and recycled(story, 0.25):
        return "recycled"
    return "won" if won else "lost"


def interest(story: Story, campaign: Campaign) -> None:
    """The lead reads, opens, clicks; a model scores it now and then."""
    eagerness = 2 + int(story.rng.expovariate(1 / 6))
    for step in range(eagerness):
        story.days_pass(0.02, 5)
        kind = INTEREST.draw(story.rng)
        story.score = min(100, story.score + POINTS[kind])
        story.tell("InteractionLogged", kind=kind, direction="inbound", campaign=campaign.name if step == 0 else None)
        if step % 4 == 2:
            story.tell("LeadScored", "system:scoring", score=story.score, model="behaviour-2")
    if story.chance(0.06):
        story.tell("LeadDetailsChanged", phone="+49 30 23125999", company_size=company.SIZES.draw(story.rng))
    if story.chance(0.03):
        story.tell("ConsentWithdrawn", purpose="newsletter")


def qualified(story: Story) -> bool:
    """Marketing finds the lead worth a handoff."""
    if story.score < QUALIFIES or story.chance(0.2):
        return False
    story.work_passes(3)
    story.tier = "hot" if story.score >= HOT else "standard"
    story.tell("LeadScored", "system:scoring", score=story.score, model="behaviour-2", reasons=["Verhalten", "Branche"])
    story.tell("MarketingQualified", story.rng.choice(company.MARKETING), score=story.score, tier=story.tier)
    return True


def handed_to_sales(story: Story) -> bool:
    """Marketing hands over; inside sales answers, or lets it lie; sometimes somebody else is asked next. Whether it was taken."""
    for _ in range(2):
        handoff = story.new_id("H")
        giver, taker = story.rng.choice(company.MARKETING), story.rng.choice(company.INSIDE_SALES)
        story.work_passes(2)
        story.tell(
            "LeadHandedOff", giver, handoff=handoff, from_team="marketing", from_owner=giver, to_team="inside sales",
            to_owner=taker, tier=story.tier, note="Bitte zeitnah anrufen." if story.chance(0.3) else None,
        )  # fmt: skip
        if story.chance(0.04):
            paused(story, handoff, taker)
        if answered(story, handoff, giver, taker):
            return True
        if not story.chance(0.25):
            return False
    return False


def paused(story: Story, handoff: str, taker: str) -> None:
    """The clock of the agreement stands still for a while."""
    story.work_passes(1)
    story.tell("HandoffPaused", taker, handoff=handoff, reason="Kunde im Urlaub")
    story.days_pass(3, 12)
    story.work_passes(1)
    story.tell("HandoffResumed", taker, handoff=handoff)


def answered(story: Story, handoff: str, giver: str, taker: str) -> bool:
    """Accepted, rejected, expired or withdrawn."""
    fate = story.rng.random()
    if fate < EXPIRED:
        story.work_passes(60)
        story.tell("HandoffExpired", "system:agreement", handoff=handoff)
        return False
    if fate < WITHDRAWN:
        story.work_passes(6)
        story.tell("HandoffWithdrawn", giver, handoff=handoff, reason="Dublette")
        return False
    story.work_passes(1.2 if story.tier == "hot" else 6)
    story.tell("InteractionLogged", taker, kind="call", direction="outbound", outcome="nicht erreicht" if fate < REJECTED else "erreicht",
               minutes=story.rng.randrange(2, 25))  # fmt: skip
    story.work_passes(2)
    if fate < REJECTED:
        story.tell("HandoffRejected", taker, handoff=handoff, reason=company.REJECTED.draw(story.rng))
        return False
    story.owner = taker
    story.tell("HandoffAccepted", taker, handoff=handoff, owner=taker)
    return True


def first_talks(story: Story) -> None:
    """Inside sales talks to the lead, and may give it to a colleague."""
    for _ in range(story.rng.randrange(1, 4)):
        story.work_passes(10)
        kind = story.rng.choice(("call", "email", "meeting"))
        story.tell(
            "InteractionLogged", story.owner, kind=kind, direction="outbound", minutes=story.rng.randrange(5, 50)
        )
        if story.chance(0.4):
            story.work_passes(8)
            story.tell(
                "InteractionLogged",
                kind="email",
                direction="inbound",
                text="Danke, wir melden uns." if story.chance(0.3) else None,
            )
    if story.chance(0.1):
        story.owner = story.rng.choice(company.INSIDE_SALES)
        story.tell(
            "LeadAssigned",
            "system:routing",
            owner=story.owner,
            team="inside sales",
            rule="Vertretung",
            rule_version="3",
        )


def sales_qualified(story: Story) -> bool:
    """Budget, authority, need, timeline: and whether it is worth an opportunity."""
    good = story.chance(0.52)
    known = ("yes", "yes", "yes", "unknown") if good else ("no", "unknown", "yes", "no")
    story.work_passes(6)
    story.tell(
        "BantAssessed", story.owner, budget=story.rng.choice(known), authority=story.rng.choice(known), need=story.rng.choice(known),
        timeline=story.rng.choice(known), evidence="Budget für das laufende Jahr genannt." if good and story.chance(0.4) else None,
    )  # fmt: skip
    if not good:
        return False
    story.work_passes(4)
    story.tell("SalesQualified", story.owner)
    return True


def recycled(story: Story, share: float) -> bool:
    """Whether the lead goes back to marketing."""
    if not story.chance(share):
        return False
    story.work_passes(12)
    story.tell(
        "LeadRecycled", story.owner or story.rng.choice(company.MARKETING), reason=company.RECYCLED.draw(story.rng)
    )
    story.score, story.owner = story.score // 2 + 10, None
    return True


def silent_or_given_up(story: Story) -> str:
    """Most leads that lead nowhere are never closed; some are."""
    if story.chance(0.35):
        story.days_pass(5, 60)
        story.work_passes(3)
        story.tell(
            "LeadDisqualified",
            story.owner or story.rng.choice(company.MARKETING),
            reason=company.DISQUALIFIED.draw(story.rng),
        )
        return "lost"
    return "silent"

"""Leads' lives up to the moment at which sales takes them, or does not."""

from functools import partial

import numpy as np
import pyarrow.compute as pc

from engine.simulate import company
from engine.simulate.company import INSIDE_SALES, MARKETING
from engine.simulate.handoff import assigned, handed_to_sales
from engine.simulate.leads import NOBODY, SOURCES, Leads, parted
from engine.simulate.origin import Origin
from engine.simulate.sale import sold
from engine.simulate.telling import Array, Json, Words
from engine.simulate.working_time import DAY

INTEREST = company.Weighted(
    ("page_view", 46), ("email_open", 24), ("email_click", 12), ("download", 10), ("webinar", 8)
)
POINTS = np.array([3, 2, 6, 14, 18])  # of each kind of interest
QUALIFIES = 62
HOT = 95
JOURNEYS = 3
EAGERNESS = 8.0  # interactions of a lead, beyond two, on the average
KNOWN = ("yes", "no", "unknown")
BANT = np.array(
    [[1, 2, 0, 1], [0, 0, 0, 2]]
)  # what is said by a lead that is not worth an opportunity; and by one that is
TELEPHONE = SOURCES.index("telephone")


def live(leads: Leads, origin: Origin) -> None:
    """Tells their whole lives."""
    who = leads.everyone()
    captured(leads, origin)
    for _ in range(JOURNEYS):
        who = journey(leads, who, origin)
        leads.days_pass(who, 20, 120)


def captured(leads: Leads, origin: Origin) -> None:
    """The leads are there, with what the form, the caller or the fair's badge says."""
    who, rng = leads.everyone(), leads.rng
    has_mail = (leads.source != TELEPHONE) | leads.chance(who, 0.6)
    has_phone = (leads.source != SOURCES.index("web-form")) | leads.chance(who, 0.5)
    count = who.size
    leads.tell(
        "LeadCaptured",
        who,
        None,
        name=origin.people.name,
        email=pc.if_else(has_mail, origin.people.email, None),
        phone=pc.if_else(has_phone, origin.people.phone, None),
        company=origin.people.company,
        company_size=company.SIZES.words(rng, count).only(leads.chance(who, 0.9)),
        country="DE",
        region=company.REGIONS.words(rng, count),
        industry=company.INDUSTRIES.words(rng, count).only(leads.chance(who, 0.92)),
        persona=company.PERSONAS.words(rng, count),
        product=origin.product_name().only(leads.chance(who, 0.8)),
        **origin.fields(),
        team="marketing",
    )
    leads.score[:] = origin.first_score()
    leads.tell("ConsentGiven", leads.some(who, 0.7), purpose="newsletter", basis="double opt-in")


def journey(leads: Leads, who: Array, origin: Origin) -> Array:
    """One pass through the funnel. Those who were recycled; the others were won, lost, given up, or fell silent."""
    interest(leads, who, origin)
    # a caller who wants an offer needs no scoring
    direct, others = parted(who, (leads.source[who] == TELEPHONE) & leads.chance(who, 0.4))
    fit, unfit = qualified(leads, others)
    accepted, returned = handed_to_sales(leads, np.concatenate((direct, fit)))
    late, dropped = recycled(leads, returned, 0.45)
    first_talks(leads, accepted)
    good, bad = sales_qualified(leads, accepted)
    postponed, dead = recycled(leads, bad, 0.4)
    lost = sold(leads, good, origin)
    again, _ = recycled(leads, lost, 0.25)
    given_up(leads, np.concatenate((unfit, dropped, dead)))
    return np.concatenate((late, postponed, again))


def interest(leads: Leads, who: Array, origin: Origin) -> None:
    """They read, open, click; a model scores them now and then."""
    steps = 2 + leads.rng.exponential(EAGERNESS, who.size).astype(np.int64)
    every, step, begins = _unrolled(who, steps)
    running = partial(_running, begins=begins, steps=steps)
    kind = INTEREST.draw(leads.rng, every.size)
    score = np.minimum(100, leads.score[every] + running(POINTS[kind]))
    gap = (leads.rng.uniform(0.02, 5, every.size) * DAY).astype(np.int64)
    before = step + (step + 1) // 4  # events of this pass: one a step, and a score after the third of four
    at, number = leads.now[every] + running(gap) + before, leads.told[every] + before + 1
    campaign = origin.campaign(every).only(step == 0)
    leads.add(
        "InteractionLogged",
        every,
        at,
        number,
        None,
        kind=Words(kind, INTEREST.choices),
        direction="inbound",
        campaign=campaign,
    )
    scored = step % 4 == 2
    leads.add(
        "LeadScored",
        every[scored],
        at[scored] + 1,
        number[scored] + 1,
        "system:scoring",
        score=score[scored],
        model="behaviour-2",
    )
    last = begins + steps - 1
    leads.score[who] = score[last]
    leads.now[who] = at[last] + 1 + scored[last]
    leads.told[who] = number[last] + scored[last]
    changed = leads.some(who, 0.06)
    sizes = company.SIZES.words(leads.rng, changed.size)
    leads.tell("LeadDetailsChanged", changed, phone="+49 30 23125999", company_size=sizes)
    leads.tell("ConsentWithdrawn", leads.some(who, 0.03), purpose="newsletter")


def qualified(leads: Leads, who: Array) -> tuple[Array, Array]:
    """Marketing finds some of them worth a handoff; and the others."""
    fit, unfit = parted(who, (leads.score[who] >= QUALIFIES) & ~leads.chance(who, 0.2))
    leads.work_passes(fit, 3)
    leads.hot[fit] = leads.score[fit] >= HOT
    reasons = Json('["Verhalten","Branche"]')
    leads.tell("LeadScored", fit, "system:scoring", score=leads.score[fit], model="behaviour-2", reasons=reasons)
    leads.tell("MarketingQualified", fit, leads.one_of(fit, MARKETING), score=leads.score[fit], tier=leads.tier(fit))
    return fit, unfit


def first_talks(leads: Leads, who: Array) -> None:
    """Inside sales talks to them, and may give them to a colleague."""
    talks = leads.between(who, 1, 4)
    for step in range(3):
        talking = who[talks > step]
        leads.work_passes(talking, 10)
        kind = Words(leads.between(talking, 0, 3), ("call", "email", "meeting"))
        leads.tell(
            "InteractionLogged",
            talking,
            leads.owner[talking],
            kind=kind,
            direction="outbound",
            minutes=leads.between(talking, 5, 50),
        )
        answering = leads.some(talking, 0.4)
        leads.work_passes(answering, 8)
        leads.tell(
            "InteractionLogged",
            answering,
            kind="email",
            direction="inbound",
            text=leads.maybe(answering, 0.3, "Danke, wir melden uns."),
        )
    moving = leads.some(who, 0.1)
    leads.owner[moving] = leads.one_of(moving, INSIDE_SALES)
    assigned(leads, moving, leads.owner)


def sales_qualified(leads: Leads, who: Array) -> tuple[Array, Array]:
    """Budget, authority, need, timeline: those worth an opportunity that comes about, and the others."""
    good = leads.chance(who, 0.52)
    known = [Words(BANT[good.astype(np.int64), leads.between(who, 0, 4)], KNOWN) for _ in range(4)]
    leads.work_passes(who, 6)
    evidence = leads.maybe(who, 0.4, "Budget für das laufende Jahr genannt.").only(good)
    budget, authority, need, timeline = known
    leads.tell(
        "BantAssessed",
        who,
        leads.owner[who],
        budget=budget,
        authority=authority,
        need=need,
        timeline=timeline,
        evidence=evidence,
    )
    fit, unfit = parted(who, good)
    leads.work_passes(fit, 4)
    leads.tell("SalesQualified", fit, leads.owner[fit])
    never, real = parted(fit, leads.chance(fit, 0.13))
    return real, np.concatenate((unfit, never))


def recycled(leads: Leads, who: Array, share: float) -> tuple[Array, Array]:
    """Those who go back to marketing, and the others."""
    back, others = parted(who, leads.chance(who, share))
    leads.work_passes(back, 12)
    leads.tell("LeadRecycled", back, _responsible(leads, back), reason=company.RECYCLED.words(leads.rng, back.size))
    leads.score[back] = leads.score[back] // 2 + 10
    leads.owner[back] = NOBODY
    return back, others


def given_up(leads: Leads, who: Array) -> None:
    """Most leads that lead nowhere are never closed; some are."""
    closed = leads.some(who, 0.35)
    leads.days_pass(closed, 5, 60)
    leads.work_passes(closed, 3)
    leads.tell(
        "LeadDisqualified",
        closed,
        _responsible(leads, closed),
        reason=company.DISQUALIFIED.words(leads.rng, closed.size),
    )


def _responsible(leads: Leads, who: Array) -> Array:
    return np.where(leads.owner[who] == NOBODY, leads.one_of(who, MARKETING), leads.owner[who])


def _unrolled(who: Array, steps: Array) -> tuple[Array, Array, Array]:
    """Each lead as often as it takes steps; the steps; and where each lead's begin."""
    begins = np.cumsum(steps) - steps
    return np.repeat(who, steps), np.arange(steps.sum()) - np.repeat(begins, steps), begins


def _running(values: Array, *, begins: Array, steps: Array) -> Array:
    """Sums so far, lead by lead."""
    sums = np.cumsum(values)
    return sums - np.repeat(sums[begins] - values[begins], steps)

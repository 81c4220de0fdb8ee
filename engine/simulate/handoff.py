"""Marketing hands leads to inside sales, and what becomes of the handoffs."""

import numpy as np
import pyarrow as pa

from engine.simulate import company
from engine.simulate.company import INSIDE_SALES, MARKETING
from engine.simulate.leads import Leads, parted, person
from engine.simulate.telling import Array, Json, Words

EXPIRED, WITHDRAWN, REJECTED = 0.07, 0.09, 0.27  # of all handoffs, each with those before it
REACHED = ("nicht erreicht", "erreicht")


def handed_to_sales(leads: Leads, who: Array) -> tuple[Array, Array]:
    """Marketing hands over; inside sales answers, or lets it lie; sometimes somebody else is asked next. Those taken, those not."""
    taken, left = [], []
    for _ in range(2):
        leads.new(leads.handoff, who)
        leads.giver[who], leads.taker[who] = leads.one_of(who, MARKETING), leads.one_of(who, INSIDE_SALES)
        leads.work_passes(who, 2)
        leads.tell(
            "LeadHandedOff", who, leads.giver[who], handoff=handoff(leads, who), from_team="marketing", from_owner=person(leads.giver[who]),
            to_team="inside sales", to_owner=person(leads.taker[who]), tier=leads.tier(who), note=leads.maybe(who, 0.3, "Bitte zeitnah anrufen."),
        )  # fmt: skip
        confirmed(leads, leads.some(who, 0.3))
        reassigned(leads, leads.some(who, 0.05))
        paused(leads, leads.some(who, 0.04))
        accepted, ended = answered(leads, who)
        taken.append(accepted)
        who, final = parted(ended, leads.chance(ended, 0.25))
        left.append(final)
    return np.concatenate(taken), np.concatenate((*left, who))


def confirmed(leads: Leads, who: Array) -> None:
    """A machine writes that somebody will call: no answer by anybody."""
    leads.now[who] += leads.between(who, 60, 600)
    leads.tell("InteractionLogged", who, "system:mailing", kind="email", direction="outbound", automatic=Json("true"))


def reassigned(leads: Leads, who: Array) -> None:
    """A colleague takes the place of the one who was asked."""
    leads.work_passes(who, 2)
    leads.taker[who] = leads.one_of(who, INSIDE_SALES)
    assigned(leads, who, leads.taker)


def paused(leads: Leads, who: Array) -> None:
    """The clock of the agreement stands still for a while."""
    leads.work_passes(who, 1)
    leads.tell("HandoffPaused", who, leads.taker[who], handoff=handoff(leads, who), reason="Kunde im Urlaub")
    leads.days_pass(who, 3, 12)
    resuming = leads.some(who, 0.9)  # the others are answered while it stands still
    leads.work_passes(resuming, 1)
    leads.tell("HandoffResumed", resuming, leads.taker[resuming], handoff=handoff(leads, resuming))


def answered(leads: Leads, who: Array) -> tuple[Array, Array]:
    """Accepted; and rejected, expired or withdrawn."""
    fate = leads.rng.random(who.size)
    expired, withdrawn = who[fate < EXPIRED], who[(fate >= EXPIRED) & (fate < WITHDRAWN)]
    rejected, accepted = who[(fate >= WITHDRAWN) & (fate < REJECTED)], who[fate >= REJECTED]
    leads.work_passes(expired, 60)
    leads.tell("HandoffExpired", expired, "system:agreement", handoff=handoff(leads, expired))
    leads.work_passes(withdrawn, 6)
    leads.tell(
        "HandoffWithdrawn", withdrawn, leads.giver[withdrawn], handoff=handoff(leads, withdrawn), reason="Dublette"
    )
    _tried(leads, rejected, 0)
    leads.work_passes(rejected, 2)
    reason = company.REJECTED.words(leads.rng, rejected.size)
    leads.tell("HandoffRejected", rejected, leads.taker[rejected], handoff=handoff(leads, rejected), reason=reason)
    _tried(leads, leads.some(accepted, 0.15), 0)
    _tried(leads, leads.some(accepted, 0.93), 1)  # some are taken first and called later
    leads.work_passes(accepted, 2)
    leads.owner[accepted] = leads.taker[accepted]
    leads.tell(
        "HandoffAccepted",
        accepted,
        leads.owner[accepted],
        handoff=handoff(leads, accepted),
        owner=person(leads.owner[accepted]),
    )
    return accepted, np.concatenate((expired, withdrawn, rejected))


def handoff(leads: Leads, who: Array) -> pa.Array:
    """Their handoffs' ids."""
    return leads.named("H", leads.handoff, who)


def assigned(leads: Leads, who: Array, to: Array) -> None:
    """They have another owner from now on."""
    owner = person(to[who])
    leads.tell(
        "LeadAssigned", who, "system:routing", owner=owner, team="inside sales", rule="Vertretung", rule_version="3"
    )


def _tried(leads: Leads, who: Array, reached: int) -> None:
    """Inside sales calls or writes, the first time since the handoff."""
    leads.work_passes(who, np.where(leads.hot[who], 1.2, 6.0))
    kind = Words((leads.chance(who, 0.25)).astype(np.int64), ("call", "email"))
    called = kind.codes == 0
    leads.tell(
        "InteractionLogged", who, leads.taker[who], kind=kind, direction="outbound",
        outcome=Words(np.full(who.size, reached), REACHED).only(called), minutes=leads.between(who, 2, 25),
    )  # fmt: skip

"""One person, two leads: leads that are captured a second time elsewhere, merged, and sometimes parted again."""

import numpy as np

from engine.simulate.company import ACTORS
from engine.simulate.lead import captured
from engine.simulate.leads import SOURCES, Leads, lead_named
from engine.simulate.origin import Origin
from engine.simulate.telling import Array

SHARE = 0.03
PARTED = 0.15
CRM, WEB_FORM = SOURCES.index("crm"), SOURCES.index("web-form")


def twins(leads: Leads, origin: Origin, began: Array) -> Leads:
    """Second leads of some of those persons; both sides are told of the merging. began: when the first ones were captured."""
    who = leads.some(leads.everyone(), SHARE)
    others = Leads(leads.rng, leads.number[who], np.where(leads.source[who] == CRM, WEB_FORM, CRM), began[who])
    every = others.everyone()
    others.days_pass(every, 1, 40)
    others.work_passes(every, 4)
    captured(others, origin.only(who))
    others.days_pass(every, 0.1, 3)
    others.tell("InteractionLogged", every, kind="form", direction="inbound", text="Bitte um Rückruf.")
    others.work_passes(every, 20)
    _told(leads, who, others, every, "LeadsMerged", "system:duplicates")
    again = others.some(every, PARTED)
    others.work_passes(again, 60)
    _told(leads, who[again], others, again, "MergeReverted", "marketing:lena")
    return others


def _told(leads: Leads, who: Array, others: Leads, twins: Array, type_: str, actor: str) -> None:
    """The first leads are told, by the second ones' clocks."""
    leads.told[who] += 1
    by = np.full(who.size, ACTORS.index(actor))
    leads.add(type_, who, others.now[twins], leads.told[who], by, merged=lead_named(others, twins))

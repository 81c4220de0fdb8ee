"""The table of rules is whole: every decision has one, every cell is met, and what it promises is what decide does."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from engine.lead import (
    BECOMES,
    DEPENDS_ON,
    RULES,
    Alternative,
    Decided,
    LeadFact,
    Parked,
    Refused,
    alternatives,
    decide,
    evolve,
    initial,
)
from engine.rules import CAPTURED
from events.base import Decision, LeadEvent
from events.decisions import LeadHandedOff, LeadRecycled, OfferMade, OpportunityOpened
from events.observations import LeadCaptured
from events.registry import TYPES
from tests.engine.given import (
    accepted,
    captured,
    disqualified,
    given,
    handed_off,
    lost,
    offer_declined,
    offered,
    opened,
    qualified,
    recycled,
    rejected,
    won,
)

EVERYTHING = (
    *(
        captured(),
        disqualified(),
        recycled(),
        handed_off("H1"),
        handed_off("H2"),
        accepted("H2"),
        handed_off("H3"),
        rejected("H3"),
    ),
    *(opened("O1"), opened("O2"), opened("O3"), offered("F1", "O1"), offered("F2", "O1"), offer_declined("F2")),
    *(won("O2"), lost("O3"), won("O1"), disqualified()),
)


STATES = [given(*EVERYTHING[:end]).state for end in range(len(EVERYTHING) + 1)]
IDS: list[dict[str, Any]] = [
    {"handoff": "H1", "opportunity": "O1", "offer": "F1"},
    {"handoff": "H2", "opportunity": "O2", "offer": "F2"},
    {"handoff": "H3", "opportunity": "O3", "offer": "F3"},
    {"handoff": "H9", "opportunity": "O1", "offer": "F9"},
    {"handoff": "H9", "opportunity": "O9", "offer": "F9"},
    {"handoff": None, "opportunity": None, "offer": None},
]
BROUGHT: dict[type[Decision], str] = {LeadHandedOff: "handoff", OpportunityOpened: "opportunity", OfferMade: "offer"}


def proposals() -> Iterator[Decision]:
    """Every decision with every combination of ids, except those that leave out the id that they bring."""
    for of in RULES:
        for names in IDS:
            yield of.model_construct(**names | ({BROUGHT[of]: names[BROUGHT[of]] or "X9"} if of in BROUGHT else {}))


@pytest.mark.parametrize("state", STATES)
def test_what_a_refusal_offers_is_exactly_what_is_legal(state):
    offers = set(alternatives(state))
    for proposal in proposals():
        of, reference = type(proposal), RULES[type(proposal)].reference
        if reference and getattr(proposal, reference.to) is None:
            continue  # offers name what they refer to
        if of in BROUGHT and not getattr(proposal, BROUGHT[of]).endswith("9"):
            continue  # and leave the new id to whoever decides
        offer = Alternative(of.__name__, getattr(proposal, reference.to) if reference else None)
        assert isinstance(decide(state, proposal), Decided) == (offer in offers), proposal


def test_every_cell_of_the_table_is_met_and_no_other():
    found = {(type(one), getattr(decide(state, one), "word", "legal")) for state in STATES for one in proposals()}
    told = {(of, word) for of, rule in RULES.items() for one in rule.conditions for word in one.otherwise.values()}
    assert found == told | {(of, "legal") for of in RULES}


def test_a_refusal_is_for_good_and_what_is_parked_is_not():
    verdicts = [decide(state, one) for state in STATES for one in proposals()]
    assert {one.word for one in verdicts if isinstance(one, Refused)} == {"ended", "closed", "taken"}
    assert {one.word for one in verdicts if isinstance(one, Parked)} == {"unknown", "several", "inactive"}


# The table is whole


def test_every_decision_of_the_vocabulary_has_a_rule():
    assert set(RULES) == {of for of in TYPES.values() if issubclass(of, Decision)}


def test_the_closed_union_of_facts_is_the_registry_s():
    decisions = {of for of in TYPES.values() if issubclass(of, Decision)}
    assert set(get_args(LeadFact)) == decisions | {LeadCaptured}
    assert {of.__name__ for of in decisions} | {"LeadCaptured"} == DEPENDS_ON


def test_every_rule_asks_for_the_capture_first():
    assert {rule.conditions[0] for rule in RULES.values()} == {CAPTURED}


def test_observations_change_nothing_about_what_may_be_decided():
    lead = given(captured(), qualified()).state
    others = [of for of in TYPES.values() if issubclass(of, LeadEvent) and of.__name__ not in DEPENDS_ON]
    assert len(others) == 11
    assert all(evolve(lead, of.model_construct()) is lead for of in others)


def test_a_recorded_fact_is_never_refused_whatever_it_names():
    for of in RULES:
        for names in IDS:
            fact: Any = of.model_construct(**names)
            assert evolve(initial(), fact).decided is (of is not LeadRecycled)
    assert all(of in RULES for of in BECOMES)

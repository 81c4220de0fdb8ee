"""Draws docs/lifecycle.md out of the table of rules: `python -m engine.lifecycle > docs/lifecycle.md`.

Nothing in it is drawn by hand: an arrow is there where decide says yes, and points to where evolve leads.
"""

import sys
from collections.abc import Iterator, Mapping

from engine.lead import RULES, Decided, decide, evolve, initial
from engine.rules import CAPTURED, Condition, Rule
from engine.standing import STANDINGS, Deal, Lead, Standing, Thing
from events.base import Decision, LeadEvent
from events.decisions import DealReversed
from events.observations import LeadCaptured

FINAL = {"ended", "closed", "taken"}
BEGINNING = "[*]"
NAMES: Mapping[str, str] = {"handoff": "H", "opportunity": "O", "offer": "F"}
ACTIVE = Lead(captured=True, decided=True, opportunities={"O": Standing.OPEN})
CUSTOMER = ACTIVE._replace(opportunities={"O": Standing.OPEN, "won": Standing.WON}, deals={"won": Deal(None, None)})
# Each way in which a lead can stand, and one that stands so.
LEADS = {
    BEGINNING: initial(),
    "active": ACTIVE,
    "disqualified": ACTIVE._replace(disqualified=True),
    "customer": CUSTOMER,
    "disqualified customer": CUSTOMER._replace(disqualified=True),
}
INTRODUCTION = """\
# The lifecycle of a lead

Generated from the rules that decide (`RULES` in `engine/lead.py`) by `python -m engine.lifecycle > docs/lifecycle.md`.

A decision is judged by what happened to the lead up to its own time; what happened later refuses nothing. Among equal
instants, and between a plain date and what lies on its day, it is legal if it is so before or after the others and
contradicts none of them.
*Parked*: it is not legal, but can become so, and is tried again whenever its lead moves on.
*Refused*: it contradicts what is recorded. A skipped stage is neither."""
AFTER_THE_LEAD = """\
A recycling ends the journey and opens the next one. A later capture changes details only. What no arrow names leaves
the lead as it stands; the table below says where it is legal. Handoffs, opportunities and offers live on into the next
journey, and their ids stay taken."""
EVERY = f"""\
Before the lead's capture every decision is parked (`{CAPTURED.word}`). An id that is left out is filled in where exactly one thing
can be meant: the open handoff, opportunity or offer, for a reversal the won opportunity. The word behind each objection
is the one by which quarantine counts."""


def page() -> str:
    """The page as it should stand in docs/lifecycle.md."""
    things = [part for of in STANDINGS for part in (f"## {of.capitalize()}", _diagram(_arrows_of(of)))]
    parts = [INTRODUCTION, "## Lead", _diagram(_arrows_of_the_lead()), AFTER_THE_LEAD, *things, "## Every decision"]
    return "\n\n".join([*parts, EVERY, "\n".join(_table())]) + "\n"


def _arrows_of_the_lead() -> Iterator[tuple[str, str, str]]:
    """What changes how the lead stands, and the recycling that opens a journey where it stands."""
    yield BEGINNING, _standing_of(evolve(initial(), LeadCaptured())), LeadCaptured.__name__
    last_win = f"{DealReversed.__name__} (all of the last win)"
    for before, lead in LEADS.items():
        for name, event in (*_examples(NAMES), (last_win, DealReversed(opportunity="won", reason="defect"))):
            after = _after(lead, event)
            if (standing := _standing_of(after)) != before or (lead.decided and not after.decided):
                yield before, standing, name


def _arrows_of(thing: Thing) -> Iterator[tuple[str, str, str]]:
    """How one thing of that kind stands before and after each legal decision that names it."""
    for standing in (None, *STANDINGS[thing]):
        lead = _with(thing, standing)
        for name, event in _examples({**NAMES, thing: "it"}):
            if _names(type(event), thing) and _after(lead, event) is not lead:
                after = _after(lead, event).things(thing)["it"]
                yield standing or BEGINNING, after, name


def _with(thing: Thing, standing: Standing | None) -> Lead:
    """A lead with one thing that stands so, and an open opportunity beside it."""
    things = {} if standing is None else {"it": standing}
    match thing:
        case "handoff":
            return Lead(captured=True, handoffs=things)
        case "opportunity":
            return Lead(captured=True, opportunities=things, deals={"it": Deal(2, "EUR")})
        case "offer":
            return ACTIVE._replace(decided=False, offers=things)


def _names(of: type[Decision], thing: Thing) -> bool:
    return any(
        thing in (getattr(condition, "to", ""), getattr(condition, "of", "")) for condition in RULES[of].conditions
    )


def _examples(names: Mapping[str, str]) -> Iterator[tuple[str, Decision]]:
    """Every decision, about those things."""
    for of in RULES:
        yield of.__name__, of.model_construct(None, **names)
    part = DealReversed.model_construct(None, **names, amount=1, currency="EUR")
    yield f"{DealReversed.__name__} (a part)", part


def _after(lead: Lead, event: LeadEvent) -> Lead:
    """The lead after the event where it is legal, else the same lead."""
    if isinstance(event, Decision) and not isinstance(decide(lead, event), Decided):
        return lead
    return evolve(lead, event)


def _standing_of(lead: Lead) -> str:
    if not lead.captured:
        return BEGINNING
    if lead.customer:
        return "customer" if lead.active else "disqualified customer"
    return "active" if lead.active else "disqualified"


def _diagram(arrows: Iterator[tuple[str, str, str]]) -> str:
    """A Mermaid state diagram; decisions that go the same way share an arrow."""
    ways: dict[tuple[str, str], list[str]] = {}
    for before, after, name in arrows:
        ways.setdefault((before, after), []).append(name)
    lines = [f"    {_node(before)} --> {_node(after)}: {', '.join(names)}" for (before, after), names in ways.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _node(name: str) -> str:
    return name.replace(" ", "_")


def _table() -> Iterator[str]:
    yield "| decision | legal when | parked when | refused when |"
    yield "|---|---|---|---|"
    for of, rule in RULES.items():
        legal = " and ".join(condition.when for condition in _beyond_the_capture(rule))
        yield f"| `{of.__name__}` | {legal} | {_else(rule, final=False)} | {_else(rule, final=True)} |"


def _beyond_the_capture(rule: Rule) -> list[Condition]:
    return [condition for condition in rule.conditions if condition is not CAPTURED]


def _else(rule: Rule, *, final: bool) -> str:
    """What else may be the case, each with the word that quarantine says."""
    told = [
        f"{words} (`{word}`)"
        for condition in _beyond_the_capture(rule)
        for words, word in condition.otherwise.items()
        if (word in FINAL) is final
    ]
    return "; ".join(told) or "–"


if __name__ == "__main__":
    sys.stdout.write(page())

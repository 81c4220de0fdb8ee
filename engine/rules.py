"""What a rule is made of: conditions, asked one after the other. The table of rules itself is in engine.lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from typing_extensions import override

from engine.standing import STANDINGS, Lead, Standing, Thing
from events.base import Decision

OPEN = frozenset({Standing.OPEN})
SHOWN = 5  # ids named in a reason


class Objection(NamedTuple):
    """Why a decision is not legal.

    word: unknown, inactive, ended, closed, taken or several. reason: a sentence that names the id and the fact.
    final: it contradicts what is recorded; else it may become legal.
    """

    word: str
    reason: str
    final: bool


class Condition(Protocol):
    """One thing that must be so."""

    def objection(self, state: Lead, proposal: Decision) -> Objection | None:
        """Why not; None where it is so."""

    @property
    def when(self) -> str:
        """What must be so, in words."""

    @property
    def otherwise(self) -> Mapping[str, str]:
        """What else may be the case, in words, each with the word that objects to it."""


@dataclass(frozen=True)
class Is(Condition):
    """The lead itself stands so."""

    holds: Callable[[Lead], bool]
    says: str
    word: str
    because: str

    @override
    def objection(self, state: Lead, proposal: Decision) -> Objection | None:
        return None if self.holds(state) else Objection(self.word, self.because, final=False)

    @property
    @override
    def when(self) -> str:
        return self.says

    @property
    @override
    def otherwise(self) -> Mapping[str, str]:
        return {self.because: self.word}


@dataclass(frozen=True)
class Refers(Condition):
    """The thing it names stands so.

    legal: how it may stand. waits: how it may stand where the decision can still become legal; any other refuses it.
    left_out: how those stand that may be meant by a decision that names none.
    """

    to: Thing
    legal: frozenset[Standing]
    waits: frozenset[Standing] = frozenset()
    left_out: frozenset[Standing] = OPEN

    @override
    def objection(self, state: Lead, proposal: Decision) -> Objection | None:
        things, named = state.things(self.to), getattr(proposal, self.to)
        if named is None:
            return self._not_one(state)
        standing = things.get(named)
        if standing in self.legal:
            return None
        if standing is None:
            return Objection("unknown", f"no {self.to} {named} is known", final=False)
        if standing in self.waits:
            return Objection("inactive", f"{named} is {standing} and not yet {_one_of(self.legal)}", final=False)
        return Objection(self._over, f"{named} is already {standing}", final=True)

    def candidates(self, state: Lead) -> list[str]:
        """What a decision that names none may mean."""
        return [name for name, standing in state.things(self.to).items() if standing in self.left_out]

    def fitting(self, state: Lead) -> list[str]:
        """The ids for which it holds."""
        return [name for name, standing in state.things(self.to).items() if standing in self.legal]

    @property
    @override
    def when(self) -> str:
        return f"that {self.to} is {_one_of(self.legal)}"

    @property
    @override
    def otherwise(self) -> Mapping[str, str]:
        return {
            f"no such {self.to} is known": "unknown",
            f"it is left out and several are {_one_of(self.left_out)}": "several",
            **({f"it is {_one_of(self.waits)}": "inactive"} if self.waits else {}),
            f"it is {_one_of(self._refused)}": self._over,
        }

    @property
    def _refused(self) -> frozenset[Standing]:
        return frozenset(STANDINGS[self.to]) - self.legal - self.waits

    @property
    def _over(self) -> str:
        return "ended" if self.to == "handoff" else "closed"

    def _not_one(self, state: Lead) -> Objection:
        names, meant = self.candidates(state), _one_of(self.left_out)
        if not names:
            return Objection("unknown", f"it names no {self.to}, and none is {meant}", final=False)
        shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        return Objection("several", f"it names no {self.to}, and several are {meant}: {shown}", final=False)


@dataclass(frozen=True)
class New(Condition):
    """The id it brings is not used yet."""

    of: Thing

    @override
    def objection(self, state: Lead, proposal: Decision) -> Objection | None:
        named = getattr(proposal, self.of)
        standing = state.things(self.of).get(named)
        if standing is None:
            return None
        return Objection("taken", f"{named} is already taken: that {self.of} is {standing}", final=True)

    @property
    @override
    def when(self) -> str:
        return f"the {self.of}'s id is new"

    @property
    @override
    def otherwise(self) -> Mapping[str, str]:
        return {f"the {self.of}'s id is taken": "taken"}


@dataclass(frozen=True)
class Rule:
    """When a decision is legal. The conditions are asked in their order, and the first objection counts.

    What it refers to comes before what it takes, and both before how the lead stands: so the objection is also
    the first that fits of the kinds of anomalies.
    """

    conditions: tuple[Condition, ...]

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(self.conditions + tuple(one for one in other.conditions if one not in self.conditions))

    def objection(self, state: Lead, proposal: Decision) -> Objection | None:
        """Why the decision is not legal in this state; None where it is."""
        for condition in self.conditions:
            if (found := condition.objection(state, proposal)) is not None:
                return found
        return None

    @property
    def reference(self) -> Refers | None:
        """What a decision of this rule names, where it names something that is there."""
        return next((condition for condition in self.conditions if isinstance(condition, Refers)), None)

    def possible(self, state: Lead) -> list[str | None]:
        """What a decision could name to be legal in this state: ids, or None where it names nothing or a new one."""
        if any(isinstance(condition, Is) and not condition.holds(state) for condition in self.conditions):
            return []
        return list(self.reference.fitting(state)) if self.reference else [None]


CAPTURED = Is(lambda lead: lead.captured, "the lead is captured", "unknown", "the lead is not captured by then")


def _if(*conditions: Condition) -> Rule:
    return Rule((CAPTURED, *conditions))


def _if_lead(holds: Callable[[Lead], bool], when: str, otherwise: str) -> Rule:
    return _if(Is(holds, f"the lead {when}", "inactive", f"the lead {otherwise}"))


if_active = _if_lead(lambda lead: lead.active, "is active", "is disqualified")
if_active_or_customer = _if_lead(
    lambda lead: lead.active or lead.customer, "is active or a customer", "is disqualified and no customer"
)
if_customer = _if_lead(lambda lead: lead.customer, "is a customer", "is no customer")
if_decided = _if_lead(
    lambda lead: lead.decided, "has been decided on in this journey", "has not been decided on in this journey"
)


def if_new(of: Thing) -> Rule:
    """The id it brings is not used yet."""
    return _if(New(of))


def if_open(to: Thing) -> Rule:
    """The thing it names is open: neither answered nor ended nor closed."""
    return _if(Refers(to, OPEN))


def if_not_ended(to: Thing) -> Rule:
    """The thing it names is open or accepted; it ends by rejection, withdrawal or expiry."""
    return _if(Refers(to, OPEN | {Standing.ACCEPTED}))


def if_won(to: Thing) -> Rule:
    """The thing it names is won, and still is after partial reversals."""
    won = frozenset({Standing.WON})
    return _if(Refers(to, won, waits=OPEN, left_out=won))


def _one_of(standings: frozenset[Standing]) -> str:
    *some, last = (standing.value for standing in Standing if standing in standings)
    return f"{', '.join(some)} or {last}" if some else last

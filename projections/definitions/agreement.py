"""The agreement between marketing and sales (CONTRACT.md, section 3): who promises what, by which calendar, from when on."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from events.observations import InteractionKind, LeadDetails
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.condition import Condition
from projections.definitions.definition import Part, canonical, hashed, meant, read, slip, validated
from projections.definitions.span import Span
from projections.definitions.special_days import day
from projections.definitions.unreachable import never_first
from projections.periods import Grain

MOST = 1_000_000
MOST_WEEKS = 10 * 52
RESPONSES = ("call", "email", "meeting", "visit", "message", "demo")
KINDS = get_args(InteractionKind)
REQUIRED = (*LeadDetails.model_fields, *(f"bant.{name}" for name in ("budget", "authority", "need", "timeline")))


def _words_among(known: tuple[str, ...]) -> BeforeValidator:
    """Words of a list, each once; one that is none is refused with the nearest."""

    def checked(told: Any) -> Any:
        words = [told] if isinstance(told, str) else told
        if not isinstance(words, list | tuple):
            return words
        for place, word in enumerate(words):
            if word not in known:
                raise slip(f"{word!r} is none of {', '.join(known)}{meant(str(word), known)}", place)
        return tuple(dict.fromkeys(words))

    return BeforeValidator(checked)


def _count(told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 1 <= told <= MOST:
        raise ValueError(f"{told!r} is no number that can be promised; write one from 1 to {MOST:,}, without quotes")
    return told


def _share(told: Any) -> float:
    if not isinstance(told, int | float) or isinstance(told, bool) or not 0 < told <= 1:
        raise ValueError(f"{told!r} is no share that can be promised; write a part of 1, like 0.8")
    return float(told)


Count = Annotated[int, BeforeValidator(_count)]
Share = Annotated[float, BeforeValidator(_share)]
EffectiveFrom = Annotated[date, BeforeValidator(lambda told: day(told, "2026-01-01")), PlainSerializer(str)]


class FollowUp(Part):
    """So many attempts within a time, the response included."""

    count: Count
    within: Span


class Tier(Part):
    """What sales promises for one kind of lead: the first whose condition holds at the handoff.

    calendar: its own; None for the agreement's.
    """

    id: Annotated[str, Field(min_length=1, max_length=80)]
    when: Condition | None = None
    response: Span | None = None
    decision: Span | None = None
    follow_up: FollowUp | None = None
    calendar: BusinessCalendar | None = None

    def spans(self) -> dict[str, Span]:
        """What is promised, by the key that says it."""
        within = self.follow_up.within if self.follow_up else None
        told = {"response": self.response, "decision": self.decision, "follow_up": within}
        return {name: span for name, span in told.items() if span}


class Sales(Part):
    """The side of sales. responds_by: kinds of interaction that answer a handoff, outbound and not automatic."""

    responds_by: Annotated[tuple[str, ...], _words_among(KINDS), Field(min_length=1)] = RESPONSES
    tier: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _each_is_reached(self) -> Self:
        ids = [tier.id for tier in self.tier]
        if twice := next((place for place, id_ in enumerate(ids) if id_ in ids[:place]), None):
            raise slip(f"{ids[twice]!r} is there twice; give each tier its own id", "tier", twice, "id")
        if (never := never_first([tier.when for tier in self.tier])) is not None:
            raise slip(_never(self.tier, never), "tier", never, *["when"] * (self.tier[never].when is not None))
        return self


class QualifiedLeads(Part):
    """So many qualified leads a period."""

    count: Count
    per: Grain


class Marketing(Part):
    """The side of marketing: leads handed over, with at least a score, and the share of them that sales accepts."""

    qualified_leads: QualifiedLeads | None = None
    minimum_score: Annotated[int, Field(strict=True)] | None = None
    accepted_share: Share | None = None


class HandoffTerms(Part):
    """What a handoff must bring, and when an unanswered one may be let expire."""

    requires: Annotated[tuple[str, ...], _words_among(REQUIRED)] = ()
    expires_after: Span | None = None


class Agreement(Part):
    """What marketing and sales agreed, in force from midnight of a date in the calendar's zone."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    effective_from: EffectiveFrom
    calendar: BusinessCalendar
    sales: Sales
    marketing: Marketing | None = None
    handoff: HandoffTerms | None = None

    @model_validator(mode="after")
    def _each_comes_due(self) -> Self:
        for place, tier in enumerate(self.sales.tier):
            for name, span in tier.spans().items():
                weeks = 0 if span.wall else span.micros / self.calendar_of(tier).hours.length
                if weeks > MOST_WEEKS:
                    said = f"{span} takes {weeks / 52:,.0f} years of that calendar; promise less"
                    raise slip(said, "sales", "tier", place, name)
        return self

    def told(self) -> dict[str, Any]:
        """The agreement as a mapping, as an event carries it: with what was left out, each thing in the one way in which it is written."""
        return canonical(self)

    @cached_property
    def definition(self) -> str:
        """Name and hash of what is agreed: the same meaning has the same hash, whatever it is called."""
        told = self.told()
        return f"{told.pop('name')}@{hashed(told)}"

    def calendar_of(self, tier: Tier) -> BusinessCalendar:
        """The calendar in which a tier's promises run."""
        return tier.calendar or self.calendar


def agreement(told: str | Path | Mapping[str, Any]) -> Agreement:
    """The agreement in a TOML file, or the one that an event or a case tells as a mapping. Raises DefinitionError."""
    return validated(Agreement, told, "agreement") if isinstance(told, Mapping) else read(Agreement, Path(told))


def _never(tiers: tuple[Tier, ...], never: int) -> str:
    condition = tiers[never].when
    before = [tier for tier in tiers[:never] if tier.when is None]
    if before:
        return f"no lead reaches the tier {tiers[never].id!r}: {before[0].id!r} before it has no `when` and takes all; put it last"
    return (
        f"no lead reaches the tier {tiers[never].id!r}: wherever {str(condition)!r} holds, a tier before it does;"
        " put the narrower condition first, or mend it"
    )

"""What a KPI's formula is made of: measures, and arithmetic over them that is exact and says why a value is missing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, Protocol

from projections.kpi.measures import Take

When = Literal["then", "before", "ever"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, or the reason why there is none. numerator, denominator: of a quotient. reason beside a value: what it leaves out."""

    value: Fraction | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A measure as a formula needs it.

    take: how its rows become one number. when: in the period, in the one before, ever. by: cut by a dimension.
    """

    measure: str
    take: Take
    when: When = "then"
    by: str | None = None


class Measured(Protocol):
    """The values of the measures in one cell of the result."""

    @property
    def per_year(self) -> Fraction:
        """How many of its period make a year."""

    def figure(self, need: Need) -> Figure:
        """The value of a measure."""

    def at(self, when: When) -> "Measured | None":
        """The same cell in the period before, or ever; None where there is none."""

    def parts(self, dimension: str) -> "Iterable[Measured]":
        """The cell, cut by a dimension."""


class Term:
    """A part of a formula."""

    parts: "tuple[Term, ...]"

    def needs(self) -> Iterator[Need]:
        """The measures that it needs."""
        for part in self.parts:
            yield from part.needs()

    def figure(self, measured: Measured) -> Figure:
        """Its value, given those of the measures."""
        raise NotImplementedError


@dataclass(frozen=True)
class Of(Term):
    """A measure."""

    need: Need

    def needs(self) -> Iterator[Need]:
        """Itself."""
        yield self.need

    def figure(self, measured: Measured) -> Figure:
        """As measured."""
        return measured.figure(self.need)


@dataclass(frozen=True)
class Number(Term):
    """A constant."""

    value: Fraction

    def needs(self) -> Iterator[Need]:
        """Nothing."""
        yield from ()

    def figure(self, measured: Measured) -> Figure:  # noqa: ARG002  # a constant depends on nothing
        """The constant."""
        return Figure(self.value)


@dataclass(frozen=True)
class Joined(Term):
    """Terms joined by an operation; missing where one of them is."""

    operation: Callable[..., Fraction]
    parts: tuple[Term, ...]

    def figure(self, measured: Measured) -> Figure:
        """The result; the reason of the first that is missing."""
        values, reasons = [], []
        for part in self.parts:
            found = part.figure(measured)
            if found.value is None:
                return Figure(None, reason=found.reason)
            values.append(found.value)
            reasons.append(found.reason)
        return Figure(self.operation(*values), reason=next(filter(None, reasons), None))


@dataclass(frozen=True)
class Ratio(Term):
    """A quotient. nothing: the reason where there is nothing to divide by."""

    parts: tuple[Term, Term]
    nothing: str

    def figure(self, measured: Measured) -> Figure:
        """The quotient with its two parts."""
        over, under = (part.figure(measured) for part in self.parts)
        if over.value is None or under.value is None:
            return Figure(None, over.value, under.value, over.reason if over.value is None else under.reason)
        if under.value == 0:
            return Figure(None, over.value, under.value, self.nothing)
        return Figure(over.value / under.value, over.value, under.value, over.reason or under.reason)


@dataclass(frozen=True)
class Missing(Term):
    """What is still missing. reached: the reason where nothing is."""

    parts: tuple[Term]
    reached: str

    def figure(self, measured: Measured) -> Figure:
        """The term where it is positive."""
        found = self.parts[0].figure(measured)
        return Figure(None, reason=self.reached) if found.value is not None and found.value <= 0 else found


@dataclass(frozen=True)
class Either(Term):
    """The first of several that is there and not 0; else the last."""

    parts: tuple[Term, ...]

    def figure(self, measured: Measured) -> Figure:
        """Its value."""
        found = Figure(None)
        for part in self.parts:
            found = part.figure(measured)
            if found.value:
                break
        return found


@dataclass(frozen=True)
class Yearly(Term):
    """A term as it would be for a whole year."""

    parts: tuple[Term]

    def figure(self, measured: Measured) -> Figure:
        """As many times as the period goes into a year."""
        found = self.parts[0].figure(measured)
        return found if found.value is None else Figure(found.value * measured.per_year, reason=found.reason)


@dataclass(frozen=True)
class Share(Term):
    """How many of those who have a goal reach it. by: the dimension that tells them apart; nothing: the reason where none has one."""

    by: str
    parts: tuple[Term, Term]
    nothing: str

    def needs(self) -> Iterator[Need]:
        """What both need, for each of them."""
        for part in self.parts:
            yield from (replace(need, by=self.by) for need in part.needs())

    def figure(self, measured: Measured) -> Figure:
        """Those at or over their goal / those who have one."""
        there = with_goal = 0
        left_out = None
        for one in measured.parts(self.by):
            reached, goal = (part.figure(one) for part in self.parts)
            if goal.value is None:
                continue
            if reached.value is None:
                return Figure(None, reason=reached.reason)
            with_goal += 1
            there += reached.value >= goal.value
            left_out = left_out or reached.reason
        if not with_goal:
            return Figure(None, Fraction(0), Fraction(0), self.nothing)
        return Figure(Fraction(there, with_goal), Fraction(there), Fraction(with_goal), left_out)


@dataclass(frozen=True)
class Elsewhen(Term):
    """A term in the period before (of a running one in the same elapsed part), or over all that is known."""

    parts: tuple[Term]
    when: When

    def needs(self) -> Iterator[Need]:
        """What the term needs, of that time."""
        yield from (replace(need, when=self.when) for need in self.parts[0].needs())

    def figure(self, measured: Measured) -> Figure:
        """Its value there."""
        there = measured.at(self.when)
        return Figure(None, reason="no period before") if there is None else self.parts[0].figure(there)


def needs_of(terms: Mapping[str, Term]) -> set[Need]:
    """All that several formulas need, once each."""
    return {need for term in terms.values() for need in term.needs()}

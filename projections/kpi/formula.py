"""Formulas of KPIs as they are written: measures, other KPIs, numbers, + - * / and a few functions. Read, never executed.

    total_revenue / count(gross)
    count(won) / (count(won) + count(lost))
    (total_revenue - before(total_revenue)) / before(total_revenue)

count(m), sum(m): things and amounts of a measure. days(m), p50(m), p90(m): its spans in days, together and by rank.
before(x): x in the period before. ever(x): over all that is known. yearly(x): x times the periods of a year. either(x, y): the first that is there and not 0.
distance(x, y): |x − y|. missing(x, 'why'): x where it is positive. share(dimension, x, goal): those with x ≥ goal of those with a goal.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

from projections.definitions.definition import meant
from projections.errors import DefinitionError
from projections.kpi.measures import MEASURES, Take
from projections.kpi.terms import Either, Elsewhen, Joined, Missing, Need, Number, Of, Ratio, Share, Term, Yearly

TAKES: tuple[Take, ...] = ("count", "sum", "days", "p50", "p90")
OPERATIONS: Mapping[type[ast.operator], Callable[..., Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
CUT_BY = ("owner", "team", "channel")
LONGEST = 1000


def formula(text: str, known: Mapping[str, Term]) -> Term:
    """A formula, read. known: the KPIs that it may name. Raises DefinitionError with what is wrong and what may stand there."""
    try:
        if len(text) > LONGEST:
            raise DefinitionError(f"the formula is longer than {LONGEST} characters")
        return _term(ast.parse(text, mode="eval").body, known)
    except SyntaxError:
        raise DefinitionError(f"{text!r} is no formula; write like `count(won) / (count(won) + count(lost))`") from None


def _term(node: ast.expr, known: Mapping[str, Term]) -> Term:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Number(Fraction(str(number)))
        case ast.Name(id=name):
            if name not in known:
                raise DefinitionError(
                    f"there is no KPI `{name}`{meant(name, [*known])}; measures stand in count(…) or sum(…)"
                )
            return known[name]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            under = _term(right, known)
            return Ratio((_term(left, known), under), _nothing(under))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return Joined(OPERATIONS[type(op)], (_term(left, known), _term(right, known)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
            return _call(name, given, known)
        case _:
            raise DefinitionError(f"`{ast.unparse(node)}` may not stand in a formula")


def _call(name: str, given: list[ast.expr], known: Mapping[str, Term]) -> Term:
    match name, given:
        case ("count" | "sum" | "days" | "p50" | "p90") as take, [ast.Name(id=measure)]:
            if measure not in MEASURES:
                raise DefinitionError(
                    f"there is no measure `{measure}`{meant(measure, [*MEASURES])}; there are {', '.join(MEASURES)}"
                )
            if take not in MEASURES[measure].takes:
                may = ", ".join(f"{one}({measure})" for one in MEASURES[measure].takes)
                raise DefinitionError(f"`{name}({measure})` says nothing; {may} may stand there")
            return Of(Need(measure, take))
        case ("before" | "ever") as when, [term]:
            inner = _term(term, known)
            if any(need.when != "then" for need in inner.needs()):
                raise DefinitionError(f"`{name}(…)` may not stand around another `before` or `ever`")
            return Elsewhen((inner,), when)
        case "yearly", [term]:
            return Yearly((_term(term, known),))
        case "either", [_, _, *_]:
            return Either(tuple(_term(term, known) for term in given))
        case "distance", [left, right]:
            return Joined(lambda one, other: abs(one - other), (_term(left, known), _term(right, known)))
        case "missing", [term, ast.Constant(value=str() as why)]:
            return Missing((_term(term, known),), why)
        case "share", [ast.Name(id=by), reached, goal] if by in CUT_BY:
            under = _term(goal, known)
            return Share(by, (_term(reached, known), under), _nothing(under))
        case _:
            raise DefinitionError(f"`{name}(…)` may not stand in a formula so; docs/kpi.md has the functions")


def _nothing(under: Term) -> str:
    """Why there is nothing to divide by: what the first measure of the denominator says of itself."""
    return next((MEASURES[need.measure].none for need in under.needs()), "nothing to divide by")

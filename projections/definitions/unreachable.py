"""Which of several conditions, tried one after the other, can never be the first to hold: proved by trying every kind of lead."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product
from math import floor, prod

from projections.definitions.condition import NUMBERS, Condition, Literal, possible

TRIED = 20_000  # kinds of leads; an agreement that tells more of them apart is not proved


def never_first(conditions: Sequence[Condition | None]) -> int | None:
    """The place of one that is never reached; None where each can be, or where that is not proved.

    None among the conditions holds always. Conditions compare fields with literals alone, so that leads whose fields lie
    equally to all these literals are judged alike: one lead of each kind stands for all.
    """
    always = next((place for place, condition in enumerate(conditions) if condition is None), len(conditions))
    if always + 1 < len(conditions):
        return always + 1
    asked = [condition for condition in conditions if condition is not None]
    fields = {name: _kinds(name, asked) for condition in asked for name in condition.names}
    if prod(map(len, fields.values())) > TRIED:
        return None
    left = set(range(len(asked) + (always < len(conditions))))
    for values in product(*fields.values()):
        lead = dict(zip(fields, values, strict=True))
        left.discard(next((place for place, condition in enumerate(asked) if condition.holds(lead)), len(asked)))
        if not left:
            return None
    return min(left)


def _kinds(name: str, conditions: Iterable[Condition]) -> list[Literal]:
    """Values of a field, one of each kind that the conditions can tell apart."""
    literals = {
        literal for condition in conditions for literal in condition.literals.get(name, ()) if literal is not None
    }
    if name in NUMBERS:
        near = {
            Decimal(floor(literal) + step)
            for literal in literals
            if isinstance(literal, Decimal)
            for step in (-1, 0, 1)
        }
        return [None, *sorted(near or {Decimal(0)})]
    words = possible(name)
    return [None, *(words or [*sorted(map(str, literals)), "".join(map(str, literals)) + "?"])]

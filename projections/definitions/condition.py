"""Conditions over what is known of a lead (`score >= 80 or tier == 'hot'`): a small language, checked when it is read.

Nothing is evaluated but the nodes below: no call, no attribute, no arithmetic. docs/agreement.md explains the grammar, which is condition.lark.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, get_args

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from events.observations import LeadDetails
from events.personal import personal_fields
from projections.definitions.definition import meant

Literal = Decimal | str | None
Known = Mapping[str, Any]
LONGEST = 1_000
SEALED = personal_fields(LeadDetails)
TEXTS = ("to_team", *(name for name in LeadDetails.model_fields if name not in SEALED))
NUMBERS = ("score",)
NAMES = (*NUMBERS, *TEXTS)
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SHOWN = {
    "NAME": "a field",
    "COMPARISON": " ".join(ORDERS),
    "NUMBER": "a number",
    "TEXT": "a text in quotes",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "$END": "the end",
}


class Condition:
    """A condition on the fields of a lead: `score`, `to_team`, and its details.

    text: as people write it. names: the fields that it asks for. literals: what each is compared with.
    """

    __slots__ = ("_holds", "literals", "names", "text")

    def __init__(self, text: str) -> None:
        """Raises ValueError with the place in the text and what would be right."""
        found = _read(text)
        self.text, self.literals, self._holds = found.text, found.literals, found.holds
        self.names = frozenset(self.literals)

    def holds(self, known: Known) -> bool:
        """Whether it holds for a lead. known: field → value; one that is missing or None is unknown.

        An unknown field compared with anything is false; only `== null` and `!= null` ask whether it is known.
        """
        return self._holds(known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda told: told if isinstance(told, cls) else cls(told),
            serialization=core_schema.to_string_ser_schema(),
        )


class Node:
    """A part of a condition: its text, what it compares each field with, and whether it holds."""

    __slots__ = ("holds", "literals", "several", "text")

    def __init__(
        self, text: str, literals: Mapping[str, frozenset[Literal]], holds: Callable[[Known], bool], several: str = ""
    ) -> None:
        self.text, self.literals, self.holds, self.several = text, literals, holds, several

    def after(self, *words: str) -> str:
        """Its text; in brackets if it is a chain of one of these words, which would be read otherwise there."""
        return f"({self.text})" if self.several in words else self.text


class Nodes(Transformer[Token, Node]):
    """From the tree of the text to what it means. Raises ValueError where a field is none, or is of another kind."""

    def either(self, parts: list[Node]) -> Node:
        """Any of them."""
        tests = [part.holds for part in parts]
        return Node(
            " or ".join(part.text for part in parts),
            _all(parts),
            lambda known: any(test(known) for test in tests),
            "or",
        )

    def both(self, parts: list[Node]) -> Node:
        """All of them."""
        tests = [part.holds for part in parts]
        return Node(
            " and ".join(part.after("or") for part in parts),
            _all(parts),
            lambda known: all(test(known) for test in tests),
            "and",
        )

    def negation(self, parts: list[Node]) -> Node:
        """The contrary."""
        (part,) = parts
        return Node(f"not {part.after('or', 'and')}", part.literals, lambda known: not part.holds(known))

    def comparison(self, parts: list[Any]) -> Node:
        """A field with a number, a text, or null."""
        name, sign, token = parts
        literal, order = _literal(name, token), ORDERS[sign]
        text = f"{name} {sign} {_written(literal)}"
        if literal is None:
            if sign not in ("==", "!="):
                raise ValueError(f"{text}: null is neither more nor less; ask `{name} == null` or `{name} != null`")
            wanted = sign == "=="
            return Node(text, {str(name): frozenset({None})}, lambda known: (known.get(name) is None) is wanted)
        if isinstance(literal, str) and sign not in ("==", "!="):
            raise ValueError(f"{text}: texts have no order; compare them by ==, != or in")
        return Node(
            text,
            {str(name): frozenset({literal})},
            lambda known: (value := known.get(name)) is not None and order(value, literal),
        )

    def one_of(self, parts: list[Any]) -> Node:
        """A field with any of several."""
        name, literals = parts
        among = _among(name, literals)
        text = f"{name} in [{', '.join(map(_written, among))}]"
        return Node(text, {str(name): frozenset(among)}, lambda known: known.get(name) in among)

    def none_of(self, parts: list[Any]) -> Node:
        """A field with none of several; an unknown one is not compared."""
        name, literals = parts
        among = _among(name, literals)
        text = f"{name} not in [{', '.join(map(_written, among))}]"
        return Node(
            text,
            {str(name): frozenset(among)},
            lambda known: (value := known.get(name)) is not None and value not in among,
        )

    def literals(self, parts: list[Token]) -> list[Token]:
        """As they stand."""
        return parts


def _read(text: object) -> Node:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no condition; write one like \"score >= 80 or tier == 'hot'\"")
    if len(text) > LONGEST:
        raise ValueError(
            f"a condition has at most {LONGEST:,} characters, this one {len(text):,}; make two tiers of it"
        )
    try:
        node: Any = Nodes().transform(_grammar().parse(text))
    except UnexpectedInput as error:
        raise ValueError(_slip(text, error)) from None
    except VisitError as error:
        raise error.orig_exc from None
    assert isinstance(node, Node)
    return node


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("condition.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", start="either")


def _slip(text: str, error: UnexpectedInput) -> str:
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    place = len(text) if at_end else (error.pos_in_stream or 0)
    there = "at its end" if at_end else f"at {text[place : place + 12]!r} (character {place + 1})"
    if text[place : place + 1] == "=":
        return f"{text!r} cannot be read {there}: two signs compare, write =="
    if text[place : place + 1] in tuple("“”„‘’‚«»"):
        return f"{text!r} cannot be read {there}: write straight quotes, 'hot'"
    reading = _grammar().parse_interactive(text[:place])
    reading.exhaust_lexer()
    awaited = reading.accepts()  # type: ignore[no-untyped-call]  # lark types all but this one
    words = sorted(SHOWN.get(name, name.lower()) for name in awaited)
    return f"{text!r} cannot be read {there}: here may stand {', '.join(words)}"


def _literal(name: Token, token: Token) -> Literal:
    """What a field is compared with; of the field's own kind."""
    if name not in NAMES:
        if name in SEALED:
            raise ValueError(
                f"{name} is personal and sealed; a condition cannot ask for it. Fields are {', '.join(NAMES)}"
            )
        raise ValueError(f"there is no field {str(name)!r}{meant(name, NAMES)}; there are {', '.join(NAMES)}")
    if token.type == "NULL":
        return None
    if token.type == "NUMBER":
        if name not in NUMBERS:
            raise ValueError(f"{name} is a text and never the number {token}; write {name} == '{token}'")
        return Decimal(token)
    text = str(token)[1:-1]
    if name in NUMBERS:
        raise ValueError(f"{name} is a number and never {text!r}; write one without quotes, like {name} >= 80")
    choices = possible(str(name))
    if choices and text not in choices:
        raise ValueError(f"{name} is never {text!r}{meant(text, choices)}; it is one of {', '.join(choices)}")
    return text


def possible(name: str) -> list[str]:
    """The values of a field that has only a few; none where it may say anything."""
    field = LeadDetails.model_fields.get(name)
    words = [word for part in get_args(field.annotation) for word in get_args(part)] if field else []
    return [word for word in words if isinstance(word, str)]


def _among(name: Token, tokens: list[Token]) -> tuple[Literal, ...]:
    found = tuple(dict.fromkeys(_literal(name, token) for token in tokens))
    if None in found:
        raise ValueError(f"null in a list: ask `{name} == null` beside it")
    return found


def _written(literal: Literal) -> str:
    if isinstance(literal, str):
        return f'"{literal}"' if "'" in literal else f"'{literal}'"
    return "null" if literal is None else f"{literal.normalize():f}"


def _all(parts: list[Node]) -> dict[str, frozenset[Literal]]:
    together: dict[str, frozenset[Literal]] = {}
    for part in parts:
        for name, literals in part.literals.items():
            together[name] = together.get(name, frozenset()) | literals
    return together

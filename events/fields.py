"""Kinds of fields: what a word, a reason, an id, an amount may be."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from typing_extensions import TypedDict  # typing.TypedDict serves pydantic from Python 3.12 on

from events.instants import parse_instant
from events.money import DIGITS, PLAIN_DECIMAL
from events.personal import Personal

E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
PERIOD = re.compile(r"\d{4}(-Q[1-4]|-W(0[1-9]|[1-4]\d|5[0-3])|-(0[1-9]|1[0-2])(-\d{2})?)?", re.ASCII)


def _no_e_mail(text: str) -> str:
    if E_MAIL.search(text):
        raise ValueError(
            "a reason is shown and counted and holds no e-mail address; free words belong in note, text, comment or evidence"
        )
    return text


def _instant_or_date(text: object) -> str:
    return str(parse_instant(text))


def _period(text: str) -> str:
    if not PERIOD.fullmatch(text):
        raise ValueError(f"{text!r} is no period; write 2026, 2026-Q1, 2026-03, 2026-W09 or a date")
    return text


def _decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not PLAIN_DECIMAL.fullmatch(str(value)):
        raise ValueError(f"{value!r} is neither an integer nor a plain decimal string")
    return str(value)


def _rate(value: object) -> str:
    if Decimal(text := _decimal(value)) <= 0:
        raise ValueError("a rate is more than 0")
    return text


def _currency(code: str) -> str:
    if code not in DIGITS:
        raise ValueError(f"{code!r} is no currency of ISO 4217; write one in capitals, like EUR")
    return code


def _lead_reference(value: Any) -> Any:
    """An id of the same source, `{source, id}`, or (once recorded) the stream's id."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and value:
        return {"id": value}
    if isinstance(value, dict) and set(value) <= {"source", "id"} and value.get("id"):
        return dict(value)
    raise ValueError("names another lead by its id in the same source, or as {source, id}")


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value  # JSON's arrays are lists


Word = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=255)]
HandoffId = Id
OpportunityId = Id
OfferId = Id
SubscriptionId = Id
Reason = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_no_e_mail)]
Private = Annotated[str | None, Personal]
Known = Literal["yes", "no", "unknown"]
Integer = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
When = Annotated[
    str,
    BeforeValidator(_instant_or_date),
    WithJsonSchema({"type": "string", "description": "RFC 3339 with offset, or a plain date"}),
]
Period = Annotated[str, AfterValidator(_period), WithJsonSchema({"type": "string", "pattern": f"^{PERIOD.pattern}$"})]
CurrencyCode = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"}),
]
TEXT = {"type": "string"}
MAJOR_UNITS = {
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": f"^{PLAIN_DECIMAL.pattern}$"}],
    "description": "major units; inside, an integer of minor units",
}
Amount = Annotated[int, WithJsonSchema(MAJOR_UNITS)]  # minor units once validated: events.base.Priced
DecimalText = Annotated[str, BeforeValidator(_decimal), WithJsonSchema(MAJOR_UNITS)]
Rate = Annotated[str, BeforeValidator(_rate), WithJsonSchema(MAJOR_UNITS)]
OtherLead = Annotated[
    dict[str, str] | UUID,
    BeforeValidator(_lead_reference),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"source": {"type": "string"}, "id": {"type": "string"}},
                    "required": ["id"],
                },
            ]
        }
    ),
]


class Recurring(TypedDict):
    """What is paid again and again: an amount in major units, a month or a year."""

    amount: DecimalText
    every: Literal["month", "year"]


class Candidate(TypedDict):
    """An owner who might have got the lead, and why she did not."""

    owner: Word
    passed_over: NotRequired[Reason | None]


Candidates = Annotated[tuple[Candidate, ...], BeforeValidator(_tuple)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_tuple)]

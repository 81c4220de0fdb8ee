"""What the fields of an event want of a text: a number, an instant, a truth, or the text itself."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from events.base import Event
from events.fields import Amount, DecimalText, OtherLead, Rate, Recurring, When, Words

NUMBERS = (Amount, DecimalText, Rate)


@cache
def kinds(of: type[Event]) -> Mapping[str, str]:
    """The fields of that event by their names on the wire: `decimal`, `integer`, `truth`, `instant`, `words`, `text`.

    What lies deeper has a name with a dot (`recurring.amount`, `merged.source`).
    """
    found: dict[str, str] = {}
    hints = get_type_hints(of, include_extras=True)
    for name, field in of.model_fields.items():
        wire, hint = field.alias or name, hints[name]
        if Recurring in _members(hint):
            found |= {f"{wire}.amount": "decimal", f"{wire}.every": "text"}
        elif OtherLead in _members(hint):
            found |= {wire: "text", f"{wire}.source": "text", f"{wire}.id": "text"}
        else:
            found[wire] = _kind(hint)
    return found


def _kind(hint: Any) -> str:
    members = _members(hint)
    if any(member in NUMBERS for member in members):
        return "decimal"
    if When in members:
        return "instant"
    if Words in members:
        return "words"
    plain = [get_args(member)[0] if get_origin(member) is Annotated else member for member in members]
    if bool in plain:
        return "truth"
    return "integer" if int in plain else "text"


def _members(hint: Any) -> tuple[Any, ...]:
    return (hint,) if get_origin(hint) is Annotated or not get_args(hint) else get_args(hint)

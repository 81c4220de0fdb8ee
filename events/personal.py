"""The mark of personal fields: what carries it is sealed with the key of that person. There is no list elsewhere."""

from functools import cache

from pydantic import BaseModel


class PersonalMark:
    """Stands in a field's annotation: `name: Annotated[str | None, Personal]`."""


Personal = PersonalMark()


@cache
def personal_fields(of: type[BaseModel]) -> frozenset[str]:
    """The names of the fields of that event that are personal."""
    return frozenset(
        name
        for name, field in of.model_fields.items()
        if any(isinstance(mark, PersonalMark) for mark in field.metadata)
    )

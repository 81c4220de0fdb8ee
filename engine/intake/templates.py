"""Texts with columns in braces: `{mql_id}`, `deal {opportunity_id}`; `{{` and `}}` are braces themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

Row = Mapping[str, str | None]  # a record by its columns; None: nothing is told
PART = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """A text to be filled. parts: texts and, at odd places, columns."""

    parts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs."""
        return self.parts[1::2]

    def fill(self, row: Row) -> str | None:
        """The text; None where one of its columns tells nothing."""
        if len(self.parts) == 3 and not self.parts[0] and not self.parts[2]:
            return row[self.parts[1]]
        filled = list(self.parts)
        for place in range(1, len(filled), 2):
            value = row[filled[place]]
            if value is None:
                return None
            filled[place] = value
        return "".join(filled)


def template(text: str) -> Template:
    """A template. Raises ValueError for a brace without its partner."""
    parts, place = [""], 0
    for found in PART.finditer(text):
        parts[-1] += text[place : found.start()]
        place = found.end()
        if found[1] is not None:
            parts += [found[1], ""]
        elif len(found[0]) == 2:
            parts[-1] += found[0][0]
        else:
            raise ValueError(f"{text!r}: a brace has no partner; a column is written {{name}}, a brace itself twice")
    parts[-1] += text[place:]
    return Template(tuple(parts))


def column(name: str) -> Template:
    """The template of one column."""
    return Template(("", name, ""))

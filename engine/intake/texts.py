"""The texts of a table become numbers, instants and truths exactly as declared; nothing is guessed."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from events.faults import Fault
from events.instants import PLAIN_DATE, RFC3339

DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
KNOWN_DIRECTIVES = frozenset("YymbBdjHIMSfpzaA%")
TRUE = ("true", "True", "TRUE", "1", "yes", "Yes", "YES")
FALSE = ("false", "False", "FALSE", "0", "no", "No", "NO")
ALIKE = (" \u00a0\u202f\u2009", "'’")  # blanks that programs put between digits; apostrophes
MOST_DIGITS = 40


def time_format(text: str) -> str:
    """A format of strptime that names a whole day and, where it tells the time, the hour. Raises ValueError."""
    found = set(DIRECTIVE.findall(text))
    if strange := found - KNOWN_DIRECTIVES:
        raise ValueError(f"{text!r}: %{min(strange)} is none of the directives {', '.join(sorted(KNOWN_DIRECTIVES))}")
    if not (found & set("Yy") and ("j" in found or (found & set("mbB") and "d" in found))):
        raise ValueError(f"{text!r} names no day; write one like %d.%m.%Y or %d/%m/%Y %H:%M")
    if found & set("IMSfp") and not ("H" in found or {"I", "p"} <= found):
        raise ValueError(f"{text!r} tells a time without its hour; write %H, or %I with %p")
    return text


@dataclass(frozen=True)
class Reading:
    """What is declared of a table's texts.

    decimal, thousands: marks of numbers; without them a number is written 1250 or 1250.50. time_formats: strptime's,
    beside RFC 3339. true, false: spellings.
    """

    decimal: str | None = None
    thousands: str | None = None
    time_formats: tuple[str, ...] = ()
    true: frozenset[str] = field(default=frozenset(TRUE))
    false: frozenset[str] = field(default=frozenset(FALSE))

    @cached_property
    def _groups(self) -> str:
        """The marks between groups of digits: the declared one, and those that look like it."""
        return next((alike for alike in ALIKE if self.thousands and self.thousands in alike), self.thousands or "")

    @cached_property
    def _number(self) -> re.Pattern[str]:
        decimal, thousands = re.escape(self.decimal or "."), f"[{re.escape(self._groups)}]" if self._groups else ""
        whole = rf"(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+)" if thousands else r"\d+"
        return re.compile(rf"-?{whole}(?:{decimal}\d+)?", re.ASCII)

    def number(self, text: str, name: str) -> str:
        """A plain decimal text (`-1234.56`). Raises Fault where it is not written as declared."""
        if not self._number.fullmatch(text):
            if self.decimal is None and self.thousands is None:
                told = "is no plain number; its marks are not declared (decimal, thousands)"
            else:
                told = f"is no number with decimal {self.decimal or '.'!r}, thousands {self.thousands!r}"
            raise Fault(name, "range", f"{text[:80]!r} {told}")
        plain = text.translate(dict.fromkeys(map(ord, self._groups)))
        return plain.replace(self.decimal, ".") if self.decimal else plain

    def integer(self, text: str, name: str) -> int:
        """A whole number; decimals are taken only where their mark is declared and all of them are 0."""
        whole, _, decimals = self.number(text, name).partition(".")
        if decimals and (self.decimal is None or decimals.strip("0")):
            raise Fault(name, "range", f"{text[:80]!r} is no whole number")
        if len(whole) > MOST_DIGITS:
            raise Fault(name, "range", f"{text[:MOST_DIGITS]!r}… is beyond 64 bits")
        return int(whole)

    def truth(self, text: str, name: str) -> bool:
        """True or false, by the declared spellings."""
        if text in self.true:
            return True
        if text in self.false:
            return False
        raise Fault(name, "range", f"{text[:80]!r} is neither among the spellings of `true` nor of `false`")

    def instant(self, text: str, name: str) -> str:
        """RFC 3339, with or without offset, or a plain date: what `parse_instant` reads."""
        if not self.time_formats or RFC3339.fullmatch(text) or PLAIN_DATE.fullmatch(text):
            return text
        for form in self.time_formats:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007  # its zone is the sender's, `parse_instant` adds it
            except ValueError:
                continue
            return found.isoformat() if _tells_the_hour(form) else found.date().isoformat()
        raise Fault(name, "time", f"{text[:80]!r} is neither RFC 3339 nor one of {', '.join(self.time_formats)}")

    def converted(self, kind: str, text: Any, name: str) -> Any:
        """The text as a field of that kind takes it (engine.intake.fieldkinds)."""
        match kind:
            case "decimal":
                return self.number(text, name)
            case "integer":
                return self.integer(text, name)
            case "truth":
                return self.truth(text, name)
            case "instant":
                return self.instant(text, name)
            case "words":
                return text.splitlines()
            case _:
                return text


def _tells_the_hour(form: str) -> bool:
    return bool(set(DIRECTIVE.findall(form)) & set("HI"))

"""A dossier as text for a terminal, and as one page of HTML that needs no other file, no script and no network."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from engine.dossier.dossier import Dossier
from engine.dossier.labels import CLOSED, WORDS, Language
from engine.version import program


def page(dossier: Dossier, language: Language) -> str:
    """One page of HTML."""
    return _template("page.html").render(_told(dossier, language))


def text(dossier: Dossier, language: Language) -> str:
    """Text for people."""
    return _template("page.txt").render(_told(dossier, language))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["instant"] = _instant
    environment.filters["span"] = _span
    environment.filters["fields"] = _fields
    return environment.get_template(name)


def _told(dossier: Dossier, language: Language) -> dict[str, Any]:
    proof: dict[str, list[Mapping[str, Any]]] = {}
    for row in dossier.proof:
        proof.setdefault(row["promise"], []).append(row)
    return {
        "language": language,
        "words": WORDS[language],
        "dossier": dossier,
        "row": dossier.handoff,
        "given": next(event for event in dossier.events if event["position"] == dossier.handoff["position"]),
        "proof": proof,
        "closed": CLOSED if language == "de" else {},
        "program": program(),
    }


def _instant(text: str | None) -> str:
    """`2026-03-09 10:00:00 +01:00`: to the second, the offset kept; a plain date as it is."""
    if text is None:
        return "–"
    if len(text) == len("2026-03-09"):
        return text
    told = datetime.fromisoformat(text)
    offset = told.strftime("%z")
    return f"{told:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"


def _span(seconds: float | None) -> str:
    """`26:05:00`: hours, minutes, seconds."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _fields(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in data.items() if value is not None)


def _value(value: Any) -> str:
    match value:
        case list():
            return "; ".join(map(_value, value))
        case dict():
            return " ".join(map(_value, value.values()))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)

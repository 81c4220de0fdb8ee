"""Where in a TOML text a key stands: the standard library's reader does not tell."""

import tomllib
from collections.abc import Sequence
from typing import Any

Key = int | str
CLOSINGS = ("", "]", "]]")  # what an array of several lines still wants after one of them


def line_of(text: str, path: Sequence[Key]) -> int:
    """The line, from 1, on which a key or an array's element stands; where it is not there, that of the table it would be in.

    It is the first line with which the text up to there, read as TOML, has it: exact whatever way the file is laid out.
    """
    lines = text.split("\n")
    there = _depth(tomllib.loads(text), path)
    for number in range(1, len(lines) + 1):
        for closing in CLOSINGS:
            try:
                told = tomllib.loads("\n".join(lines[:number]) + closing)
            except tomllib.TOMLDecodeError:
                continue
            if _depth(told, path) >= there:
                return number
    return len(lines)


def _depth(told: Any, path: Sequence[Key]) -> int:
    """How many steps of the path are there."""
    for depth, key in enumerate(path):
        try:
            told = told[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(path)

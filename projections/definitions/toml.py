"""TOML as people write it, or as it comes out of a broken disk: whatever is wrong with it is told in one way."""

import tomllib
from typing import Any


def loads(text: str) -> dict[str, Any]:
    """What a TOML text says. Raises tomllib.TOMLDecodeError, also where it is nested deeper than the parser can go."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("Nested too deeply") from None

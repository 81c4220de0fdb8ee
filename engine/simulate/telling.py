"""The fields of many events at once, as the text of their `data`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Array = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_json = msgspec.json.Encoder().encode


class Words(NamedTuple):
    """A value each out of a few words. codes: their places; -1 where there is none."""

    codes: Array
    words: Sequence[str]

    def only(self, where: Mask) -> "Words":
        """The values there; none elsewhere."""
        return Words(np.where(where, self.codes, -1), self.words)


class Json(NamedTuple):
    """Values that are written as JSON already: one for all events, or one each, null where there is none."""

    written: Any


Value: TypeAlias = (
    str | Words | Json | Array | pa.Array
)  # one text for all; words; JSON; numbers; texts, null where there is none


def written(fields: Mapping[str, Value], count: int) -> pa.Array:
    """What stands between the braces of `data`, for so many events. A field that has no value is left out."""
    return joined(*(_field(name, value) for name, value in fields.items()), between=",", count=count)


def joined(*parts: Any, between: str = "", count: int | None = None) -> pa.Array:
    """Texts put together, place by place; a part that is null is left out. count: of texts, where all parts may be the same for all."""
    scalars = not any(isinstance(part, pa.Array) for part in parts)
    found = pc.binary_join_element_wise(*parts, between, null_handling="skip")
    return pa.repeat(found, count) if scalars else found


def numerals(numbers: Array) -> pa.Array:
    """Numbers as texts."""
    return pa.array(numbers).cast(pa.string())


def taken(texts: pa.Array, codes: Array) -> pa.Array:
    """The texts at those places; null for -1."""
    return texts.take(pa.array(codes, mask=codes < 0))


def _field(name: str, value: Value) -> Any:
    named = f'"{name}":'
    match value:
        case str():
            return named + _json(value).decode()
        case Words(codes, words):
            return taken(pa.array([named + _json(word).decode() for word in words], pa.string()), codes)
        case Json(one):
            return named + one if isinstance(one, str) else _within(named, one, "")
        case np.ndarray():
            return _within(named, numerals(value), "")
        case _:
            return _within(f'{named}"', value, '"')


def _within(before: str, texts: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(before, texts, after, "", null_handling="emit_null")

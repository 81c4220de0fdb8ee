"""Many values a portion at a time: one statement, one transaction, one page."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Some = TypeVar("Some")


def portions(values: Iterable[Some], size: int) -> Iterator[list[Some]]:
    """The values in lists of `size`, the last one as long as what is left; never an empty one."""
    remaining = iter(values)
    while portion := list(islice(remaining, size)):
        yield portion

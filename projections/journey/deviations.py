"""How a path differs from the one that was agreed."""

from collections.abc import Sequence


def loops(path: Sequence[str]) -> int:
    """How many steps of a path repeat an earlier one."""
    return len(path) - len(set(path))


def deviations(path: Sequence[str], agreed: Sequence[str]) -> list[str]:
    """What differs, in words: skipped (a step before the furthest one is missing), back (a step came after a later one), again, other.

    A path that stops early differs in nothing: it may go on. An empty list where it fits.
    """
    place = {name: number for number, name in enumerate(agreed)}
    taken = [name for name in path if name in place]
    furthest = max((place[name] for name in taken), default=-1)
    first = list(dict.fromkeys(taken))
    back = [name for number, name in enumerate(first) if any(place[one] > place[name] for one in first[:number])]
    again = [name for name in first if taken.count(name) > 1]
    other = [name for name in dict.fromkeys(path) if name not in place]
    skipped = [name for name in agreed[: furthest + 1] if name not in taken]
    named = (("skipped", skipped), ("back", back), ("again", again), ("other", other))
    return [f"{what} {name}" for what, names in named for name in names]

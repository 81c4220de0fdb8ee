"""Merged leads are one story: which leads belong together, and in which of them the story goes on."""

from collections import defaultdict
from collections.abc import Collection, Iterable


def stories(merges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Lead → the one in which its story goes on, for all that a merge in force touches.

    merges: (lead, the one that goes up in it). The survivor goes up in no other; of several the lowest number.
    """
    pairs = list(merges)
    gone_up = {merged for _, merged in pairs}
    goes_on: dict[int, int] = {}
    for members in together(pairs):
        survivor = min((lead for lead in members if lead not in gone_up), default=min(members))
        goes_on |= dict.fromkeys(members, survivor)
    return goes_on


def together(pairs: Iterable[tuple[int, int]]) -> Collection[list[int]]:
    """The leads that pairs connect, each group for itself: union by a tree, whose ways to the top are halved as they are walked."""
    above: dict[int, int] = {}

    def top(lead: int) -> int:
        above.setdefault(lead, lead)
        while (higher := above[lead]) != lead:
            above[lead] = lead = above[higher]
        return lead

    for one, other in pairs:
        above[top(other)] = top(one)
    groups = defaultdict[int, list[int]](list)
    for lead in list(above):
        groups[top(lead)].append(lead)
    return groups.values()

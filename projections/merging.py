"""Merged leads are one story: which leads belong together, and in which of them the story goes on."""

from collections.abc import Iterable, Mapping


def joined(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    """Connected leads: each lead that a pair names with all that it is connected to."""
    groups: dict[int, set[int]] = {}
    for one, other in pairs:
        group = groups.setdefault(one, {one})
        other_group = groups.setdefault(other, {other})
        if group is not other_group:
            small, large = sorted((group, other_group), key=len)
            large |= small
            groups.update(dict.fromkeys(small, large))
    frozen: Mapping[int, frozenset[int]] = {id(group): frozenset(group) for group in groups.values()}
    return {lead: frozen[id(group)] for lead, group in groups.items()}


def stories(merges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Lead → the one in which its story goes on, for all that a merge in force touches.

    merges: (lead, the one that goes up in it). The survivor goes up in no other; of several the lowest number.
    """
    pairs = list(merges)
    gone_up = {merged for _, merged in pairs}
    return {lead: min(members - gone_up, default=min(members)) for lead, members in joined(pairs).items()}

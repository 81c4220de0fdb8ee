"""The Merkle tree of RFC 9162, section 2.1 (RFC 6962's): roots, inclusion and consistency proofs, and how they are checked.

No library: docs/decisions tells why. What is checked here needs neither log nor workspace.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
EMPTY = sha256().digest()

Root = Callable[[int, int], bytes]  # of the leaves from the first number up to, without, the second


class BadProof(Exception):
    """The proof does not lead to what it is to prove."""


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(LEAF + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(NODE + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves. A last one without a partner goes up as it is, which is the tree of the RFC."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:
        pairs, odd = iter(level), level[-1:] if len(level) % 2 else []
        level = [sha256(NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=False)] + odd
    return level[0]


def split(size: int) -> int:
    """The largest power of two below that size: where a tree of it parts."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(of: Root, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves (section 2.1.3.1)."""
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + split(last - first)
        if index < middle:
            path.append(of(middle, last))
            last = middle
        else:
            path.append(of(first, middle))
            first = middle
    return path[::-1]


def consistency(of: Root, old: int, size: int) -> list[bytes]:
    """The proof that the tree of `size` leaves begins with that of the first `old` (section 2.1.4.1). 0 < old <= size."""
    path: list[bytes] = []
    first, last, whole = 0, size, True
    while last != old:
        middle = first + split(last - first)
        if old <= middle:
            path.append(of(middle, last))
            last = middle
        else:
            path.append(of(first, middle))
            first, whole = middle, False
    if not whole:
        path.append(of(first, last))
    return path[::-1]


def root_by(path: Sequence[bytes], index: int, size: int, of_leaf: bytes) -> bytes:
    """The root to which an inclusion proof leads (section 2.1.3.2). Raises BadProof."""
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} cannot be in a tree of {size}")
    _must_be_hashes(path)
    place, last, found = index, size - 1, of_leaf
    for step in path:
        if last == 0:
            raise BadProof("the proof is too long")
        if place & 1 or place == last:
            found = node(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, step)
        place, last = place >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
    return found


def must_have_grown(path: Sequence[bytes], old: int, old_root: bytes, size: int, new_root: bytes) -> None:
    """Whether a consistency proof leads to both roots (section 2.1.4.2). Raises BadProof."""
    if old > size:
        raise BadProof(f"the tree had {old} leaves and has {size}")
    _must_be_hashes(path)
    if old == size or old == 0:
        if path or (old == size and old_root != new_root) or (old == 0 and old_root != EMPTY):
            raise BadProof("the roots differ")
        return
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        raise BadProof("the proof is empty")
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if place & 1 or place == last:
            before, after = node(step, before), node(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node(after, step)
        place, last = place >> 1, last >> 1
    if last or before != old_root or after != new_root:
        raise BadProof("the proof does not lead from the one root to the other")


def _must_be_hashes(path: Sequence[bytes]) -> None:
    if any(len(step) != len(EMPTY) for step in path):
        raise BadProof("a step of the proof is no hash")

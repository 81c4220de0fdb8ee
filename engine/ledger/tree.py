"""The tree over a log: its leaves are the chain's hashes, in the order of positions.

An event's chain hash covers every column of its row and its predecessor's hash: whoever has the row and that hash can compute the leaf.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import msgspec

from engine.ledger.errors import BadCheckpoint
from engine.ledger.merkle import leaf, root, split
from engine.privacy.keys import KeyFile
from engine.store.log import Log

BLOCK = 1 << 16  # leaves; their root is kept, and a proof reads one block
MANY = 4  # processes; more of them wait for the disk
HASHES = "SELECT hash FROM event WHERE position > ? AND position <= ? ORDER BY position"


class Kept(msgspec.Struct, array_like=True):
    """The root of a block, and the chain's hash at its end, which says whether it is still this log's."""

    chain: bytes
    root: bytes


class Shelf(msgspec.Struct):
    """What is kept of a log's tree between two checkpoints: a file that may be deleted at any time."""

    log: str
    blocks: list[Kept]


class Tree:
    """The tree over the first `size` events of a log.

    kept: the roots of its full blocks. Where the log does not have all these events, BadCheckpoint is raised.
    """

    def __init__(self, log: Log, size: int, kept: list[bytes]) -> None:
        self._log, self.size, self._kept = log, size, kept

    @classmethod
    def of(cls, log: Log, size: int, shelf: Path | None = None, advance: Callable[[int], None] | None = None) -> Self:
        """shelf: the file of what is kept; None: all is computed from the log. advance: told the position reached."""
        full = size // BLOCK
        kept = _kept(log, shelf, full)
        for number, found in enumerate(_roots(log, range(len(kept), full)), len(kept) + 1):
            kept.append(found)
            if advance is not None:
                advance(number * BLOCK)
        if shelf is not None and full:
            _keep(log, shelf, kept)
        return cls(log, size, kept)

    def root(self) -> bytes:
        """The root over all of it."""
        return self.of_range(0, self.size)

    def of_range(self, first: int, last: int) -> bytes:
        """The root over leaves `first` up to, without, `last`: a subtree as the RFC parts them, so a large one begins at a block."""
        if last - first > BLOCK:
            middle = first + split(last - first)
            return root([self.of_range(first, middle), self.of_range(middle, last)])
        if last - first == BLOCK:
            return self._kept[first // BLOCK]
        return root(_leaves(self._log, first, last))


def _leaves(log: Log, first: int, last: int) -> list[bytes]:
    with log.reading() as reading:
        found = [leaf(hash_) for (hash_,) in reading.execute(HASHES, (first, last))]
    if len(found) != last - first:
        raise BadCheckpoint(
            file=log.path, fault=f"positions {first + 1} to {last} are not all there; run `leadlog verify`"
        )
    return found


def _roots(log: Log, blocks: range) -> Iterator[bytes]:
    """The roots of those blocks; of many in several processes."""
    limits = [(number * BLOCK, (number + 1) * BLOCK) for number in blocks]
    processes = min(os.cpu_count() or 1, MANY)
    if processes < 2 or len(blocks) < 8:  # they need a second to start
        yield from (root(_leaves(log, first, last)) for first, last in limits)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _open, (log.path, log.keys.path)) as pool:
        yield from pool.map(_root_there, limits)


class _Worker:
    """What a process of its own reads."""

    log: Log


def _open(log: Path, keys: Path) -> None:
    _Worker.log = Log.open(log, KeyFile.open(keys), read_only=True)


def _root_there(limits: tuple[int, int]) -> bytes:
    return root(_leaves(_Worker.log, *limits))


def _kept(log: Log, shelf: Path | None, most: int) -> list[bytes]:
    """The roots that are kept and still those of this log, from the first block on."""
    if shelf is None:
        return []
    try:
        there = msgspec.msgpack.decode(shelf.read_bytes(), type=Shelf)
    except (OSError, msgspec.DecodeError):
        return []
    blocks = there.blocks[:most] if there.log == log.id else []
    while blocks and log.hash_at(len(blocks) * BLOCK) != blocks[-1].chain:
        blocks.pop()
    return [block.root for block in blocks]


def _keep(log: Log, shelf: Path, roots: Iterable[bytes]) -> None:
    blocks = [Kept(log.hash_at(number * BLOCK) or b"", found) for number, found in enumerate(roots, 1)]
    with suppress(OSError):  # a read-only or full disk: it is computed again next time
        coming = shelf.with_name(f"{shelf.name}.{os.getpid()}")
        coming.write_bytes(msgspec.msgpack.encode(Shelf(log.id, blocks)))
        coming.replace(shelf)

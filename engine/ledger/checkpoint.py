"""Checkpoints: the signed head of the tree (C2SP tlog-checkpoint). Kept elsewhere, one proves later that the log only grew since."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.ledger.errors import BadCheckpoint
from engine.ledger.note import BadNote, PublicKey, text_of
from engine.ledger.signing import name_of, signer_of
from engine.ledger.tree import Tree
from engine.workspace import TREE, Workspace
from events.instants import wire


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says. origin: which log. size: its last position. root: of the tree. chain: hash at that position; learned: when."""

    origin: str
    size: int
    root: bytes
    chain: bytes
    learned: str

    def text(self) -> str:
        """What is signed."""
        encoded = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{encoded}\nchain {self.chain.hex()}\nlearned {self.learned}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """What such a text says; another spelling of the same is refused. Raises ValueError."""
        origin, size, encoded, chain, learned = text.removesuffix("\n").split("\n")
        found = cls(
            origin,
            int(size),
            base64.b64decode(encoded, validate=True),
            bytes.fromhex(chain.removeprefix("chain ")),
            learned.removeprefix("learned "),
        )
        if found.text() != text or found.size < 0 or len(found.root) != 32:
            raise ValueError("it is written otherwise than checkpoints are")
        return found


def tree_of(workspace: Workspace, size: int, advance: Callable[[int], None] | None = None) -> Tree:
    """The tree over the first events, with what is kept of it."""
    return Tree.of(workspace.log, size, workspace.folder / TREE, advance)


def write(workspace: Workspace, advance: Callable[[int], None] | None = None) -> str:
    """The signed checkpoint of the log as it is now."""
    head = workspace.log.head()
    tree = tree_of(workspace, head.position, advance)
    made = Checkpoint(name_of(workspace.log.id), head.position, tree.root(), head.hash, wire(head.recorded_at))
    return signer_of(workspace).sign(made.text())


def checkpoint_of(note: str, key: PublicKey, file: Path | str) -> Checkpoint:
    """The checkpoint of a signed note. Raises BadCheckpoint, naming the file."""
    try:
        return Checkpoint.read(text_of(note, key))
    except BadNote as error:
        raise BadCheckpoint(file=file, fault=error) from None
    except ValueError:
        raise BadCheckpoint(file=file, fault="it is signed, but says not what a checkpoint says") from None


def read(file: Path, key: PublicKey) -> Checkpoint:
    """The checkpoint in a file. Raises BadCheckpoint."""
    try:
        note = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadCheckpoint(file=file, fault=f"it cannot be read ({error})") from None
    return checkpoint_of(note, key, file)

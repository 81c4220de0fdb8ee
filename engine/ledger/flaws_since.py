"""What is wrong with a log that was seen before: what a checkpoint, kept elsewhere, knows of it."""

from collections.abc import Sequence

from engine.ledger.checkpoint import Checkpoint
from engine.ledger.signing import name_of
from engine.ledger.walk import Flaw
from engine.store.log import Log

__all__ = ["Flaw", "flaws_since"]


def flaws_since(log: Log, checkpoints: Sequence[Checkpoint]) -> list[Flaw]:
    """Where the log does not begin with what these checkpoints signed: `cut`, `rewritten`, `another`.

    The chain's hash at a position stands for all before it, if the chain is whole: `verify` walks it.
    """
    head, holds, flaws = log.head(), 0, list[Flaw]()
    for one in sorted(checkpoints, key=lambda one: one.size):
        if one.origin != name_of(log.id):
            flaws.append(Flaw(None, "another", f"the checkpoint is of {one.origin}, this log is {name_of(log.id)}"))
        elif one.size > head.position:
            flaws.append(Flaw(head.position + 1, "cut", _cut(log, one, head.position)))
        elif log.hash_at(one.size) != one.chain:
            between = (
                f"between positions {holds + 1:,} and {one.size:,}"
                if one.size > holds + 1
                else f"at position {one.size:,}"
            )
            told = f"something {between} is not what stood there when position {one.size:,} was signed (learned {one.learned})"
            flaws.append(Flaw(one.size, "rewritten", told + _given_up(log, one.size)))
        else:
            holds = one.size
    return flaws


def _cut(log: Log, one: Checkpoint, position: int) -> str:
    return (
        f"the log ends at position {position:,}; the checkpoint has seen position {one.size:,}: positions {position + 1:,} to"
        f" {one.size:,} are gone{_given_up(log, one.size)}"
    )


def _given_up(log: Log, size: int) -> str:
    """Whether the log itself says that an older backup was put back."""
    lost = [row for row in log.rows(types=["PositionsLost"]) if row.clear()["first"] <= size]
    told = "; ".join(
        f"PositionsLost at position {row.position:,} says that {row.clear()['first']:,} to {row.clear()['last']:,} were given up"
        for row in lost
    )
    return f"; {told}" if told else ""

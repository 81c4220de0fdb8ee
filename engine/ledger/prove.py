"""Receipts made from a log: of a handoff, and of the log's growth."""

from collections.abc import Callable
from pathlib import Path

from engine.ledger import checkpoint as checkpoints
from engine.ledger.errors import BadCheckpoint, NoSuchHandoff, SeveralHandoffs
from engine.ledger.flaws_since import flaws_since
from engine.ledger.merkle import consistency
from engine.ledger.note import PublicKey
from engine.ledger.receipt import OF_A_HANDOFF, Receipt, of_growth, of_handoff
from engine.ledger.signing import signer_of
from engine.merges import Merges
from engine.names import found, shown
from engine.store.rows import Row
from engine.workspace import Workspace
from projections.asked import Asked
from projections.history import History
from projections.views import ask


def handoff(
    workspace: Workspace, handoff: str, lead: str | None = None, advance: Callable[[int], None] | None = None
) -> Receipt:
    """The receipt of a handoff: every event of it as it lies in the log. lead: whose, where several leads have one of that id.

    Raises NoSuchHandoff, SeveralHandoffs.
    """
    log = workspace.log
    note = checkpoints.write(workspace, advance)
    signer = signer_of(workspace)
    signed = checkpoints.checkpoint_of(note, signer.public, "its own")
    rows = _rows(workspace, handoff, lead, signed.size)
    tree = checkpoints.tree_of(workspace, signed.size)
    lying = [(log.page(row.position - 1, 1)[0], log.hash_at(row.position - 1) or b"") for row in rows]
    return of_handoff(handoff, lying, tree, note, signer)


def growth(workspace: Workspace, since: Path, key: PublicKey, advance: Callable[[int], None] | None = None) -> Receipt:
    """The receipt that the log of now begins with that of an older checkpoint. Raises BadCheckpoint where it does not."""
    before = checkpoints.read(since, key)
    if wrong := flaws_since(workspace.log, [before]):
        raise BadCheckpoint(file=since, fault=wrong[0].detail)
    note = checkpoints.write(workspace, advance)
    signer = signer_of(workspace)
    size = checkpoints.checkpoint_of(note, signer.public, "its own").size
    tree = checkpoints.tree_of(workspace, size)
    proof = consistency(tree.of_range, before.size, size) if before.size else []
    return of_growth(since.read_text(encoding="utf-8"), proof, note, signer)


def _rows(workspace: Workspace, handoff: str, named: str | None, size: int) -> list[Row]:
    """The events of a handoff, by position."""
    log = workspace.log
    told = {"handoff": handoff} | ({"lead": found(log, workspace.keys, named)} if named is not None else {})
    history = History.open(workspace.history, log)
    view = ask("handoffs", history, Asked.of(told), workspace.settings.zone, workspace.clock)
    leads = {row["lead"] for row in view.rows}  # one a story
    if not leads:
        raise NoSuchHandoff(handoff=repr(handoff))
    if len(leads) > 1:
        raise SeveralHandoffs(handoff=repr(handoff), leads=", ".join(sorted(shown(log, leads).values())))
    members = Merges.known(log).group(leads.pop())
    rows = (row for lead in members for row in log.rows(to=size, types=OF_A_HANDOFF, lead=lead))
    return sorted((row for row in rows if row.clear().get("handoff") == handoff), key=lambda row: row.position)

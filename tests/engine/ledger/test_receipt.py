"""Checkpoints and receipts: what a third party sees with the public key alone."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from engine.erasure import erase
from engine.ledger import checkpoint, prove
from engine.ledger import tree as trees
from engine.ledger.checkpoint import Checkpoint, checkpoint_of
from engine.ledger.errors import (
    BadCheckpoint,
    BadPublicKey,
    BadReceipt,
    BadSigningKey,
    NoSuchHandoff,
    SeveralHandoffs,
    SigningKeyThere,
)
from engine.ledger.flaws_since import flaws_since
from engine.ledger.merkle import leaf, root
from engine.ledger.receipt import check
from engine.ledger.signing import make, public_key, signer_of
from engine.ledger.tree import Tree
from engine.ledger.verify import verify
from engine.workspace import SIGNING, TREE, Workspace
from tests.engine.conftest import Desk, tell

ROOT = Path(__file__).parents[3]
SEED = 7


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(trees, "BLOCK", 4)


def handed_off(desk: Desk, lead: str = "L1", handoff: str = "H1") -> None:
    desk.take(
        tell("LeadCaptured", subject=lead, name="mark-name", email="mark@example.test"),
        tell("LeadHandedOff", "2026-03-03T10:00:00Z", lead, handoff=handoff, to_team="sales", note="mark-note"),
        tell("HandoffPaused", "2026-03-03T11:00:00Z", lead, handoff=handoff, reason="on holiday"),
        tell("HandoffAccepted", "2026-03-04T10:00:00Z", lead, handoff=handoff, actor="ae:bert"),
    )


def more(desk: Desk, count: int) -> None:
    desk.take(*(tell("LeadCaptured", subject=f"more {desk.sent} {number}") for number in range(count)))


def signed(desk: Desk) -> Checkpoint:
    return checkpoint_of(checkpoint.write(desk.workspace), signer_of(desk.workspace).public, "it")


def again(desk: Desk) -> None:
    desk.workspace.close()
    desk.workspace = Workspace.find(desk.workspace.folder, desk.clock)


def test_a_checkpoint_names_the_log_its_size_and_its_root(desk: Desk):
    handed_off(desk)
    note = checkpoint.write(desk.workspace)
    origin, size, encoded, *_ = note.splitlines()
    assert (origin, size, len(encoded)) == (f"leadlog/{desk.workspace.log.id}", "4", 44)
    hashes = [row.hash for row in desk.workspace.log.rows()]
    assert signed(desk).root == root([leaf(hash_) for hash_ in hashes])
    assert signed(desk).chain == hashes[-1]


def test_an_empty_log_can_be_signed(desk: Desk):
    assert signed(desk).size == 0
    handed_off(desk)
    assert flaws_since(desk.workspace.log, []) == []


@pytest.mark.parametrize("size", [1, 3, 4, 5, 8, 9, 23, 40])
def test_the_tree_is_the_same_in_blocks_kept_or_computed_by_one_process_or_several(desk: Desk, size):
    more(desk, size)
    shelf = desk.workspace.folder / TREE
    leaves = [leaf(row.hash) for row in desk.workspace.log.rows()]
    for kept in (None, shelf, shelf):
        tree = Tree.of(desk.workspace.log, size, kept)
        assert tree.root() == root(leaves)
    assert shelf.exists() == (size >= 4)
    for some in (1, size // 2 + 1, size):
        assert Tree.of(desk.workspace.log, some, shelf).root() == root(leaves[:some])


def test_what_is_kept_of_another_past_is_not_believed(desk: Desk, desks):
    more(desk, 10)
    shelf = desk.workspace.folder / TREE
    Tree.of(desk.workspace.log, 10, shelf)
    other = desks()
    more(other, 9)
    shutil.copyfile(shelf, other.workspace.folder / TREE)
    leaves = [leaf(row.hash) for row in other.workspace.log.rows()]
    assert Tree.of(other.workspace.log, 9, other.workspace.folder / TREE).root() == root(leaves)
    shelf.write_bytes(b"rubbish")
    assert Tree.of(desk.workspace.log, 10, shelf).root() == Tree.of(desk.workspace.log, 10).root()


def test_a_receipt_holds_the_handoffs_events_and_nothing_that_was_sealed(desk: Desk):
    handed_off(desk)
    more(desk, 9)
    content = prove.handoff(desk.workspace, "H1").written()
    assert b"mark" not in content
    receipt, found = check(content, signer_of(desk.workspace).public)
    assert [record.columns["type"] for record in receipt.records] == [
        "LeadHandedOff",
        "HandoffPaused",
        "HandoffAccepted",
    ]
    assert found.size == 13


def test_a_receipt_is_checked_without_log_or_workspace(desk: Desk, tmp_path):
    handed_off(desk)
    (tmp_path / "receipt").write_bytes(prove.handoff(desk.workspace, "H1").written())
    key = str(signer_of(desk.workspace).public)
    program = "from engine.cli import main; main()"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, "verify-receipt", str(tmp_path / "receipt"), "--key", key],
        cwd=elsewhere, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("position ") == 3


def test_an_erasure_leaves_old_receipts_and_checkpoints_valid(desk: Desk):
    handed_off(desk)
    content, before = prove.handoff(desk.workspace, "H1").written(), signed(desk)
    erase(desk.workspace, "L1")
    again(desk)
    assert check(content, signer_of(desk.workspace).public)[1] == before
    assert flaws_since(desk.workspace.log, [before]) == []
    assert check(prove.handoff(desk.workspace, "H1").written(), signer_of(desk.workspace).public)[1].size == 5


def test_any_changed_byte_of_a_receipt_is_refused(desk: Desk):
    handed_off(desk)
    more(desk, 3)
    content, key = prove.handoff(desk.workspace, "H1").written(), signer_of(desk.workspace).public
    random = Random(SEED)
    for at in range(len(content)):
        spoilt = bytearray(content)
        spoilt[at] ^= 1 << random.randrange(8)
        with pytest.raises(BadReceipt):
            check(bytes(spoilt), key)
    for at in random.sample(range(len(content)), 200):
        with pytest.raises(BadReceipt):
            check(content[:at] + content[at + 1 :], key)
        with pytest.raises(BadReceipt):
            check(content[:at] + b" " + content[at:], key)


def changed(content: bytes, change) -> bytes:
    told = json.loads(content)
    change(told)
    return json.dumps(told, indent=1).encode() + b"\n"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda told: told["records"][0]["columns"].update(actor="ae:other"), r"record 1 \(position 2\) or its proof was changed"),
        (lambda told: told["records"][1]["columns"].update(occurred_at=0), r"record 2 \(position 3\)"),
        (lambda told: told["records"][0]["columns"].update(sealed=None), r"record 1 \(position 2\)"),
        (lambda told: told["records"][0]["columns"].update(position=3), r"record 1 \(position 3\)"),
        (lambda told: told["records"][0].update(previous="00" * 32), r"record 1 \(position 2\)"),
        (lambda told: told["records"][2]["proof"].reverse(), r"record 3 \(position 4\)"),
        (lambda told: told["records"][2]["proof"].pop(), "too short"),
        (lambda told: told["records"].pop(1), "changed, added or left out"),
        (lambda told: told["records"].reverse(), "changed, added or left out"),
        (lambda told: told["records"].append(told["records"][0]), "changed, added or left out"),
        (lambda told: told["records"].clear(), "has records"),
        (lambda told: told.update(handoff="H2"), "is not of handoff 'H2'"),
        (lambda told: told["records"][0]["columns"].pop("actor"), "record 1 is no record"),
        (lambda told: told["records"][0]["columns"].update(sealed="zz"), "record 1 is no record"),
        (lambda told: told.update(checkpoint=told["checkpoint"].replace("\n7\n", "\n8\n")), "not what was signed"),
        (lambda told: told.update(checkpoint="rubbish"), "its checkpoint is no checkpoint"),
        (lambda told: told.update(remark="true"), "it is no receipt"),
        (lambda told: told.update(kind="growth"), "older checkpoint"),
    ],
)  # fmt: skip
def test_what_was_changed_is_told(desk: Desk, change, why):
    handed_off(desk)
    more(desk, 3)
    content, key = prove.handoff(desk.workspace, "H1").written(), signer_of(desk.workspace).public
    assert changed(content, lambda _: None) == content
    with pytest.raises(BadReceipt, match=why):
        check(changed(content, change), key)


def test_another_spelling_of_the_same_is_refused(desk: Desk):
    handed_off(desk)
    content, key = prove.handoff(desk.workspace, "H1").written(), signer_of(desk.workspace).public
    with pytest.raises(BadReceipt, match="written otherwise"):
        check(json.dumps(json.loads(content)).encode(), key)


def test_the_receipt_of_another_workspace_is_not_signed_by_this_one(desk: Desk, desks):
    handed_off(desk)
    other = desks()
    with pytest.raises(BadReceipt, match=r"signed by leadlog/.* with another key"):
        check(prove.handoff(desk.workspace, "H1").written(), signer_of(other.workspace).public)


def test_a_handoff_must_be_known_and_meant(desk: Desk):
    handed_off(desk)
    handed_off(desk, "L2")
    with pytest.raises(NoSuchHandoff, match="H9"):
        prove.handoff(desk.workspace, "H9")
    with pytest.raises(SeveralHandoffs, match="L1, L2"):
        prove.handoff(desk.workspace, "H1")
    assert len(prove.handoff(desk.workspace, "H1", "crm/L2").records) == 3


def test_that_the_log_only_grew_is_proved_to_who_has_two_checkpoints(desk: Desk, tmp_path):
    more(desk, 5)
    (tmp_path / "old").write_text(checkpoint.write(desk.workspace))
    more(desk, 8)
    key = signer_of(desk.workspace).public
    content = prove.growth(desk.workspace, tmp_path / "old", key).written()
    receipt, found = check(content, key)
    assert (found.size, receipt.kind, len(receipt.proof) > 0) == (13, "growth", True)
    for at in range(len(content)):
        spoilt = bytearray(content)
        spoilt[at] ^= 1
        with pytest.raises(BadReceipt):
            check(bytes(spoilt), key)
    with pytest.raises(BadReceipt, match="does not begin with"):
        check(changed(content, lambda told: told["proof"].reverse()), key)


def test_a_log_that_only_grew_begins_with_what_was_signed(desk: Desk):
    more(desk, 5)
    first = signed(desk)
    more(desk, 5)
    assert flaws_since(desk.workspace.log, [first, signed(desk)]) == []


def test_log_and_keys_replaced_together_by_older_copies_are_seen(desk: Desk, tmp_path):
    more(desk, 5)
    desk.workspace.close()
    shutil.copytree(desk.workspace.folder, tmp_path / "copy")
    again(desk)
    more(desk, 3)
    kept = signed(desk)
    desk.workspace.close()
    for name in ("log.db", "keys.db"):
        for end in ("-wal", "-shm"):
            (desk.workspace.folder / f"{name}{end}").unlink(missing_ok=True)
        shutil.copyfile(tmp_path / "copy" / name, desk.workspace.folder / name)
    again(desk)
    assert verify(desk.workspace.log).whole, "the chain cannot see it"
    (flaw,) = flaws_since(desk.workspace.log, [kept])
    assert (flaw.kind, flaw.position) == ("cut", 6)
    assert "positions 6 to 8 are gone" in flaw.detail
    more(desk, 4)
    assert verify(desk.workspace.log).whole
    (flaw,) = flaws_since(desk.workspace.log, [kept])
    assert (flaw.kind, flaw.position) == ("rewritten", 8)


def test_several_checkpoints_say_between_which_positions_it_was_rewritten(desk: Desk, tmp_path):
    more(desk, 5)
    first = signed(desk)
    desk.workspace.close()
    shutil.copytree(desk.workspace.folder, tmp_path / "copy")
    again(desk)
    more(desk, 3)
    second = signed(desk)
    forged = Workspace.find(tmp_path / "copy", desk.clock)
    there = Desk.__new__(Desk)
    there.clock, there.workspace, there.sent = desk.clock, forged, 99
    more(there, 4)
    (flaw,) = flaws_since(forged.log, [second, first])
    assert "between positions 6 and 8" in flaw.detail
    forged.close()


def test_the_checkpoint_of_another_log_is_told(desk: Desk, desks):
    other = desks()
    more(other, 2)
    (flaw,) = flaws_since(desk.workspace.log, [signed(other)])
    assert flaw.kind == "another"


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(desk: Desk):
    signer = make(desk.workspace)
    file = desk.workspace.folder / SIGNING
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_key(file.with_suffix(".pub")) == signer.public == public_key(str(signer.public))
    assert signer_of(desk.workspace).public == signer.public
    with pytest.raises(SigningKeyThere):
        make(desk.workspace)
    file.write_text("rubbish")
    with pytest.raises(BadSigningKey):
        signer_of(desk.workspace)
    with pytest.raises(BadPublicKey):
        public_key(file)


def test_a_log_with_a_missing_event_is_not_signed(desk: Desk):
    more(desk, 6)
    size = desk.workspace.log.head().position
    again(desk)
    with sqlite3.connect(desk.workspace.folder / "log.db") as log:
        log.execute("DROP TRIGGER event_kept")
        log.execute("DELETE FROM event WHERE position = 3")
    with pytest.raises(BadCheckpoint, match="positions 1 to 4 are not all there"):
        Tree.of(desk.workspace.log, size)

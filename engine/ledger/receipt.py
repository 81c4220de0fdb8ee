"""Receipts: what a third party needs to see that something is in the log, and since when; and nothing that is sealed is opened in it.

A receipt is one JSON file. It is checked with the public key alone: each record gives its chain hash, that leads by its
proof to the root of the checkpoint, and the checkpoint is signed; the whole receipt is signed as well, so that nothing can be left out.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from engine.ledger.checkpoint import Checkpoint, checkpoint_of
from engine.ledger.errors import BadCheckpoint, BadReceipt
from engine.ledger.merkle import BadProof, inclusion, leaf, must_have_grown, root_by
from engine.ledger.note import DASH, BadNote, PublicKey, signed, text_of
from engine.ledger.signing import Signer
from engine.ledger.tree import Tree
from engine.store.chain import link
from engine.store.rows import COLUMNS, Columns
from events.registry import TYPES

IN_HEX = ("stream", "event_id", "sealed")  # columns that are bytes
OF_A_HANDOFF = frozenset(name for name, of in TYPES.items() if "handoff" in of.model_fields)


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """An event as it lies in the log: its columns, sealed ones in hex; the hash of the one before it; the proof, each step in hex."""

    columns: dict[str, Any]
    previous: str
    proof: list[str]

    @property
    def position(self) -> int:
        """Where it stands."""
        position = self.columns["position"]
        if not isinstance(position, int):
            raise TypeError
        return position

    def leaf(self) -> bytes:
        """Its leaf in the tree. Raises ValueError, KeyError, TypeError for what is no record."""
        if tuple(self.columns) != COLUMNS[:-1]:
            raise ValueError
        values = (
            bytes.fromhex(value) if name in IN_HEX and value is not None else value
            for name, value in self.columns.items()
        )
        return leaf(link(bytes.fromhex(self.previous), tuple(values)))


class Receipt(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """kind: `handoff`, with its records; or `growth`, with the older checkpoint and the proof that the log only grew since.

    checkpoint: the signed note that all of it leads to. signature: over all else.
    """

    receipt: Literal[1] = 1
    kind: Literal["handoff", "growth"]
    handoff: str | None = None
    records: list[Record] = []
    since: str | None = None
    proof: list[str] = []
    checkpoint: str
    signature: str

    def text(self) -> str:
        """What is signed: all but the signature, on one line."""
        told = {name: value for name, value in msgspec.to_builtins(self).items() if name != "signature"}
        return json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n"

    def written(self) -> bytes:
        """The file: the one spelling there is."""
        return json.dumps(msgspec.to_builtins(self), ensure_ascii=True, indent=1).encode() + b"\n"


def of_handoff(handoff: str, rows: Sequence[tuple[Columns, bytes]], tree: Tree, note: str, signer: Signer) -> Receipt:
    """The receipt of a handoff's events. rows: all columns as they lie, and the hash of the row before."""
    records = [
        Record(
            {name: value.hex() if isinstance(value, bytes) else value for name, value in _named(row)},
            previous.hex(),
            [step.hex() for step in inclusion(tree.of_range, row[0] - 1, tree.size)],
        )
        for row, previous in rows
    ]
    return _signed(Receipt(kind="handoff", handoff=handoff, records=records, checkpoint=note, signature=""), signer)


def of_growth(since: str, proof: Sequence[bytes], note: str, signer: Signer) -> Receipt:
    """The receipt that the log of the newer checkpoint begins with that of the older."""
    steps = [step.hex() for step in proof]
    return _signed(Receipt(kind="growth", since=since, proof=steps, checkpoint=note, signature=""), signer)


def check(content: bytes, key: PublicKey, file: object = "the receipt") -> tuple[Receipt, Checkpoint]:
    """The receipt, where all of it holds, and its checkpoint. Raises BadReceipt with the first reason."""
    try:
        receipt = msgspec.json.decode(content, type=Receipt)
        checkpoint = checkpoint_of(receipt.checkpoint, key, "its checkpoint")
        if receipt.kind == "handoff":
            _check_records(receipt, checkpoint)
        else:
            _check_growth(receipt, checkpoint, key)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReceipt(file=file, fault=f"it is no receipt ({error})") from None
    except (BadCheckpoint, _Wrong) as error:
        raise BadReceipt(file=file, fault=error) from None
    try:
        text_of(f"{receipt.text()}\n{DASH}{key.name} {receipt.signature}\n", key)
    except BadNote:
        raise BadReceipt(
            file=file, fault="it is not as it was signed: something was changed, added or left out"
        ) from None
    if receipt.written() != content:
        raise BadReceipt(file=file, fault="it says what was signed, but is written otherwise")
    return receipt, checkpoint


def told(receipt: Receipt) -> Iterator[dict[str, Any]]:
    """What the records say in clear, a row each."""
    for record in receipt.records:
        columns = record.columns
        yield {
            name: columns[name] for name in ("position", "type", "occurred_at", "recorded_at", "source", "actor")
        } | {
            "data": columns["data"],
            "sealed": columns["sealed"] is not None,
        }


class _Wrong(Exception):
    """Why a receipt does not hold."""


def _check_records(receipt: Receipt, checkpoint: Checkpoint) -> None:
    if receipt.since is not None or receipt.proof or not receipt.records:
        raise _Wrong("a receipt of a handoff has records and no proof of growth")
    for number, record in enumerate(receipt.records, 1):
        try:
            position, of_leaf = record.position, record.leaf()
            path = [bytes.fromhex(step) for step in record.proof]
            data = json.loads(record.columns["data"])
        except (ValueError, KeyError, TypeError, OverflowError):
            raise _Wrong(f"record {number} is no record of a log") from None
        if record.columns["type"] not in OF_A_HANDOFF or data.get("handoff") != receipt.handoff:
            raise _Wrong(f"record {number} (position {position}) is not of handoff {receipt.handoff!r}")
        try:
            found, why = root_by(path, position - 1, checkpoint.size, of_leaf), "they do not lead to the signed root"
        except BadProof as error:
            found, why = b"", str(error)
        if found != checkpoint.root:
            raise _Wrong(f"record {number} (position {position}) or its proof was changed: {why}")


def _check_growth(receipt: Receipt, checkpoint: Checkpoint, key: PublicKey) -> None:
    if receipt.handoff is not None or receipt.records or receipt.since is None:
        raise _Wrong("a receipt of growth has an older checkpoint and no records")
    before = checkpoint_of(receipt.since, key, "its older checkpoint")
    try:
        steps = [bytes.fromhex(step) for step in receipt.proof]
        must_have_grown(steps, before.size, before.root, checkpoint.size, checkpoint.root)
    except (BadProof, ValueError) as error:
        raise _Wrong(
            f"the log of position {checkpoint.size} does not begin with that of position {before.size}: {error}"
        ) from None


def _signed(receipt: Receipt, signer: Signer) -> Receipt:
    note = signed(receipt.text(), signer.name, signer.key)
    receipt.signature = note.rstrip("\n").rpartition(" ")[2]
    return receipt


def _named(row: Columns) -> Iterator[tuple[str, Any]]:
    return zip(COLUMNS[:-1], row[:-1], strict=True)

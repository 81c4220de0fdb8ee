"""Signed notes: a text with a signature below it, as transparency logs write their checkpoints (C2SP signed-note, Ed25519).

    text, ends with a line feed

    — NAME base64(hash of the key, signature)

A public key is a line `NAME+HASH+base64(1, key)`, where HASH is the first four bytes of SHA-256(NAME, line feed, 1, key) in hex.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "— "


class BadNote(Exception):
    """The note was not signed by that key, or is none."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who signs, and the key that proves it. raw: 32 bytes."""

    name: str
    raw: bytes

    @classmethod
    def read(cls, line: str) -> Self:
        """The key of a line as str() writes it. Raises BadNote."""
        name, hash_, key = [*line.strip().split("+", 2), "", ""][:3]
        raw = _decoded(key)
        found = cls(name, raw[1:])
        if not name or raw[:1] != ED25519 or len(raw) != 33 or hash_ != found.hash.hex():
            raise BadNote("it is no public key of Ed25519")
        return found

    @property
    def hash(self) -> bytes:
        """Tells keys of one name apart; 4 bytes."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{_encoded(ED25519 + self.raw)}"


def signed(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The note of a text that ends with a line feed."""
    public = PublicKey(name, key.public_key().public_bytes_raw())
    return f"{text}\n{DASH}{name} {_encoded(public.hash + key.sign(text.encode()))}\n"


def text_of(note: str, key: PublicKey) -> str:
    """The text of a note that this key has signed; others may have signed it as well. Raises BadNote."""
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise BadNote("it has no text and signature with an empty line between them")
    text += "\n"
    others = []
    for line in signatures.removesuffix("\n").split("\n"):
        name, _, told = line.removeprefix(DASH).partition(" ")
        raw = _decoded(told)
        if not line.startswith(DASH) or not name or len(raw) < len(key.hash):
            raise BadNote(f"the line {line!r} is no signature")
        if (name, raw[:4]) != (key.name, key.hash):
            others.append(name)
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(raw[4:], text.encode())
        except InvalidSignature:
            raise BadNote("the text is not what was signed, or the signature was changed") from None
        return text
    raise BadNote(f"it is signed by {', '.join(others)} with another key than {key.name}")


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if _encoded(raw) == text else b""  # one spelling: the last character's spare bits are zero

"""Sealing: AES-GCM with the key of one person, bound to the place where the sealed bytes lie."""

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY = 32  # bytes
NONCE = 12

Sealer = Callable[[bytes, bytes], bytes]


def seal(key: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """The sealed bytes, a fresh nonce of 12 bytes in front. associated: where they lie; unseal() asks for the same."""
    return sealer(key)(plaintext, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext. Raises cryptography.exceptions.InvalidTag: another key, another place, or changed bytes."""
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], associated)


def sealer(key: bytes) -> Sealer:
    """seal() for several texts of one person: setting up a key costs as much as sealing."""
    encrypt = AESGCM(key).encrypt

    def sealed(plaintext: bytes, associated: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + encrypt(nonce, plaintext, associated)

    return sealed

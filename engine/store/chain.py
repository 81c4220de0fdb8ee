"""The chain: each event's hash covers its predecessor's and every other column of its own row."""

import hmac
from hashlib import sha256

from msgspec.msgpack import Encoder

from engine.store.rows import Columns

_canonical = (
    Encoder().encode
)  # MessagePack of the tuple: type and length stand before each value, so nothing runs together


def link(previous: bytes, values: Columns) -> bytes:
    """The hash of a row. values: all its columns but the hash, in the table's order."""
    return sha256(previous + _canonical(values)).digest()


def lead_mark(secret: bytes, number: int, stream: bytes) -> bytes:
    """What a row of table `lead` is marked with, so that a change of it is seen even before the lead's first event."""
    return hmac.digest(secret, b"lead number" + number.to_bytes(8, "big") + stream, "sha256")[:16]

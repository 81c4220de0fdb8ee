"""Ids that every process finds without a look-up, and that nobody without the workspace's secret can test."""

from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

BLOCK = 64  # bytes of SHA-256: HMAC (RFC 2104) pads the key to them
INNER, OUTER = (bytes(byte ^ mark for byte in range(256)) for mark in (0x36, 0x5C))
VERSION = [bytes([0x80 | byte & 0x0F]) for byte in range(256)]  # RFC 9562, section 5.8
VARIANT = [bytes([0x80 | byte & 0x3F]) for byte in range(256)]
SOURCES = 1024  # names of sources whose beginning is remembered


class Ids:
    """UUIDv8 of HMAC-SHA256 under one secret, as 16 bytes.

    Each part's length stands before it, so that ("a", "bc") and ("ab", "c") differ. What the parts of one source have in common is
    hashed once.
    """

    def __init__(self, secret: bytes) -> None:
        key = (secret if len(secret) <= BLOCK else sha256(secret).digest()).ljust(BLOCK, b"\0")
        self._inner, self._outer = sha256(key.translate(INNER)), sha256(key.translate(OUTER))
        self._begun = lru_cache(maxsize=SOURCES)(self._begin)
        self.lead = lru_cache(maxsize=1 << 14)(self._lead)  # a lead's events come in bunches

    def _lead(self, source: str, subject: str) -> bytes:
        """The stream of a lead. subject: its id in that source."""
        return self._id(b"lead", source, subject)

    def event(self, source: str, id: str) -> bytes:  # noqa: A002  # the contract's word for it
        """The idempotency key of what a source sent under that id."""
        return self._id(b"event", source, id)

    def business(self, name: str) -> bytes:
        """The stream of a business subject."""
        return self._id(b"business", None, name)

    def _begin(self, domain: bytes, source: str | None) -> Any:  # a hash object; hashlib names its type nowhere
        begun = self._inner.copy()
        begun.update(domain if source is None else domain + _told(source))
        return begun

    def _id(self, domain: bytes, source: str | None, last: str) -> bytes:
        inner, outer = self._begun(domain, source).copy(), self._outer.copy()
        inner.update(_told(last))
        outer.update(inner.digest())
        digest = outer.digest()
        return b"".join((digest[:6], VERSION[digest[6]], digest[7:8], VARIANT[digest[8]], digest[9:16]))


@lru_cache(maxsize=16)
def ids_of(secret: bytes) -> Ids:
    """The ids under that secret."""
    return Ids(secret)


def stream_id(secret: bytes, source: str, subject: str) -> UUID:
    """The stream of a lead. subject: its id in that source."""
    return UUID(bytes=ids_of(secret).lead(source, subject))


def business_stream(secret: bytes, name: str) -> UUID:
    """The stream of a business subject."""
    return UUID(bytes=ids_of(secret).business(name))


def event_id(secret: bytes, source: str, id: str) -> UUID:  # noqa: A002  # the contract's word for it
    """The idempotency key of what a source sent under that id."""
    return UUID(bytes=ids_of(secret).event(source, id))


def _told(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded

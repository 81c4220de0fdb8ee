"""Ids that every process finds without a look-up, and that nobody without the workspace's secret can test."""

import hmac
from functools import lru_cache
from uuid import UUID

VERSION = 8 << 76  # RFC 9562, section 5.8
VARIANT = 2 << 62
REST = ~((0xF << 76) | (3 << 62))


@lru_cache(maxsize=1 << 14)  # a lead's events come in bunches
def stream_id(secret: bytes, source: str, subject: str) -> UUID:
    """The stream of a lead. subject: its id in that source."""
    return _uuid(secret, b"lead", source, subject)


def business_stream(secret: bytes, name: str) -> UUID:
    """The stream of a business subject."""
    return _uuid(secret, b"business", name)


def event_id(secret: bytes, source: str, id: str) -> UUID:  # noqa: A002  # the contract's word for it
    """The idempotency key of what a source sent under that id."""
    return _uuid(secret, b"event", source, id)


def _uuid(secret: bytes, domain: bytes, *parts: str) -> UUID:
    """A UUIDv8 of the HMAC; each part's length stands before it, so that ("a", "bc") and ("ab", "c") differ."""
    told = [domain]
    for part in parts:
        text = part.encode()
        told += [len(text).to_bytes(4, "big"), text]
    digest = hmac.digest(secret, b"".join(told), "sha256")
    return UUID(int=int.from_bytes(digest[:16], "big") & REST | VERSION | VARIANT)

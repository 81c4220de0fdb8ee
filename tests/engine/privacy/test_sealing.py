"""What is sealed opens with its key and in its place only."""

import pytest
from cryptography.exceptions import InvalidTag

from engine.privacy.sealing import seal, unseal

KEY, OTHER = b"k" * 32, b"o" * 32


def test_what_is_sealed_is_opened_again():
    sealed = seal(KEY, b"mark-name", b"place")
    assert b"mark-name" not in sealed
    assert unseal(KEY, sealed, b"place") == b"mark-name"


def test_the_same_text_is_never_sealed_alike():
    assert seal(KEY, b"text", b"place") != seal(KEY, b"text", b"place")


@pytest.mark.parametrize("at", [0, 12, -1])
def test_changed_bytes_do_not_open(at):
    sealed = bytearray(seal(KEY, b"text", b"place"))
    sealed[at] ^= 1
    with pytest.raises(InvalidTag):
        unseal(KEY, bytes(sealed), b"place")


def test_another_key_or_place_does_not_open():
    sealed = seal(KEY, b"text", b"place")
    with pytest.raises(InvalidTag):
        unseal(OTHER, sealed, b"place")
    with pytest.raises(InvalidTag):
        unseal(KEY, sealed, b"elsewhere")

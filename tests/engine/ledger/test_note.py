"""Signed notes, as Go's sumdb and the transparency logs write them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.ledger.note import BadNote, PublicKey, signed, text_of

# From the documentation of Go's package golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PublicKey("leadlog/a", KEY.public_key().public_bytes_raw())


def test_a_note_that_others_signed_is_read():
    key = PublicKey.read(PETER)
    assert str(key) == PETER
    assert text_of(NOTE, key).startswith("If you think")


def test_what_is_signed_is_read_with_the_key_of_who_signed_it():
    note = signed("one\ntwo\n", "leadlog/a", KEY)
    assert text_of(note, PublicKey.read(str(PUBLIC))) == "one\ntwo\n"
    assert text_of(f"{note}{NOTE.splitlines()[-1]}\n", PUBLIC) == "one\ntwo\n"


def test_any_changed_byte_of_a_note_is_refused():
    note = signed("one\ntwo\n", "leadlog/a", KEY).encode()
    for at in range(len(note)):
        for bit in range(8):
            spoilt = bytearray(note)
            spoilt[at] ^= 1 << bit
            with pytest.raises((BadNote, UnicodeDecodeError)):
                text_of(bytes(spoilt).decode(), PUBLIC)


@pytest.mark.parametrize("spoilt", ["", "one\n", "\n\n", "one\n\n", "one\n\nx\n", "one\n\n— a b", "one\n\n— \n"])
def test_what_is_no_note_is_refused(spoilt):
    with pytest.raises(BadNote):
        text_of(spoilt, PUBLIC)


def test_another_key_of_the_same_name_is_told():
    other = PublicKey("leadlog/a", Ed25519PrivateKey.from_private_bytes(b"1" * 32).public_key().public_bytes_raw())
    with pytest.raises(BadNote, match="with another key"):
        text_of(signed("one\n", "leadlog/a", KEY), other)


@pytest.mark.parametrize(
    "spoilt", ["", "a", "a+b", PETER[:-1], PETER.replace("c7", "c8"), PETER.replace("+AR", "+BR"), "+" + PETER]
)
def test_what_is_no_public_key_is_refused(spoilt):
    with pytest.raises(BadNote):
        PublicKey.read(spoilt)

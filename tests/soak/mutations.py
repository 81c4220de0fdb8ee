"""What becomes of files on their way: bits flip, pieces are lost, doubled, swapped and put in; whole files are cut or written in another encoding."""

import gzip
from collections.abc import Callable
from random import Random

import zstandard

# fmt: off
MARKS = [
    b"\n", b"\r", b"\r\n", b"\t", b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b", b"\xed\xa0\x80",
]
SIGNS = [
    b'"', b"'", b",", b";", b":", b"{", b"}", b"[", b"]", b"\\", b"\\u0000", b"\\ud800", b"=", b"#", b"&", b"*", b"!", b"%", b"- ", b"? ", b"|",
]
TAGS = [
    b"<event>",
    b"</event>",
    b"<trace>",
    b"<",
    b">",
    b"&a;",
    b"<!DOCTYPE log>",
    b"<![CDATA[",
    b"<?xml",
    b"[[event]]",
]
VALUES = [
    b"1e999", b"9" * 30, b"-0", b"NaN", b"null", b"true", b'""', b"0001-01-01", b"9999-12-31T23:59:60Z", b"2026-02-30",
    b"0x1f", b"\xf0\x9f\xa6\x86", "ä".encode(), "ſ".encode(),
]
# fmt: on
DEEP = [b"[", b"{", b'{"a":', b"(", b'"', b"<a>", b"- ", b"a.", b"{{"]
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8-sig", "cp037"]
MOST = 30  # changes at once
RUN = 200  # bytes


def _flipped(content: bytearray, at: int, random: Random) -> None:
    if at < len(content):
        content[at] ^= 1 << random.randrange(8)


def _lost(content: bytearray, at: int, random: Random) -> None:
    del content[at : at + random.randrange(1, RUN)]


def _doubled(content: bytearray, at: int, random: Random) -> None:
    content[at:at] = content[at : at + random.randrange(1, RUN)]


def _moved(content: bytearray, at: int, random: Random) -> None:
    piece = content[at : at + random.randrange(1, RUN)]
    del content[at : at + len(piece)]
    to = random.randrange(len(content) + 1)
    content[to:to] = piece


def _put_in(content: bytearray, at: int, random: Random) -> None:
    content[at:at] = random.choice(random.choice((MARKS, SIGNS, TAGS, VALUES)))


def _put_in_place(content: bytearray, at: int, random: Random) -> None:
    content[at : at + random.randrange(1, 12)] = random.choice(random.choice((SIGNS, VALUES)))


def _piled(content: bytearray, at: int, random: Random) -> None:
    content[at:at] = random.choice(DEEP) * random.choice((3, 40, 1_200, 5_000))


def _cut(content: bytearray, at: int, random: Random) -> None:
    del content[at:]


OFTEN: list[Callable[[bytearray, int, Random], None]] = [_flipped, _lost, _doubled, _moved, _put_in, _put_in_place]
SELDOM = [_piled, _cut]


def mutated(content: bytes, random: Random) -> bytes:
    """The content after some changes. The same random gives the same."""
    found = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 3, random.randrange(1, MOST)))):
        change = random.choice(SELDOM if random.random() < 0.06 else OFTEN)
        change(found, random.randrange(len(found) + 1), random)
    if random.random() < 0.05:
        return bytes(found).decode(errors="replace").encode(random.choice(ENCODINGS), "replace")
    return bytes(found)


def packed(content: bytes, random: Random) -> bytes:
    """The content mutated before or after it is packed, or not packed at all."""
    match random.randrange(8):
        case 0:
            return mutated(gzip.compress(content, 1), random)
        case 1:
            return mutated(zstandard.compress(content, 1), random)
        case 2:
            return gzip.compress(mutated(content, random), 1)
        case _:
            return mutated(content, random)

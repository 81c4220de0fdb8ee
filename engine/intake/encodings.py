"""How a file's bytes are texts: UTF-8 unless declared; a byte order mark is a declaration. Never a silent fallback."""

import codecs
from io import BufferedReader

from events.faults import Fault

MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
STRUCTURE = "\n\r\",;\t|'{}:0aZ"  # what lines and cells are told by


def named(encoding: str) -> str:
    """Python's name of a declared encoding. Raises ValueError where it is none that lines can be told in."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise ValueError(f"{encoding!r} is no encoding; write utf-8, utf-16, cp1252, iso-8859-1, …") from None
    if name == "utf-8-sig":
        return "utf-8"
    if name in ("utf-16", "utf-16-le", "utf-16-be"):
        return name
    try:
        plain = STRUCTURE.encode(name) == STRUCTURE.encode("ascii")
    except (LookupError, UnicodeError):  # LookupError: a codec that is none of texts (base64, rot13)
        plain = False
    if not plain or name in ("utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape"):
        raise ValueError(f"{encoding!r} cannot be read line by line; convert the file to utf-8")
    return name


def opened(stream: BufferedReader, declared: str | None) -> tuple[str, int]:
    """The encoding of what follows in the stream, past its byte order mark, and the mark's length.

    Raises Fault (`header`) where mark and declaration contradict each other, or UTF-16 does not say which.
    """
    head = stream.peek(3)[:3]
    mark = next((mark for mark in MARKS if head.startswith(mark)), b"")
    if not mark:
        if declared == "utf-16":
            raise Fault(
                "encoding", "header", "UTF-16 is declared without a byte order mark; declare utf-16-le or utf-16-be"
            )
        return declared or "utf-8", 0
    marked = MARKS[mark]
    if declared is not None and not marked.startswith(declared):
        raise Fault("encoding", "header", f"the file's byte order mark says {marked}, the mapping declares {declared}")
    stream.read(len(mark))
    return marked, len(mark)


def decoded(raw: bytes, encoding: str) -> str:
    """The text of those bytes. Raises Fault (`encoding`), which names the first byte that is none."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        bad = " ".join(f"0x{byte:02X}" for byte in raw[error.start : error.start + 2])
        word = "utf-8" if encoding == "utf-8" else encoding
        raise Fault(
            "", "encoding", f"byte {error.start + 1} ({bad}) is not {word}; declare the file's encoding in its mapping"
        ) from None

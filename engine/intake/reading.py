"""Whatever comes in as a file, a packed file or standard input becomes elements."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from engine.intake.again import parse_again
from engine.intake.csv import read_csv
from engine.intake.element import Element, SenderOf
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping
from engine.intake.ndjson import read_ndjson
from engine.intake.sources import Progress, Source, opened
from engine.intake.tables import DELIMITERS, split

__all__ = ["Format", "parse_again", "read"]

Format = Literal["ndjson", "csv"]
BY_EXTENSION: dict[str, Format] = {
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv",
}  # fmt: skip


def read(
    path_or_stream: str | Path | BinaryIO,
    *,
    sender_of: SenderOf,
    format: Format | None = None,  # noqa: A002  # the option's name on the command line
    mapping: Mapping | None = None,
    progress: Progress | None = None,
    longest: int = LONGEST,
) -> Iterator[Element]:
    """The elements of a file (`-`: standard input) or stream, one by one, in flat memory.

    sender_of: what is declared of a source, by its name; None asks for what is declared of events that name none.
    format: default by mapping (a table), content and extension. progress: told the bytes taken so far, packed ones too.
    longest: bytes that a line or record may have. Raises NoSuchFile; whatever the content is, it becomes elements.
    """
    with opened(path_or_stream, progress) as source:
        if (format or ("csv" if mapping is not None else told_format(source))) == "csv":
            yield from read_csv(source, mapping, sender_of, longest)
        else:
            yield from read_ndjson(source, sender_of, longest)


def told_format(source: Source) -> Format:
    """What a stream holds: an object in front is NDJSON; else the extension tells; else a header that names `type`."""
    head = source.stream.peek(1)[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith((b"{", b"[")):
        return "ndjson"
    if found := BY_EXTENSION.get(Path(source.name).suffix.lower()):
        return found
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    return "csv" if any("type" in split(first, delimiter) for delimiter in DELIMITERS) else "ndjson"

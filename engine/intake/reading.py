"""Whatever comes in as a file, a packed file or standard input becomes elements."""

from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from engine.intake.again import parse_again
from engine.intake.batches import elements_of, members
from engine.intake.csv import read_csv
from engine.intake.element import Element, SenderOf
from engine.intake.encodings import opened as opened_as
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping
from engine.intake.mapping_model import FileFormat
from engine.intake.ndjson import FORMAT, object_element, read_ndjson
from engine.intake.objects import Objects, read_objects
from engine.intake.parquet import read_parquet
from engine.intake.rows import header_fault
from engine.intake.sources import Progress, Source, opened
from engine.intake.tables import DELIMITERS, split
from engine.intake.xes import read_xes
from events.faults import Fault

__all__ = ["Format", "parse_again", "read"]

Format = FileFormat
BY_EXTENSION: dict[str, Format] = {
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv",
    ".parquet": "parquet", ".xes": "xes",
}  # fmt: skip
PARQUET = b"PAR1"
MARK = b"\xef\xbb\xbf\xff\xfe \t\r\n"  # byte order marks and blanks in front of what tells a format
NONE_OF_OURS = {
    b"PK\x03\x04": "a zip archive or a workbook (xlsx); unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old workbook (xls); save the sheet as CSV UTF-8",
    b"BZh": "packed with bzip2; unpack it, or pack it as gz or zst",
    b"\xfd7zXZ": "packed with xz; unpack it, or pack it as gz or zst",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database; export its tables as CSV",
}


def read(
    path_or_stream: str | Path | BinaryIO,
    *,
    sender_of: SenderOf,
    format: Format | None = None,  # noqa: A002  # the option's name on the command line
    mapping: Mapping | None = None,
    progress: Progress | None = None,
    longest: int = LONGEST,
    secret: bytes | None = None,
    beside: bool = False,
) -> Generator[Element]:
    """The elements of a file (`-`: standard input) or stream, one by one, in flat memory.

    sender_of: what is declared of a source, by its name; None asks for what is declared of events that name none.
    format: default what the mapping says, else told by content and extension. progress: told the bytes taken so far, packed ones too.
    longest: bytes that a line, record or object may have. secret: the workspace's, where they are for its log. beside: see read_ndjson.
    Raises NoSuchFile; whatever the content is, it becomes elements.
    """
    with opened(path_or_stream, progress) as source:
        if (found := _none_of_ours(source)) is not None:
            yield header_fault(found, source.beginning(), {"format": "none", "mapping": ""}, sender_of(None))
            return
        of_file = mapping.file.format if mapping else None
        match format or of_file or told_format(source, mapping):
            case "csv":
                yield from read_csv(source, mapping, sender_of, longest)
            case "parquet":
                yield from read_parquet(source, mapping, sender_of, longest)
            case "xes":
                yield from read_xes(source, mapping, sender_of, longest)
            case "batch":
                yield from read_batch(source, mapping, sender_of, longest)
            case "ndjson" if mapping is not None and mapping.file.event:
                yield from read_objects(source, mapping, sender_of, longest)
            case "ndjson":
                yield from read_ndjson(
                    source, mapping.senders(sender_of) if mapping else sender_of, longest, secret, beside=beside
                )


def read_batch(
    source: Source, mapping: Mapping | None, sender_of: SenderOf, longest: int = LONGEST
) -> Generator[Element]:
    """The elements of a JSON array: CloudEvents, or objects by a mapping."""
    senders = mapping.senders(sender_of) if mapping else sender_of
    context = {"format": FORMAT, "encoding": "utf-8", "source": senders(None).name}
    try:
        opened_as(source.stream, "utf-8")
        objects = Objects(mapping, sender_of, context) if mapping and mapping.file.event else None
    except Fault as fault:
        yield header_fault(fault, source.beginning(), context, senders(None))
        return

    def take(member: bytes, where: str) -> list[Element]:
        return objects.elements(member, where) if objects else [object_element(member, where, context, senders)]

    yield from elements_of(members(source.stream, longest, source.cut), take, context)


def told_format(source: Source, mapping: Mapping | None) -> Format:
    """What a stream holds, by its first bytes, its extension, and a header that names `type`; with a mapping a table, if nothing else tells."""
    head = source.stream.peek(1)[:4096]
    if head.startswith(PARQUET):
        return "parquet"
    head = head.replace(b"\0", b"").lstrip(MARK)
    if head.startswith((b"{", b"[")):
        return "ndjson"
    if head.startswith((b"sep=", b'"sep=')):
        return "csv"
    if head.startswith((b"<?xml", b"<log", b"<!")):
        return "xes"
    if found := BY_EXTENSION.get(Path(source.name).suffix.lower()):
        return found
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    if mapping is not None or any("type" in split(first, delimiter) for delimiter in DELIMITERS):
        return "csv"
    return "ndjson"


def _none_of_ours(source: Source) -> Fault | None:
    head = source.stream.peek(16)[:16]
    told = next((told for magic, told in NONE_OF_OURS.items() if head.startswith(magic)), None)
    return Fault("", "header", f"the file is {told}") if told else None

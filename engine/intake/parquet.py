"""Parquet: a table whose columns have types. Read by portions, so that memory stays flat however long the file is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.lines import LONGEST
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.objects import Objects
from engine.intake.rows import UNMAPPED, header_fault, wanted_columns
from engine.intake.sources import Source
from events.faults import Fault
from events.instants import wire

FORMAT = "parquet"
ROWS = 1024  # at once
BUFFER = 1 << 18  # bytes read of a column at once; without it a whole column of a row group is in memory
PARTS = {"s": (1, 1_000_000), "ms": (1, 1000), "us": (1, 1), "ns": (1000, 1)}  # unit → µs: divided by, times
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
TROUBLE = (pa.ArrowException, OSError, ValueError, NotImplementedError)
encode = msgspec.json.Encoder(decimal_format="number").encode


def read_parquet(
    source: Source, mapping: MappingOfFile | None, sender_of: SenderOf, longest: int = LONGEST
) -> Iterator[Element]:
    """The elements of a Parquet file. Without a mapping its columns bear the contract's names.

    A file that cannot be read, and a column that is wanted and holds lists or structures, leave one fault (`header`).
    """
    mapping = mapping or UNMAPPED
    context: dict[str, Any] = {"format": FORMAT, "mapping": mapping.path, "source": sender_of(None).name}
    number, head = 0, source.beginning()
    with source.in_any_order() as file:
        try:
            if (cut := source.cut()) is not None:
                raise cut
            table = pq.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False, page_checksum_verification=True)
            header = _columns(table.schema_arrow, mapping)
            objects = Objects(mapping, sender_of, context | {"header": header}, header, longest)
            for portion in table.iter_batches(ROWS, columns=header):
                for values in _rows(portion, header):
                    number += 1
                    yield from _elements(objects, number, values)
        except (Fault, *TROUBLE) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's fault, not the file's
            sender = mapping.senders(sender_of)(None)
            if not number:
                fault = (
                    error
                    if isinstance(error, Fault)
                    else Fault(FORMAT, "header", f"is no Parquet file: {_said(error)}")
                )
                yield header_fault(fault, head, context, sender)
            else:
                told = Fault(FORMAT, "encoding", f"the file is damaged behind row {number}: {_said(error)}")
                hints = hints_of({}, sender)
                yield Element(f"row {number + 1}", head, {**context, "cut": True}, fault=told, hints=hints)


def _columns(schema: pa.Schema, mapping: MappingOfFile) -> list[str]:
    """The columns to read: all that hold one value in a cell. Raises Fault where another one is wanted."""
    wanted = wanted_columns(mapping) if mapping.file.event else set(schema.names)
    for field in schema:
        if pa.types.is_nested(field.type) and field.name in wanted:
            raise Fault(field.name, "nest", f"its cells hold {field.type}; a mapping reads cells of one value")
    return [field.name for field in schema if not pa.types.is_nested(field.type)]


def _elements(objects: Objects, number: int, values: dict[str, Any]) -> list[Element]:
    where, fault = f"row {number}", None
    for name, value in values.items():
        if isinstance(value, Fault):
            fault, values[name] = Fault(name, value.word, value.detail), None
        elif isinstance(value, str) and "\0" in value:
            fault = Fault(name, "nul", "the cell holds the character NUL")
    raw = encode(values)
    return objects.of_values(raw, where, values) if fault is None else [objects.faulty(raw, where, values, fault)]


def _rows(portion: pa.RecordBatch, header: list[str]) -> Iterator[dict[str, Any]]:
    columns = [_values(portion.column(name)) for name in header]
    for cells in zip(*columns, strict=True):
        yield dict(zip(header, cells, strict=True))


def _values(column: Any) -> list[Any]:
    """A column's values: str, int, Decimal, bool, None; a Fault where the cell is none of its type."""
    of = column.type
    if isinstance(of, pa.BaseExtensionType):
        return _values(column.storage)
    if pa.types.is_dictionary(of):
        return _values(column.dictionary_decode())
    if pa.types.is_timestamp(of):
        divided, times = PARTS[of.unit]
        told = wire if of.tz is not None else _without_offset
        return _each(column.cast(pa.int64()), lambda count: told(count // divided * times))
    if pa.types.is_date(of):
        days = column.cast(pa.date32()).cast(pa.int32())
        return _each(days, lambda count: (EPOCH + timedelta(days=count)).date().isoformat())
    if pa.types.is_floating(of):
        return _each(pc.cast(column, pa.string()), _decimal)
    if pa.types.is_binary(of) or pa.types.is_large_binary(of) or pa.types.is_fixed_size_binary(of):
        return _each(column, bytes.decode)
    if pa.types.is_integer(of) or pa.types.is_boolean(of) or pa.types.is_null(of) or pa.types.is_decimal(of):
        return list(column.to_pylist())
    return _each(column, str)


def _each(column: Any, told: Callable[[Any], Any]) -> list[Any]:
    try:
        return [None if value is None else told(value) for value in column.to_pylist()]
    except (UnicodeDecodeError, OverflowError, ValueError):
        return [_cell(cell, told) for cell in column]


def _cell(cell: Any, told: Callable[[Any], Any]) -> Any:
    try:
        return None if (value := cell.as_py()) is None else told(value)
    except UnicodeDecodeError as error:
        return Fault("", "encoding", f"byte {error.start + 1} of the cell is not utf-8")
    except (OverflowError, ValueError) as error:
        return Fault("", "range", f"{cell} cannot be told: {error}")


def _without_offset(micros: int) -> str:
    return (EPOCH + timedelta(microseconds=micros)).isoformat()


def _decimal(text: str) -> Decimal | str:
    """A number with decimals as exact as it is written; what is none (nan, inf) stays a text, which no field takes."""
    return Decimal(text) if text[-1].isdigit() else text


def _said(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

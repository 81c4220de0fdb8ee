"""How a result is printed: a table for people, JSON, CSV and Markdown for pipes and documents."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol, TextIO, assert_never

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from engine.cli.cells import told
from engine.cli.options import Format, ListFormat
from engine.lead_story import COLUMNS as STORY
from projections.rows import PORTION

GAP = "  "
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula
OF_THE_ROW = {"value", "compared"}  # what is measured in the row's own unit, if it names one
RIGHT = {"count", "fraction", "s", "amount"}


class Printable(Protocol):
    """What can be printed: anything that tells the JSON document of CONTRACT.md, section 4."""

    def document(self) -> dict[str, Any]:
        """view, definition, position, as_of, columns, rows; notes where there are any."""
        ...


def write_view(result: Printable, format_: Format, stream: TextIO | None = None) -> None:
    """Prints a result.

    table and md: for people; durations, shares and amounts as they are said, instants in the zone of the report, null as –.
    json: the document on one line. csv: RFC 4180, values as in JSON, null as an empty cell; a text that a spreadsheet would
    take for a formula gets an apostrophe in front, numbers stay.
    stream: where to; standard output if left out. On a terminal a table is drawn by its width, else it is aligned text; so is a
    very long one, by the widths of its first rows.
    """
    stream = stream or sys.stdout
    document = result.document()
    match format_:
        case Format.JSON:
            _json(document, stream)
        case Format.CSV:
            _csv(document, stream)
        case Format.MD:
            _markdown(_Sheet(document), stream)
        case Format.TABLE:
            sheet = _Sheet(document)
            (_drawn if stream.isatty() and not sheet.is_long else _aligned)(sheet, stream)
        case _:
            assert_never(format_)


def write_list(result: Printable, format_: ListFormat, calendar: Callable[[], bytes]) -> None:
    """Prints a result on standard output that may also be shown in a calendar. calendar: it as iCalendar."""
    if format_ is ListFormat.ICS:
        typer.echo(calendar(), nl=False)
    else:
        write_view(result, Format(format_.value))


class _Sheet:
    """A document made ready for people: headings, cells and what is said below them.

    first: the lines of the first rows. What a long table looks like is seen from these; its other lines are made when they are printed.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        rows = document["rows"]  # what can be read only once is told in tables up to a limit
        self._rows: Sequence[Mapping[str, Any]] = rows if isinstance(rows, Sequence) else list(rows)
        columns = document["columns"]
        self._own = [column for column in columns if document["view"] == "lead" and column["name"] not in STORY]
        self._columns = [column for column in columns if column not in self._own]
        first = list(self._rows[:PORTION])
        self.is_long = len(self._rows) > len(first)
        self.headings = [*map(_heading, self._columns), *(["data"] if self._own else [])]
        self.right = [*(_is_right(column, first) for column in self._columns), *([False] if self._own else [])]
        self.first = [self._cells(row) for row in first]
        self.below = [_covers(document), *document.get("notes", ())]

    def lines(self) -> Iterator[list[str]]:
        """The cells of each row; of a long table only some are in memory."""
        return map(self._cells, self._rows) if self.is_long else iter(self.first)

    def _cells(self, row: Mapping[str, Any]) -> list[str]:
        cells = [told(row.get(column["name"]), _unit(column, row)) for column in self._columns]
        # the events of a story differ in their fields: each row tells its own
        return [*cells, _fields(row, self._own)] if self._own else cells


def _heading(column: Mapping[str, Any]) -> str:
    name: str = column["name"]
    return (name.removesuffix("_s") if column["unit"] == "s" else name).replace("_", " ")


def _unit(column: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """The column's unit; where each row names its own, that."""
    unit: str | None = row.get("unit") if column["name"] in OF_THE_ROW else column["unit"]
    return unit


def _is_right(column: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [value for row in rows if (value := row.get(column["name"])) is not None]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return column["unit"] in RIGHT or bool(values and numbers)


def _fields(row: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> str:
    there = [column for column in columns if row.get(column["name"]) is not None]
    return ", ".join(f"{column['name']}: {told(row[column['name']], column['unit'])}" for column in there)


def _covers(document: Mapping[str, Any]) -> str:
    """One line: under which definition, up to where, as of when."""
    parts = [
        document["view"],
        document["definition"] or None,
        f"log position {document['position']}" if document["position"] is not None else None,
        f"as of {told(document['as_of'], 'instant')}" if document["as_of"] else None,
    ]
    return " · ".join(part for part in parts if part)


def _drawn(sheet: _Sheet, stream: TextIO) -> None:
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for heading, right in zip(sheet.headings, sheet.right, strict=True):
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for cells in sheet.lines():
        table.add_row(*cells)
    console.print(table)
    for line in sheet.below:
        console.print(line, style="dim")


def _aligned(sheet: _Sheet, stream: TextIO) -> None:
    widths = [max(cell_len(cell) for cell in column) for column in zip(sheet.headings, *sheet.first, strict=True)]
    for line in chain([sheet.headings, ["-" * width for width in widths]], sheet.lines()):
        cells = zip(line, widths, sheet.right, strict=True)
        stream.write(GAP.join(_padded(cell, width, right) for cell, width, right in cells).rstrip() + "\n")
    stream.write("\n" + "".join(f"{line}\n" for line in sheet.below))


def _padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks


def _markdown(sheet: _Sheet, stream: TextIO) -> None:
    rule = ["---:" if right else "---" for right in sheet.right]
    lines = chain([sheet.headings], [rule], sheet.lines())
    stream.writelines(f"| {' | '.join(map(_one_cell, line))} |\n" for line in lines)
    stream.write("\n" + "  \n".join(sheet.below) + "\n")


def _one_cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _json(document: Mapping[str, Any], stream: TextIO) -> None:
    """On one line, row by row: of a long list of rows only one is in memory."""
    stream.write("{")
    for number, (name, value) in enumerate(document.items()):
        stream.write(f"{', ' if number else ''}{json.dumps(name)}: ")
        if name != "rows":
            stream.write(_written(value))
            continue
        stream.write("[")
        stream.writelines((", " if place else "") + _written(row) for place, row in enumerate(value))
        stream.write("]")
    stream.write("}\n")


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _csv(document: Mapping[str, Any], stream: TextIO) -> None:
    names = [column["name"] for column in document["columns"]]
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_harmless(row.get(name)) for name in names] for row in document["rows"])


def _harmless(value: object) -> object:
    """A value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool | list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA) and not NUMBER.fullmatch(value):
        return "'" + value
    return value

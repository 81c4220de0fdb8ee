"""Options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


class ListFormat(StrEnum):
    """How a result is printed that other programs may show in a calendar."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    ICS = "ics"


WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", help="The workspace's folder; else LEADLOG_WORKSPACE, else the one around this folder."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="table for people; json, csv and md for pipes.")]
ListFormatOption = Annotated[
    ListFormat, typer.Option("--format", help="table for people; json, csv and md for pipes; ics for a calendar.")
]


def examples(*lines: str) -> str:
    """The last part of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

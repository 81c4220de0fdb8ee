"""docs/cli.md: every command with its help."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from engine.cli import app

WIDTH = 100
HEAD = """# The command line

<!-- Generated: `python -m tests.docs` writes this page anew from the program. -->

`leadlog COMMAND --help` prints the same. Commands find their [workspace](workspace.md) from the current folder upwards.
Results go to standard output, everything else to standard error; [exit codes](workspace.md#exit-codes) tell how it ended.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n## {name}\n\n```text\n{text}\n```\n" for name, text in helps())


def helps() -> Iterator[tuple[str, str]]:
    """Each command's name and the help that it prints at a width of WIDTH, whatever the terminal."""
    yield from _of(get_command(app), "leadlog", None)


def _of(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield context.command_path, command.get_help(context).strip()
    for child in getattr(command, "commands", {}).items():
        yield from _of(child[1], child[0], context)

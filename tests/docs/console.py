"""Pages that run: a fenced block with a file's name is written, commands of `console` blocks are typed, what they print is taken."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>[\w.-]+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
END = "\x04end of output\x04"
VARIABLE = {  # what differs from run to run; everything else is compared to the letter
    "hash": re.compile(r"\b[0-9a-f]{64}\b"),
    "stream": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    "run": re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b"),
    "now": re.compile(r"\b20(?:2[6-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
}
MODULE = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -c "from engine.cli import main; main()" "$@"\n'
SQLITE = f"""#!{sys.executable}
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    for row in database.execute(statement):
        print("|".join(map(str, row)))
"""


class Shell:
    """A shell in which one command is typed after the other."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder, env=environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def type(self, command: str) -> str:
        """What the command prints, on both streams."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null; code=$?; printf '{END}\\n'; (exit $code)\n")
        self._bash.stdin.flush()
        printed = ""
        while not printed.endswith(END + "\n"):
            line = self._bash.stdout.readline()
            assert line, f"the shell is gone after `{command}`: {printed}"
            printed += line
        return printed.removesuffix(END + "\n")

    def close(self) -> None:
        """Leave the shell."""
        self._bash.communicate()


@contextmanager
def shell(folder: Path) -> Iterator[Shell]:
    """A shell in `folder` that knows the command `leadlog`: the installed script where there is one, else the module."""
    tools = folder / ".tools"
    tools.mkdir()
    beside = Path(sys.executable).parent
    if not (beside / "leadlog").exists():
        _tool(tools / "leadlog", MODULE)
    if shutil.which("sqlite3") is None:
        _tool(tools / "sqlite3", SQLITE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LEADLOG_", "PYTHON"))}
    environment |= {"PATH": f"{tools}:{beside}:{environment['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    opened = Shell(folder, environment)
    try:
        yield opened
    finally:
        opened.close()


def run(page: str, typed: Shell, folder: Path) -> str:
    """The page with what its commands print now, in order, in `folder`. What only varies from run to run stays as it stood."""

    def now(block: re.Match[str]) -> str:
        if block["file"]:
            (folder / block["file"]).write_text(block["body"], encoding="utf-8")
        if block["language"] != "console":
            return block[0]
        return (
            f"```console\n{''.join(_typed(command, printed, typed) for command, printed in commands(block['body']))}```"
        )

    return BLOCK.sub(now, page)


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what stands below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        length = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\\n"))
        yield "".join(lines[:length]), "".join(lines[length:])


def settled(text: str) -> str:
    """The text without what differs from run to run."""
    for name, pattern in VARIABLE.items():
        text = pattern.sub(f"<{name}>", text)
    return text


def has_commands(page: str) -> bool:
    """Whether something on the page can be run."""
    return any(block["language"] == "console" for block in BLOCK.finditer(page))


def _typed(command: str, before: str, typed: Shell) -> str:
    printed = typed.type(command.rstrip("\n"))
    printed += "" if printed.endswith("\n") or not printed else "\n"
    shape = (
        "\n" if before.endswith("\n\n") or (not before.strip() and before) else ""
    )  # the empty line before the next command
    same = settled(printed.rstrip("\n")) == settled(before.rstrip("\n"))
    return f"$ {command}{before if same else printed.rstrip(chr(10)) + chr(10) * bool(printed) + shape}"


def _tool(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)

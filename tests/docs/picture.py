"""docs/funnel.svg: the funnel as a terminal shows it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from io import StringIO

from rich.console import Console
from rich.text import Text

COLUMNS, LINES = 168, 40
FOREIGN = re.compile(
    r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL
)  # rich names fonts on the net; the page loads nothing
LAST_DAY = "2025-12-31"  # of the sample


def picture(command: list[str], environment: dict[str, str]) -> str:
    """SVG of what the command draws on a terminal of COLUMNS."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(_drawn(command, environment)), end="")
    return FOREIGN.sub("", console.export_svg(title="leadlog funnel", unique_id="leadlog", clear=False))


def _drawn(command: list[str], environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm-256color"}
    ):
        os.close(theirs)
        printed = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the last writer is gone
                break
            if not piece:
                break
            printed += piece
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")

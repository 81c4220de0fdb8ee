"""`python -m tests.docs`: writes the generated pages anew, and what the commands of all others print."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs import commands, console, kpis, troubles, vocabulary
from tests.docs.console import ROOT
from tests.docs.front_door import PICTURE, README, made

DOCS = ROOT / "docs"
GENERATED = {"cli.md": commands.page, "events.md": vocabulary.page, "errors.md": troubles.page, "kpi.md": kpis.page}


def pages() -> list[Path]:
    """The pages whose commands run, each in a folder of its own."""
    return sorted(page for page in DOCS.glob("*.md") if console.has_commands(page.read_text(encoding="utf-8")))


def run(page: Path) -> str:
    """The page with what its commands print now."""
    with TemporaryDirectory(prefix="leadlog-docs-") as folder, console.shell(Path(folder)) as typed:
        return console.run(page.read_text(encoding="utf-8"), typed, Path(folder))


def main() -> None:
    """Write all of it, or the pages that are named."""
    asked = [Path(name).resolve() for name in sys.argv[1:]]
    for name, written in GENERATED.items():
        if not asked or DOCS / name in asked:
            (DOCS / name).write_text(written(), encoding="utf-8")
    for page in pages():
        if not asked or page in asked:
            page.write_text(run(page), encoding="utf-8")
    if not asked or README in asked:
        readme, svg = made()
        README.write_text(readme, encoding="utf-8")
        PICTURE.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()

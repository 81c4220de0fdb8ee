"""README.md and its picture: what its commands print in a folder in which `make demo` has run."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.console import ROOT, run, shell
from tests.docs.picture import LAST_DAY, picture

README, PICTURE = ROOT / "README.md", ROOT / "docs" / "funnel.svg"


def made() -> tuple[str, str]:
    """The README as its commands answer now, and the picture in it."""
    with TemporaryDirectory(prefix="leadlog-docs-") as name:
        folder = Path(name)
        with shell(folder) as typed:
            typed.type("leadlog demo")  # what `make demo` does once the environment is there
            leadlog = typed.type("command -v leadlog").strip()
            svg = picture(
                [leadlog, "funnel", "--as-of", LAST_DAY, "--workspace", str(folder / "demo")], {"PATH": "/usr/bin:/bin"}
            )
            shutil.copytree(ROOT / "examples" / "cases", folder / "examples" / "cases")
            return run(README.read_text(encoding="utf-8"), typed, folder), svg

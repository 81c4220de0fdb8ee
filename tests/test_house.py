"""The house: what no single room can see to."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "events", "projections")
LOCKS = sorted(ROOT.glob("requirements*.lock"))
SAYS_NOTHING = {"common", "helper", "helpers", "misc", "stuff", "util", "utils"}
READS_THE_CLOCK = re.compile(r"\btime\.time(_ns)?\(|\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def ours(pattern: str) -> list[Path]:
    """The files of the three packages, and of the tests, that match."""
    return sorted(path for folder in (*PACKAGES, "tests") for path in (ROOT / folder).rglob(pattern))


def pages() -> Iterator[Path]:
    """Everything that is written to be read."""
    yield from ROOT.glob("*.md")
    for folder in ("docs", "examples"):
        yield from (ROOT / folder).rglob("*.md")


def locked(lock: str) -> set[str]:
    """The `name==version` of a lock file."""
    return set(re.findall(r"^(\S+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_no_installed_package_ships_a_folder_of_our_name():
    foreign = {
        f"{distribution.name}: {file}"
        for distribution in distributions()
        if distribution.name != "leadlog"
        for file in distribution.files or ()
        if file.parts[0].removesuffix(".py") in PACKAGES
    }
    assert foreign == set()


def test_our_folders_are_the_ones_that_python_finds():
    for name in PACKAGES:
        assert (ROOT / name / "__init__.py").is_file(), name
        found = subprocess.run(
            [sys.executable, "-c", f"import {name}; print({name}.__file__)"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert Path(found.stdout.strip()) == ROOT / name / "__init__.py"


def test_every_file_says_what_it_is_for():
    assert [path for path in ours("*.py") if path.stem in SAYS_NOTHING] == []


def test_the_clock_is_read_in_one_place():
    readers = [path for path in ours("*.py") if READS_THE_CLOCK.search(path.read_text())]
    assert [path.relative_to(ROOT) for path in readers if path.relative_to(ROOT) != Path("engine/clock.py")] == []


def test_the_wheel_holds_the_three_packages_and_their_data(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("leadlog-*.whl")
    held = {Path(name) for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {path.parts[0] for path in held} == set(PACKAGES)
    shipped = {
        path.relative_to(ROOT)
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix in {".py", ".sql", ".toml"}
    }
    assert shipped - held == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_holds_versions_and_hashes_and_no_address(lock):
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE), "an option of pip"
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_lock_files_know_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    asked = {
        "requirements.lock": [*project["project"]["dependencies"], *groups["build"]],
        "requirements-dev.lock": [name for name in groups["dev"] if isinstance(name, str)],
    }
    unknown = {
        name
        for lock, names in asked.items()
        for name in (re.split(r"[\[<>=]", name)[0] for name in names)
        if re.sub(r"[._]", "-", name) not in {entry.split("==")[0] for entry in locked(lock)}
    }
    assert unknown == set()


def test_what_is_locked_for_use_is_what_is_tested():
    assert locked("requirements.lock") - locked("requirements-dev.lock") == set()


def test_every_link_in_the_docs_leads_to_a_file():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in LINK.findall(page.read_text())
        if not target.startswith(("https:", "http:", "mailto:", "#"))
        if not (page.parent / target.split("#")[0]).exists()
    ]
    assert broken == []

"""What a run ran on."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT
from engine.clock import now
from engine.version import program

PACKAGES = "duckdb pyarrow eventsourcing adbc-driver-sqlite cryptography msgspec".split()


def machine() -> dict[str, str]:
    """Machine, versions, date."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return {
        "Date": datetime.fromtimestamp(now() / 1e6, UTC).strftime("%Y-%m-%d"),
        "Program": f"{program()}{_commit()}",
        "Machine": f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB of memory",
        "System": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "Versions": f"SQLite {sqlite3.sqlite_version}, {versions}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607  # whichever git the developer has
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f", commit {done.stdout.strip()}" if done.returncode == 0 else ""

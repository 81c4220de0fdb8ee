"""The same events delivered shuffled, a third of them twice, in pieces: the same set of events, and the same views."""

import json
import shutil
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measuring import alone, leadlog
from benchmarks.sample import pieces
from benchmarks.views import OVER_ALL
from benchmarks.views import told as options_of
from engine.views import ask
from engine.workspace import opened
from projections.views import VIEWS

MOST, PIECES, SEED = 200_000, 5, 11
OF_THE_LOG = {"position", "hash", "run", "knowntime"}  # when and where an event lies in its log
OF_AN_ENTRY = ("source", "lead", "type", "state", "reason")  # beside when, how often and where it was seen
OTHER_LEADS = {"merged", "referred"}  # held as streams, which are others in every workspace


def delivered(bench: Bench) -> None:
    """Two workspaces, the same events."""
    most = min(MOST, bench.sizes[0] // 5)
    rule = f"{most:,} events shuffled (seed {SEED}), a third doubled, in {PIECES} pieces, end as those in order"
    with bench.measuring("truth", rule):
        in_order, shuffled = (_fresh(bench, name) for name in ("in-order", "shuffled"))
        for piece in pieces(bench.sample, [most], bench.folder):
            leadlog(in_order, "ingest", str(piece))
            for part in mixed(piece, bench.folder):
                leadlog(shuffled, "ingest", str(part))
                part.unlink()
        (events, one), (other_events, other) = (alone(told, folder)[0] for folder in (in_order, shuffled))
        differing = sorted(name for name in one if one[name] != other[name])
        bench.check(
            "truth", rule, not differing, f"{events:,} and {other_events:,} events; differing: {differing or 'nothing'}"
        )
        for folder in (in_order, shuffled):
            shutil.rmtree(folder)


def _fresh(bench: Bench, name: str) -> Path:
    folder = bench.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    return bench.init(folder, archives=False)


def mixed(file: Path, folder: Path) -> Iterator[Path]:
    """The lines of a file in another order, a third of them twice, in files of about equal length."""
    chance = Random(SEED)  # noqa: S311  # the same disorder in every run
    lines = file.read_bytes().splitlines(keepends=True)
    lines += chance.sample(lines, len(lines) // 3)
    chance.shuffle(lines)
    length = -(-len(lines) // PIECES)
    for number in range(PIECES):
        part = folder / f"shuffled-{number}.ndjson"
        part.write_bytes(b"".join(lines[number * length : (number + 1) * length]))
        yield part


def told(workspace: Path) -> tuple[int, dict[str, str]]:
    """How many events a log holds, and a digest of all of them, of its quarantine and of each view, in no order."""
    export = workspace / "export.ndjson"
    leadlog(workspace, "log", "--format", "json", to=export)
    with export.open("rb") as lines:
        events = [_event(json.loads(line)) for line in lines]
    with opened(workspace) as here:
        left = [{name: row[name] for name in OF_AN_ENTRY} for row in _rows(here, "quarantine")]
        digests = {"events": _digest(events), "quarantine": _digest(left)}
        for view in OVER_ALL:
            digests[view] = _digest(_rows(here, view))
    return len(events), digests


def _event(event: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in event.get("data", {}).items() if name not in OTHER_LEADS}
    return {name: value for name, value in event.items() if name not in OF_THE_LOG} | {"data": data}


def _rows(here: Any, view: str) -> list[dict[str, Any]]:
    rows = ask(here, view, options_of(view) if view in VIEWS else {}).rows
    return [{name: value for name, value in row.items() if name != "position"} for row in rows]


def _digest(rows: list[dict[str, Any]]) -> str:
    each = sorted(blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest() for row in rows)
    return blake2b(b"".join(each), digest_size=16).hexdigest()

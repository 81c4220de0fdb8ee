"""The events to measure with: simulated, cut into the pieces by which the log grows, and the agreement that handoffs are judged by."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.measuring import leadlog
from engine.simulate import SOURCES
from projections.definitions.agreement import agreement

AGREEMENT = Path(__file__).with_name("agreement.toml")
PER_LEAD = 22  # events of a simulated lead, or a few more


def simulate(folder: Path, file: Path, events: int) -> None:
    """Write at least so many simulated events, always the same ones."""
    leadlog(folder, "simulate", "--leads", str(events // PER_LEAD + 300), "--seed", "7", "--output", str(file))


def agree(workspace: Path) -> None:
    """Record the agreement, as known before the first lead came."""
    at = "2023-12-15T12:00:00Z"
    told = {"agreement": agreement(AGREEMENT).told()}
    event = {"id": "agreement", "source": min(SOURCES), "type": "SlaAgreed", "subject": "bench", "time": at}
    file = workspace / "agreement.ndjson"
    file.write_text(json.dumps(event | {"knowntime": at, "data": told}), encoding="utf-8")
    leadlog(workspace, "ingest", str(file))


def lines_of(file: Path) -> int:
    """How many there are."""
    with file.open("rb") as stream:
        return sum(part.count(b"\n") for part in iter(lambda: stream.read(1 << 20), b""))


def pieces(file: Path, lengths: Sequence[int], folder: Path) -> Iterator[Path]:
    """The file's lines in runs of those lengths, each a file of its own that is gone once the next is asked for.

    Raises ValueError where the file is too short.
    """
    with file.open("rb") as lines:
        for number, length in enumerate(lengths, 1):
            piece = folder / f"piece-{number}.ndjson"
            with piece.open("wb") as out:
                written = 0
                for line in islice(lines, length):
                    out.write(line)
                    written += 1
            if written < length:
                piece.unlink()
                raise ValueError(f"{file} has too few lines: {sum(lengths):,} are needed")
            yield piece
            piece.unlink(missing_ok=True)

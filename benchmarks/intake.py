"""NDJSON → SQLite, everything on, against SQLite's bare executemany of the same rows."""

import shutil
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.limits import Points, executemany, rates
from benchmarks.measuring import alone, leadlog
from benchmarks.sample import pieces, simulate

FRESH, BATCHES = 1_000, 4  # new events before a report, and how often; kept for the part `tail`
SPARE = FRESH * BATCHES
OURS, LIMIT = "leadlog ingest", "SQLite executemany"


def grow(bench: Bench) -> Iterator[int]:
    """Take the events in up to each size; what else is measured at that size is measured before it goes on."""
    shutil.rmtree(bench.workspace, ignore_errors=True)
    bare = bench.folder / "bare.db"
    for old in bench.folder.glob("bare.db*"):
        old.unlink()
    bench.results.curves.clear()
    if bench.file is None:
        simulate(bench.folder, bench.sample, bench.sizes[-1] + SPARE)
    bench.init(bench.workspace)
    lengths = [last - first for first, last in pairwise((0, *bench.sizes))]
    cut = pieces(bench.sample, [*lengths, *[FRESH] * BATCHES], bench.folder)
    events, seconds, limit, peak = bench.events(), 0.0, 0.0, 0
    for _ in lengths:
        piece, before = next(cut), events
        points: Points = []
        done = leadlog(bench.workspace, "ingest", str(piece), watch=partial(_look, bench, points))
        events, seconds, peak = bench.events(), seconds + done.seconds, max(peak, done.peak)
        bare_points, _ = alone(executemany, bench.log, bare, before, events)
        limit += bare_points[-1][0]
        bench.results.curves.setdefault(OURS, []).extend(rates(points))
        bench.results.curves.setdefault(LIMIT, []).extend(rates(bare_points))
        bench.add(
            Figure(
                "intake", "NDJSON → SQLite", events, seconds, limit=limit, against=LIMIT, peak=peak, goals=("intake",)
            )
        )
        yield events
    for number, piece in enumerate(cut):
        piece.replace(bench.folder / f"fresh-{number}.ndjson")
    _full_against_empty(bench, events)
    for old in bench.folder.glob("bare.db*"):
        old.unlink()


def _look(bench: Bench, points: Points) -> None:
    """Notes how many events are in the log now."""
    points.append((time.perf_counter(), bench.events()))


def _full_against_empty(bench: Bench, events: int) -> None:
    """The rate at the end against that at the beginning, a tenth of the log each."""
    curve = bench.results.curves[OURS]
    first = [rate for at, rate in curve if at <= events / 10]
    last = [rate for at, rate in curve if at >= events * 9 / 10]
    if first and last:
        slow, fast = (1e6 * sum(1 / rate for rate in some) / len(some) for some in (last, first))
        bench.add(
            Figure(
                "intake", "a million more events at the end", events, slow, worked=1_000_000, limit=fast,
                against="at the beginning", goals=("intake as the log grows",),
            )
        )  # fmt: skip

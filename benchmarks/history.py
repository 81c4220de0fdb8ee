"""Log → history: `leadlog history build` from nothing, against ADBC's reading of the same rows."""

from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.limits import read_through_adbc
from benchmarks.measuring import alone, commands, leadlog, median


def measure(bench: Bench) -> None:
    """The whole of it."""
    events = bench.events()
    limit: float | None = None
    with bench.measuring("history", "ADBC read of the same rows"):
        limit = median(alone(read_through_adbc, bench.log, events, bench.runs)[0])
    with bench.measuring("history", "log → history"):
        drop = partial(leadlog, bench.workspace, "history", "drop")
        seconds, peak = commands(bench.workspace, "history", "build", runs=bench.runs, before=drop)
        bench.add(
            Figure(
                "history", "log → history", events, median(seconds), len(seconds), limit=limit,
                against="ADBC read of the same rows", peak=peak, goals=("history",),
            )
        )  # fmt: skip

"""What walks over the log: verifying, exporting, and a file that is taken in once more."""

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.measuring import commands, leadlog, median
from benchmarks.sample import pieces

MOST = 500_000  # events that are exported, and lines that come again


def measure(bench: Bench) -> None:
    """Each by its command."""
    events = bench.events()
    with bench.measuring("ledger", "leadlog verify"):
        seconds, peak = commands(bench.workspace, "verify", runs=bench.runs)
        bench.add(Figure("ledger", "leadlog verify", events, median(seconds), len(seconds), peak=peak))
    worked = min(MOST, events)
    with bench.measuring("ledger", "leadlog log --format json"):
        file = bench.folder / "export.ndjson"
        done = leadlog(bench.workspace, "log", "--format", "json", "--limit", str(worked), to=file)
        file.unlink()
        bench.add(Figure("ledger", "leadlog log --format json", events, done.seconds, worked=worked, peak=done.peak))
    worked = min(MOST, bench.sizes[-1] // 4)
    with bench.measuring("ledger", "leadlog ingest of what is known"):
        for piece in pieces(bench.sample, [worked], bench.folder):
            done = leadlog(bench.workspace, "ingest", str(piece))
            if bench.events() != events:
                raise ValueError("a file that was taken in once more has changed the log")
            bench.add(
                Figure(
                    "ledger", "leadlog ingest of what is known", events, done.seconds, worked=worked, peak=done.peak,
                    note="every event known already, compared with what is recorded",
                )
            )  # fmt: skip

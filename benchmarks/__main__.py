"""The command line of the benchmarks: `make bench`, `make bench-full`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import history, instead, intake, ledger, report, tail, truth, views, weekly
from benchmarks.bench import Bench, Part
from benchmarks.figures import Results
from benchmarks.growth import growth
from benchmarks.machine import machine
from benchmarks.measuring import ROOT
from benchmarks.sample import lines_of

AT_EACH_SIZE: Mapping[str, Part] = {"history": history.measure, "views": views.measure}
AT_THE_END: Mapping[str, Part] = {
    "ledger": ledger.measure,
    "tail": tail.measure,
    "instead": instead.measure,
    "truth": truth.check,
    "weekly": weekly.measure,  # at last: it leaves the history as it would be after a week in which nobody asked
}
PARTS = ("intake", *AT_EACH_SIZE, *AT_THE_END)


def main(
    parts: Annotated[
        list[str] | None, typer.Argument(help=f"Which of {', '.join(PARTS)}; report: only write it again. Else all.")
    ] = None,
    events: Annotated[
        str, typer.Option(help="Events in the log at which it is measured; several, rising: 1000000,10000000.")
    ] = "120000",
    file: Annotated[
        Path | None, typer.Option(help="NDJSON to measure with; else simulated. Its last 4,000 lines come as news.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where log, history and results lie.")] = ROOT / "bench",
    runs: Annotated[int, typer.Option(min=1, help="Of which the median is taken, where they are short.")] = 3,
    page: Annotated[
        Path | None, typer.Option("--report", help="The page to write; else report.md in the folder.")
    ] = None,
) -> None:
    """Measure, and write the report. Parts other than intake take the log that an earlier run has left in the folder."""
    sizes = tuple(int(size) for size in events.split(","))
    if file is not None and (most := lines_of(file) - intake.SPARE) < sizes[-1]:
        sizes = (*(size for size in sizes if size < most), most)
    asked = parts or list(PARTS)
    if unknown := sorted(set(asked) - {*PARTS, "report"}):
        raise typer.BadParameter(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}, report")
    folder.mkdir(parents=True, exist_ok=True)
    if "intake" in asked:
        (folder / "results.json").unlink(missing_ok=True)
    results = Results.read(folder / "results.json")
    bench = Bench(folder.absolute(), file and file.absolute(), sizes, results, Console(), runs)
    if asked != ["report"]:
        results.machine = machine()
        measure(bench, asked)
    results.write(folder / "results.json")
    report.write(results, page or folder / "report.md")
    raise typer.Exit(1 if results.bad else 0)


def measure(bench: Bench, asked: list[str]) -> None:
    """All that is asked for."""
    if "intake" not in asked:
        events = bench.events()
        for name in asked:
            bench.results.forget(name, events)
    if "intake" in asked:
        with bench.measuring("intake", "NDJSON → SQLite"):
            for _ in intake.grow(bench):
                _do(bench, AT_EACH_SIZE, asked)
    else:
        _do(bench, AT_EACH_SIZE, asked)
    for figure in growth(bench.results):
        bench.add(figure)
    _do(bench, AT_THE_END, asked)


def _do(bench: Bench, parts: Mapping[str, Part], asked: list[str]) -> None:
    for name, part in parts.items():
        if name in asked:
            with bench.measuring(name, "all of it"):
                part(bench)


if __name__ == "__main__":
    typer.run(main)

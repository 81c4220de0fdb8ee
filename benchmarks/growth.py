"""Growth: the same work at several sizes of the log, for each million events."""

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.figures import Figure, Results

LINEAR = {"NDJSON → SQLite", "log → history"}  # and every view over all events


def growth(results: Results) -> Iterator[Figure]:
    """For each work that was measured at several sizes: a million events at the largest against one at the smallest."""
    by_work = defaultdict[tuple[str, str], list[Figure]](list)
    for figure in results.figures:
        if figure.work in LINEAR or (figure.part == "views" and "view" in figure.goals):
            by_work[figure.part, figure.work].append(figure)
    for (_, work), figures in by_work.items():
        figures.sort(key=lambda figure: figure.events)
        small, large = figures[0], figures[-1]
        if large.events > small.events:
            yield Figure(
                "growth", work, large.events, large.per_million, worked=1_000_000, limit=small.per_million,
                against=f"a million events of {small.events:,}", goals=("linear",), note=_all(figures),
            )  # fmt: skip


def _all(figures: list[Figure]) -> str:
    return ", ".join(f"{figure.events:,}: {figure.per_million:.2f} s" for figure in figures)

"""The report: a page of tables and plots, written by the run itself; nobody edits it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import charts
from benchmarks.figures import GIB, GOALS, Figure, Goal, Results

HEAD = """\
# What was measured

Written by `make bench-full`; nothing here was written by hand. Each figure stands beside a limit that was measured in the same
run on the same machine, because seconds say something about machines and ratios about programs. `make bench` does the same with
120,000 events in some minutes and writes `bench/report.md`, which nobody commits. `python -m benchmarks --help` tells how to
measure single parts, other sizes, a file of your own. The events are simulated (`leadlog simulate`): leads of a machine builder
over two years, seven events in ten interactions, repeated deliveries among them.
"""
INTAKE = """\
`leadlog ingest` as its user runs it: a new process, validation, idempotency, decisions, sealing, chain. The limit: SQLite's
bare `executemany` of the very rows that came out, into a table with the same columns and indexes, under the same settings
(WAL, synchronous FULL), in batches of the same size. Seconds are from an empty log on."""
HISTORY = """\
`leadlog history build` from nothing to the head, against reading what it needs of each row into Arrow batches with ADBC's
driver for SQLite, in a process of its own (a second SQLite must not come into the log's process: [001](decisions/001-store.md))."""
VIEWS = """\
Each view over all events, from the segments alone, nothing kept of an earlier answer; the seconds include making the rows that
are given back. The limit: DuckDB's scan of exactly the columns that the view's plans read, each value looked at once. *Again*:
asked once more in the same process. *After 1,000*: in a process that has asked before, after a thousand new events came into the
log, the reading of the tail included. *Command*: `leadlog VIEW --format csv` from start to end."""
WEEKLY = """\
What one is asked for on a Monday (`benchmarks/weekly.py` names the set and says why), in one process: after a week's news, with what
was kept of the report before them; and once more at the same head. *Alone*: each view in a process of its own from the segments,
nothing kept, against the scan of exactly the columns that it reads."""
INSTEAD = """\
Over the same events, counting who reached which stage of the waterfall and when first: no journeys, no merges, no outcome, no
earlier knowing, all of which the view's seconds include."""
TRUTH = """\
The plain-Python reference (`tests/projections/reference.py`) was written after the rules alone. It looks at one story in ten."""


JUDGED = ("intake", "history", "views", "tail", "weekly", "growth")


def write(results: Results, page: Path) -> None:
    """Write the page, and its plots into a folder beside it."""
    plots = page.with_suffix("") if page.stem != "report" else page.parent
    drawn = charts.draw(results, plots)
    page.parent.mkdir(parents=True, exist_ok=True)
    there = plots.relative_to(page.parent)
    images = {name: f"![{title}]({(there / name).as_posix()}.svg)" for name, title in drawn.items()}
    page.write_text("\n".join(_sections(results, images)) + "\n", encoding="utf-8")


def _sections(results: Results, images: dict[str, str]) -> Iterator[str]:
    yield HEAD
    yield from _table(("Measured", "on"), results.machine.items())
    if results.failures:
        yield "\n## What failed\n"
        yield from (f"- {one.part}, {one.work}: {one.why}" for one in results.failures)
    yield "\n## Against the goals\n"
    yield "Shares of the limit's speed: more is better. Times the limit, seconds and memory: less is better. Shown is the"
    yield "largest size, and what misses its goal at another; a view's times are judged from five million events on.\n"
    yield from _table(("work", "events", "measured", "at least", "aim", ""), _goals(results))
    yield f"\n## NDJSON → SQLite\n\n{INTAKE}\n"
    yield from _limited(results.of("intake"))
    yield f"\n{images.get('intake', '')}"
    yield f"\n## Log → history\n\n{HISTORY}\n"
    yield from _limited(results.of("history"))
    yield f"\n## Views\n\n{VIEWS}\n"
    yield from _table(
        ("view", "events", "rows", "seconds", "limit", "times", "memory", "again", "after 1,000", "command"),
        _views(results),
    )
    if (command := results.largest("tail").get("leadlog funnel")) is not None:
        yield f"\n`leadlog funnel` after a thousand new events, from start to end: {_seconds(command.seconds)} s."
    yield f"\n{images.get('views', '')}"
    yield f"\n## A weekly report\n\n{WEEKLY}\n"
    yield from _table(("", "events", "seconds", "memory", ""), _weekly(results))
    yield ""
    yield from _table(
        ("view", "asked", "after the news", "once more", "alone", "limit", "times", "memory"), _weekly_views(results)
    )
    yield "\n## Growth\n\nSeconds for each million events.\n"
    yield from _growth(results)
    yield f"\n{images.get('growth', '')}"
    yield f"\n## What one would write instead\n\n{INSTEAD}\n"
    yield from _table(("work", "events", "seconds", "events/s", "memory", ""), _instead(results))
    yield f"\n{images.get('instead', '')}"
    yield "\n## The log itself\n"
    yield from _table(("command", "events in the log", "worked on", "seconds", "events/s", "memory"), _ledger(results))
    yield f"\n## Truth at scale\n\n{TRUTH}\n"
    yield from (f"- {'' if one.holds else '**DOES NOT HOLD:** '}{one.rule}: {one.told}." for one in results.checks)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _goals(results: Results) -> Iterator[tuple[str, ...]]:
    for figure in (one for part in JUDGED for one in results.of(part)):
        for name in figure.goals:
            goal, verdict = GOALS[name], figure.verdict(name)
            if verdict != "missed" and figure is not results.largest(figure.part)[figure.work]:
                continue
            value = figure.value(goal.kind)
            shown = "–" if value is None else _in(goal, value)
            said = f"**{verdict}**" if verdict == "missed" else verdict
            yield (
                f"{figure.work}{_of(name)}",
                f"{figure.events:,}",
                shown,
                _in(goal, goal.at_least),
                _in(goal, goal.aim),
                said,
            )


def _of(name: str) -> str:
    return {
        "memory": ": memory",
        "weekly memory": ": memory",
        "tail": " after 1,000 new events",
        "linear": ": growth",
    }.get(name, "")


def _in(goal: Goal, value: float) -> str:
    match goal.kind:
        case "share":
            return f"{value:.2f}"
        case "times":
            return f"{value:.1f} ×"
        case "seconds":
            return f"{value:.1f} s" if value >= 1 else f"{1000 * value:,.0f} ms"
        case "bytes":
            return _bytes(int(value))


def _limited(figures: Iterable[Figure]) -> Iterator[str]:
    head = ("work", "events", "seconds", "events/s", "limit", "seconds of the limit", "share", "memory")
    yield from _table(
        head,
        (
            (
                one.work, f"{one.events:,}", _seconds(one.seconds), _rate(one), one.against, _seconds(one.limit),
                "–" if one.limit is None else f"{one.limit / one.seconds:.2f}", _bytes(one.peak),
            )
            for one in figures
        ),
    )  # fmt: skip


def _views(results: Results) -> Iterator[tuple[str, ...]]:
    again, fresh, command = (results.largest(part) for part in ("views again", "tail", "views command"))
    for view, one in results.largest("views").items():
        rows, _, _ = one.note.partition(" ")
        times = "–" if not one.limit else f"{one.seconds / one.limit:.1f}"
        others = (_seconds(found[view].seconds if view in found else None) for found in (again, fresh, command))
        yield (
            f"`{view}`",
            f"{one.events:,}",
            rows,
            _seconds(one.seconds),
            _seconds(one.limit),
            times,
            _bytes(one.peak),
            *others,
        )


def _weekly(results: Results) -> Iterator[tuple[str, ...]]:
    for one in results.largest("weekly").values():
        yield one.work, f"{one.events:,}", _seconds(one.seconds), _bytes(one.peak), one.note


def _weekly_views(results: Results) -> Iterator[tuple[str, ...]]:
    fresh, again = results.largest("weekly view"), results.largest("weekly view again")
    for view, one in results.largest("weekly view alone").items():
        times = "–" if not one.limit else f"{one.seconds / one.limit:.1f}"
        others = (_seconds(found[view].seconds if view in found else None) for found in (fresh, again))
        options, _, _ = one.note.partition(";")
        yield f"`{view}`", options, *others, _seconds(one.seconds), _seconds(one.limit), times, _bytes(one.peak)


def _growth(results: Results) -> Iterator[str]:
    works = {one.work: one for one in results.of("growth")}
    sizes = sorted({one.events for part in ("intake", "history", "views") for one in results.of(part)})
    if len(sizes) < 2:
        yield "Measured at one size alone."
        return
    by_size = {(one.work, one.events): one for part in ("intake", "history", "views") for one in results.of(part)}
    rows = (
        (work, *(f"{by_size[work, size].per_million:.2f}" if (work, size) in by_size else "–" for size in sizes))
        for work in works
    )
    yield from _table(("work", *(f"{size:,}" for size in sizes)), rows)


def _instead(results: Results) -> Iterator[tuple[str, ...]]:
    funnel = results.largest("views").get("funnel")
    for one in ([funnel] if funnel else []) + results.of("instead"):
        work = "`leadlog`: the view `funnel`" if one is funnel else one.work
        note = "all of it" if one is funnel else one.note
        yield work, f"{one.events:,}", _seconds(one.seconds), _rate(one), _bytes(one.peak), note


def _ledger(results: Results) -> Iterator[tuple[str, ...]]:
    for one in results.of("ledger"):
        worked = one.worked or one.events
        yield f"`{one.work}`", f"{one.events:,}", f"{worked:,}", _seconds(one.seconds), _rate(one), _bytes(one.peak)


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:,.0f}"


def _rate(figure: Figure) -> str:
    return f"{1e6 / figure.per_million:,.0f}"


def _bytes(size: int | None) -> str:
    if size is None:
        return "–"
    return f"{size / GIB:.2f} GiB" if size >= GIB else f"{size / 2**20:,.0f} MiB"

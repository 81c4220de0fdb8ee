"""What a user would write instead, over the same events: eventsourcing's own ProjectionRunner, a fold in plain Python, DuckDB on the raw file.

Each counts who reached which stage of the waterfall and when first, and nothing else that the funnel tells: no journeys,
no merges, no outcome, no knowing of an earlier day.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.measuring import alone, timed
from benchmarks.runner import STAGES, project
from engine.workspace import opened
from projections.database import database

FOLDED, PROJECTED = 200_000, 10_000  # events of the log's beginning that the slow ones are measured on


def measure(bench: Bench) -> None:
    """Seconds for all events; of a share of them, scaled up, where all would take too long."""
    events = bench.events()
    with bench.measuring("instead", "a fold in plain Python"):
        share = min(events, FOLDED)
        seconds, peak = alone(fold, bench.workspace, share)
        _add(bench, "a fold in plain Python", events, share, seconds, peak, "decoded and opened by our own mapper")
    with bench.measuring("instead", "eventsourcing's ProjectionRunner"):
        share = min(events, PROJECTED)
        seconds, peak = alone(project, bench.workspace, share)
        _add(bench, "eventsourcing's ProjectionRunner", events, share, seconds, peak, "commits each event, as it does")
    with bench.measuring("instead", "DuckDB on the raw NDJSON"):
        lines, (seconds, peak) = max(bench.sizes), alone(query, bench.sample)
        _add(bench, "DuckDB on the raw NDJSON", lines, lines, seconds, peak, "the file as it came, repeats included")


def _add(bench: Bench, work: str, events: int, share: int, seconds: float, peak: int, note: str) -> None:
    scaled = f"{share:,} events measured and scaled up; " if share < events else ""
    bench.add(Figure("instead", work, events, seconds * events / share, peak=peak, note=scaled + note))


def fold(workspace: Path, to: int) -> float:
    """Seconds: every event decoded, the first of each stage kept in a dict."""
    with opened(workspace) as here:
        first: dict[int, dict[str, int]] = {}

        def run() -> None:
            for fact in here.log.facts(here.log.rows(to=to)):
                stage = STAGES.get(type(fact.data).__name__)
                if stage is not None:
                    reached = first.setdefault(fact.lead, {})
                    reached[stage] = min(fact.time.start, reached.get(stage, fact.time.start))
            _durations(list(first.values()))

        return timed(run)


def _durations(leads: Sequence[dict[str, int]]) -> list[tuple[str, int, float | None]]:
    """For each stage: how many leads reached it, and the median time to the next one."""
    stages, told = list(STAGES.values()), []
    for place, stage in enumerate(stages):
        spans = []
        for reached in leads:
            later = next((reached[name] for name in stages[place + 1 :] if name in reached), None)
            if stage in reached and later is not None and later >= reached[stage]:
                spans.append(later - reached[stage])
        told.append((stage, sum(stage in reached for reached in leads), statistics.median(spans) if spans else None))
    return told


QUERY = """
WITH first AS (
    SELECT source, subject, type, epoch_us(min(time)) AS reached
    FROM read_json($file, format = 'newline_delimited', columns = {
        source: 'VARCHAR', subject: 'VARCHAR', type: 'VARCHAR', time: 'TIMESTAMPTZ'
    })
    WHERE list_contains($types, type)
    GROUP BY ALL
),
spans AS (
    SELECT *, lead(reached) OVER (PARTITION BY source, subject ORDER BY list_position($types, type)) - reached AS span
    FROM first
)
SELECT type, count(*), quantile_cont(span, 0.5) FROM spans GROUP BY type
"""


def query(file: Path) -> float:
    """Seconds: one question to the file."""
    with database() as connection:
        told = {"file": str(file), "types": list(STAGES)}
        return timed(lambda: connection.execute(QUERY, told).fetchall())

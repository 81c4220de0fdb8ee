"""Per-lead steps: the part of a view that follows from each story alone, kept from one report to the next.

A view has two steps. The *per-lead step* makes tables with a column `story` out of the view `history` and of definitions (a
funnel model, an agreement), and of nothing else: not the asked instant, no period, no filter, no other story. The *summary
step* reads these tables; there everything comes in that was asked. So the tables of the first can be kept, and for the next
report only those stories are computed again that events have touched since. A report as of the past computes in full.
"""

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from projections.database import literal, table
from projections.history.columns import LAYOUT
from projections.history.moment import NEWS
from projections.history.shelf import Kept
from projections.known import GENERAL, KNOWN, MERGES, RETRACTED, Known, know

WORTH = 100_000  # events of a log from which on tables are kept; computing all of fewer takes no time
STALE = NEWS // 4  # events behind the kept tables, from which on they are kept anew


@dataclass(frozen=True, slots=True)
class Step:
    """A per-lead step.

    name: lower-case letters; of the files. text: SQL that makes the tables, over `history` and what `prepare` made.
    tables: those that it makes and that are kept, each with a column `story`. Others are gone where stories are computed again.
    definition: says what `prepare` makes, so that the same words mean the same; with the text it is the key of what is kept.
    prepare: makes the tables of definitions in a database. types: the events that the text reads; None for all of them.
    finish: goes on where the text ends, if something must be decided in between; `definition` says what it does, too.
    """

    name: str
    text: str
    tables: tuple[str, ...]
    definition: str = ""
    prepare: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None
    types: frozenset[str] | None = None
    finish: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None

    @property
    def key(self) -> str:
        """Name and hash of all that the tables depend on beside the events."""
        told = "\0".join((self.text, self.definition, *self.tables, LAYOUT, RETRACTED, KNOWN, MERGES))
        return f"{self.name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def per_lead(known: Known, step: Step) -> duckdb.DuckDBPyConnection:
    """The known database with the step's tables, and with those that it prepares."""
    step.prepare(known.connection)
    moment = known.moment
    shelf = moment.shelf if known.as_of is None else None
    kept = shelf.newest(step.key, step.tables, moment.head) if shelf else None
    touched = known.touched(kept.position) if kept else None
    if kept is None or touched is None:
        step.finish(known.everything().execute(step.text))
    else:
        _catch_up(known, step, kept, touched)
    if shelf and moment.head >= WORTH and (kept is None or touched is None or moment.head - kept.position > STALE):
        moment.keep(step.key, step.tables)
    return known.connection


def _catch_up(known: Known, step: Step, kept: Kept, touched: list[int]) -> None:
    """The kept tables, with the rows of the touched stories computed again."""
    if not touched:
        for name, path in kept.files.items():
            known.connection.execute(f"CREATE TEMP VIEW {name} AS FROM read_parquet({literal(path)})")
        return
    leads = f"touched_{step.name}"
    table(known.connection, leads, pa.table({"story": pa.array(touched, pa.int32())}))
    fresh = _computed(known, step, touched)
    for name, path in kept.files.items():
        table(known.connection, f"fresh_{name}", fresh[name])
        known.connection.execute(
            f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet({literal(path)})"
            f" WHERE story NOT IN (SELECT story FROM {leads}) UNION ALL BY NAME SELECT * FROM fresh_{name}"
        )


def _computed(known: Known, step: Step, leads: list[int]) -> dict[str, pa.Table]:
    """The step's tables of those leads alone, whose stories are whole."""
    general = known.connection.sql(
        f"{GENERAL} WHERE of_run IS NOT NULL OR lead IN (SELECT story FROM touched_{step.name})"
    ).to_arrow_table()
    with closing(known.connection.cursor()) as apart:  # it has tables of its own
        table(apart, "general", general)
        known.moment.events_of(apart, leads, step.types)
        know(apart)
        step.prepare(apart)
        step.finish(apart.execute(step.text))
        return {name: apart.sql(f"FROM {name}").to_arrow_table() for name in step.tables}

"""Per-lead steps: the part of a view that follows from each story alone, kept from one report to the next.

A view has two steps. The *per-lead step* makes tables with a column `story` out of the view `history` and of definitions (a
funnel model, an agreement), and of nothing else: not the asked instant, no period, no filter, no other story. The *summary
step* reads these tables; there everything comes in that was asked. So the tables of the first can be kept, and for the next
report only those stories are computed again that events have touched since. A report as of the past computes in full.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from projections.database import hold, literal, table
from projections.history.columns import LAYOUT
from projections.history.moment import FEW
from projections.history.shelf import Kept
from projections.known import GENERAL, KNOWN, MERGES, RETRACTED, Known, know
from projections.layers import Layers

WORTH = 100_000  # events of a log from which on tables are kept; computing all of fewer takes no time
STALE = 1_500  # events behind the kept tables, from which on what they changed is kept too


@dataclass(frozen=True, slots=True)
class Step:
    """A per-lead step.

    name: lower-case letters; of the files. text: SQL that makes the tables, over `history` and what `prepare` made; as views, if they
        are large: they are written as they are computed then.
    tables: those that it makes and that are kept, each with a column `story`. Others are gone where stories are computed again.
    definition: says what `prepare` makes, so that the same words mean the same; with the text it is the key of what is kept.
    prepare: makes the tables of definitions in a database. types: the events that the text reads; None for all of them.
    finish: goes on where the text ends, if something must be decided in between; `definition` says what it does, too.
    clear: SQL that drops what nobody reads any more once the tables stand.
    """

    name: str
    text: str
    tables: tuple[str, ...]
    definition: str = ""
    prepare: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None
    types: frozenset[str] | None = None
    finish: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None
    clear: str = ""

    @property
    def key(self) -> str:
        """Name and hash of all that the tables depend on beside the events."""
        told = "\0".join((self.text, self.definition, *self.tables, LAYOUT, RETRACTED, KNOWN, MERGES))
        return f"{self.name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def per_lead(known: Known, step: Step) -> duckdb.DuckDBPyConnection:
    """The known database with the step's tables, and with those that it prepares. They are made once, however often asked for."""
    if step.key in known.made:
        return known.connection
    known.made.add(step.key)
    step.prepare(known.connection)
    layers = Layers.find(known.moment, step.key, step.tables) if known.as_of is None else None
    if layers is None or not _catch_up(known, step, layers):
        step.finish(known.everything().execute(step.text))
        _hold(known, step)
    return known.connection


def _catch_up(known: Known, step: Step, layers: Layers) -> bool:
    """Whether it pays to go on from what is kept: then the tables are there, with the rows of touched stories computed again."""
    moment = known.moment
    touched = known.touched(layers.position)
    fresh = None if touched is None else _computed(known, step, touched, layers.position)
    if touched is None or fresh is None:
        return False
    layers.tell(known.connection, touched, fresh)
    if moment.head < WORTH:
        return True
    if known.much(layers.whole.position):
        _keep(known, step)
    elif moment.head - layers.position > STALE:
        layers.keep(moment)
    return True


def _hold(known: Known, step: Step) -> None:
    """The step's tables of all stories are kept, if that is worth it. Those that are views are computed here, once."""
    worth = known.as_of is None and known.moment.head >= WORTH
    kept = _keep(known, step) if worth else None
    for name in _views(known.connection, step.tables):
        if kept is None:
            hold(known.connection, name)
        else:
            file = literal(kept.files[name])
            known.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM read_parquet({file})")
    known.connection.execute(step.clear)


def _keep(known: Known, step: Step) -> Kept | None:
    """The tables as they are, of all stories."""
    return known.moment.keep(step.key, {name: name for name in step.tables})


def _views(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """Which of these are no tables."""
    told = ", ".join(map(literal, names))
    found = connection.sql(f"SELECT view_name FROM duckdb_views() WHERE temporary AND view_name IN ({told})")
    return [name for (name,) in found.fetchall()]


def _computed(known: Known, step: Step, leads: list[int], since: int) -> dict[str, pa.Table] | None:
    """The step's tables of those leads alone, whose stories are whole: these have news since that position.

    None where there are so many that a scan is to find their events, and it finds no place for them.
    """
    if not leads:
        return {}
    stories = known.stories_since(since) if len(leads) > FEW else None
    if stories is None and len(leads) > FEW:
        return None
    touched = pa.table({"story": pa.array(leads, pa.int32())})
    table(known.connection, "touched_story", touched)
    general = known.connection.sql(
        f"{GENERAL} WHERE of_run IS NOT NULL OR lead IN (FROM touched_story)"
    ).to_arrow_table()
    with closing(known.connection.cursor()) as apart:  # it has tables of its own
        table(apart, "general", general)
        if stories is None:
            known.moment.events_of(apart, leads, step.types)
        else:
            table(apart, "touched_story", touched)
            apart.execute(
                f"CREATE TEMP VIEW events AS FROM read_parquet({literal(stories.files['stories'])})"
                " WHERE lead IN (FROM touched_story)"
            )
        know(apart)
        step.prepare(apart)
        step.finish(apart.execute(step.text))
        return {name: apart.sql(f"FROM {name}").to_arrow_table() for name in step.tables}

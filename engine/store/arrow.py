"""The log's columns for the history, as Arrow batches."""

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.portions import portions
from engine.store import bulk
from engine.store.bulk import SCHEMA, SELECTED, SIZE
from engine.store.errors import LogDamaged, onward
from engine.store.rows import Columns

MANY = 200_000  # events from which on a process of its own is worth starting
PIPE = 1 << 20  # bytes; the most that Linux gives to anybody
QUERY = f"{SELECTED} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
Page = Callable[[str, tuple[Any, ...]], list[Columns]]
LEADS = 500  # a statement; SQLite keeps the compiled statement


def batches(path: Path, page: Page, after: int, to: int) -> Iterator[pa.RecordBatch]:
    """The positions after `after` up to and with `to`. page: asks the log, in a transaction of its own each time.

    Many are read by a process of its own; what that one does not give (its driver or its SQLite may refuse) is read here.
    """
    if to - after >= MANY:
        for batch in _from_another_process(path, after, to):
            yield batch
            after = batch["position"][-1].as_py()
    while rows := page(QUERY, (after, to, SIZE)):
        yield _batch(path, rows)
        after = onward(path, after, rows[-1][0])


def _from_another_process(path: Path, after: int, to: int) -> Iterator[pa.RecordBatch]:
    """As many of them as it gives. It ends with us: nobody reads what it writes then."""
    command = [sys.executable, "-m", bulk.__name__, str(path), str(after), str(to)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, pipesize=PIPE
    ) as reader:
        assert reader.stdout
        try:
            with pa.ipc.open_stream(reader.stdout) as stream:
                yield from stream
        except (pa.ArrowInvalid, OSError):
            return
        finally:
            reader.kill()


def events_of(
    path: Path, page: Page, leads: Collection[int], to: int, types: Collection[str] | None
) -> Iterator[pa.RecordBatch]:
    """The events of those leads up to and with the position `to`, some leads after the others. types: None for all."""
    scarce = types is not None and "InteractionLogged" not in types
    table = " INDEXED BY event_but_interactions" if scarce else ""
    of_types = "" if types is None else f" AND type IN ({', '.join('?' * len(types))})"
    but = " AND type <> 'InteractionLogged'" if scarce else ""
    for some in portions(leads, LEADS):
        of_leads = f"lead > 0 AND lead IN ({', '.join('?' * len(some))})"
        query = f"{SELECTED}{table} WHERE {of_leads} AND position <= ?{but}{of_types}"
        if rows := page(query, (*some, to, *(types or ()))):
            yield _batch(path, rows)


def general(path: Path, page: Page, to: int) -> Iterator[pa.RecordBatch]:
    """The events up to and with `to` that concern no lead, and those that join several: few, and each kind with an index of its own."""
    kinds = ("INDEXED BY event_of_business WHERE lead = 0", "WHERE type IN ('LeadsMerged', 'MergeReverted')")
    for those in kinds:
        if rows := page(f"{SELECTED} {those} AND position <= ?", (to,)):
            yield _batch(path, rows)


def _batch(path: Path, rows: list[Columns]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    try:
        return pa.record_batch(
            [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise LogDamaged(path=path, cause=error) from error

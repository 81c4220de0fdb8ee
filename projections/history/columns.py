"""The typed columns of the history, taken out of the events' JSON in one pass."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from events.observations import LeadDetailsChanged
from projections.history.reader import LogReader

ENVELOPE: Mapping[str, str] = {
    "position": "BIGINT",
    "lead": "INTEGER",
    "type": "VARCHAR",
    "occurred": "BIGINT",
    "occurred_until": "BIGINT",
    "day": "INTEGER",
    "precision": "TINYINT",
    "recorded": "BIGINT",
    "sequence": "BIGINT",
    "source": "VARCHAR",
    "actor": "VARCHAR",
    "run": "VARCHAR",
    "merged": "INTEGER",  # the number of the lead that goes up in this one
    "referred": "INTEGER",  # the number of the lead that this one recommends us to
}
WORDS = (
    "team owner to_team to_owner from_team from_owner channel lead_source origin medium campaign content company company_size "
    "country region industry segment persona product tier reason kind direction outcome experiment variant model purpose basis "
    "handoff opportunity offer subscription currency competitor rule rule_version expected_close valid_until next_step_due "
    "budget authority need timeline rep role period measure category request"
).split()
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(WORDS, "VARCHAR"),
    "automatic": "BOOLEAN",
    "minutes": "BIGINT",
    "selling_minutes": "BIGINT",
    "score": "BIGINT",
    "units": "BIGINT",
    "amount": "BIGINT",  # minor units
    "value": "VARCHAR",  # decimals, as they came
    "rate": "VARCHAR",
}
ELSEWHERE: Mapping[str, tuple[str, str]] = {  # what has another name here than in the event, or lies inside a field
    "from_currency": ("from", "VARCHAR"),
    "to_currency": ("to", "VARCHAR"),
    "recurring": ("recurring.amount", "VARCHAR"),  # major units, as they came: they name no currency
    "recurring_every": ("recurring.every", "VARCHAR"),
    "reasons": ("reasons", "VARCHAR"),  # these three as JSON
    "candidates": ("candidates", "VARCHAR"),
    "agreement": ("agreement", "VARCHAR"),
}
PATHS: Mapping[str, tuple[str, str]] = {**{name: (name, of) for name, of in FIELDS.items()}, **ELSEWHERE}
CLEARED_BY_NULL = tuple(name for name in FIELDS if name in LeadDetailsChanged.model_fields)
NAMING = {"merged": ("LeadsMerged", "MergeReverted"), "referred": ("ReferralMade",)}  # field → the events that have it
BLOCK = 120_000  # events whose columns are extracted, and written as a row group, at once


def _quoted(names: Iterable[str], prefix: str = "") -> str:
    return "[" + ", ".join(f"'{prefix}{name}'" for name in names) + "]"


EXTRACTION = f"""
WITH told AS (
    SELECT *,
           json_extract_string(data, {_quoted((path for path, _ in PATHS.values()), "$.")}) AS field,
           CASE WHEN type = 'LeadDetailsChanged' AND contains(data, 'null')      -- null clears, absent leaves
                THEN json_type(data, {_quoted(CLEARED_BY_NULL, "$.")}) END AS kinds
    FROM incoming
)
SELECT {", ".join(f"{name}::{of} AS {name}" for name, of in ENVELOPE.items())},
       {", ".join(f"field[{place}]::{of} AS {name}" for place, (name, (_, of)) in enumerate(PATHS.items(), 1))},
       CASE WHEN type IN ('RunRetracted', 'RunRestored') THEN json_extract_string(data, '$.run') END AS of_run,
       CASE WHEN kinds IS NOT NULL THEN list_filter({_quoted(CLEARED_BY_NULL)}, lambda name, place: kinds[place] = 'NULL')
       END AS cleared
FROM told
ORDER BY position
"""
LAYOUT = hashlib.sha256(EXTRACTION.encode()).hexdigest()[:16]  # a segment in another layout is built again


def extracted(connection: duckdb.DuckDBPyConnection, reader: LogReader, after: int, to: int) -> Iterator[pa.Table]:
    """The events with after < position <= to as typed columns, a block at a time. No event becomes an object."""
    for block in _blocks(reader.batches(after, to)):
        connection.register("incoming", _with_other_leads(block, reader))
        yield connection.sql(EXTRACTION).to_arrow_table()
        connection.unregister("incoming")


def nothing(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The columns without a row."""
    columns = {**ENVELOPE, **{name: of for name, (_, of) in PATHS.items()}, "of_run": "VARCHAR", "cleared": "VARCHAR[]"}
    names = ", ".join(f"NULL::{of} AS {name}" for name, of in columns.items())
    return connection.sql(f"SELECT {names} WHERE false").to_arrow_table()


def _blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= BLOCK:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _with_other_leads(block: pa.Table, reader: LogReader) -> pa.Table:
    """The block with the dense numbers of the leads that its events name; there are few, so they are read one by one."""
    named: dict[str, dict[int, UUID]] = {
        field: {place: UUID(json.loads(block["data"][place].as_py())[field]) for place in _places(block, types)}
        for field, types in NAMING.items()
    }
    streams = {stream for places in named.values() for stream in places.values()}
    numbers = reader.lead_numbers(streams) if streams else {}
    for field, places in named.items():
        column: list[int | None] = [None] * block.num_rows
        for place, stream in places.items():
            column[place] = numbers.get(stream)
        block = block.append_column(field, pa.array(column, pa.int32()))
    return block


def _places(block: pa.Table, types: tuple[str, ...]) -> list[int]:
    places: list[int] = pc.indices_nonzero(pc.is_in(block["type"], pa.array(types, block["type"].type))).to_pylist()
    return places

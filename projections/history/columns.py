"""The typed columns of the history, taken out of the events' JSON in one pass."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from events.observations import LeadDetailsChanged
from projections.errors import UnreadableEvent
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
}
RARE: Mapping[str, str] = {
    "merged": "INTEGER",  # the number of the lead that goes up in this one
    "referred": "INTEGER",  # the number of the lead that this one recommends us to
    "cleared": "VARCHAR[]",  # the details that a change clears: null clears, absent leaves
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
ELSEWHERE: Mapping[str, str] = {  # what has another name here than in the event, lies inside a field, or is JSON
    "from_currency": "told['from']",
    "to_currency": "told['to']",
    "recurring": "told.recurring.amount",  # major units, as they came: they name no currency
    "recurring_every": "told.recurring.every",
    "reasons": "told.reasons::VARCHAR",
    "candidates": "told.candidates::VARCHAR",
    "agreement": "told.agreement::VARCHAR",
    "of_run": "CASE WHEN type IN ('RunRetracted', 'RunRestored') THEN told.run END",
}
SHAPE = {
    **FIELDS,
    **dict.fromkeys(("from", "to", "run"), "VARCHAR"),
    "recurring": {"amount": "VARCHAR", "every": "VARCHAR"},
    **dict.fromkeys(("reasons", "candidates", "agreement"), "JSON"),
}
COLUMNS: Mapping[str, str] = {**ENVELOPE, **RARE, **FIELDS, **dict.fromkeys(ELSEWHERE, "VARCHAR")}
EXTRACTION = f"""
SELECT {", ".join((*ENVELOPE, *RARE, *(f"told.{name}" for name in FIELDS)))},
       {", ".join(f"{told} AS {name}" for name, told in ELSEWHERE.items())}
FROM (SELECT *, json_transform(data, '{json.dumps(SHAPE)}') AS told FROM incoming)
"""
LAYOUT = hashlib.sha256(EXTRACTION.encode()).hexdigest()[:16]  # a segment in another layout is built again

CLEARED_BY_NULL = tuple(name for name in FIELDS if name in LeadDetailsChanged.model_fields)
NAMING = {
    "LeadsMerged": "merged",
    "MergeReverted": "merged",
    "ReferralMade": "referred",
}  # and where they name another lead
ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "TINYINT": pa.int8(),
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
}
GIVEN = pa.schema({name: ARROW[of] for name, of in ENVELOPE.items()} | {"data": pa.string()})
INCOMING = pa.schema([*GIVEN, *(pa.field(name, ARROW[of]) for name, of in RARE.items())])


@contextmanager
def incoming(
    connection: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], reader: LogReader
) -> Iterator[None]:
    """While it lasts, EXTRACTION gives these events with typed columns, once. No event becomes an object."""
    failures: list[BaseException] = []

    def completed() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                yield _completed(batch, reader)
        except BaseException as error:
            failures.append(error)
            raise

    connection.register("incoming", pa.RecordBatchReader.from_batches(INCOMING, completed()))
    try:
        yield
    except duckdb.Error as error:
        cause = failures[0] if failures else error  # DuckDB tells it in words of its own
        if isinstance(cause, duckdb.InvalidInputException | duckdb.ConversionException | LookupError | ValueError):
            raise UnreadableEvent(cause) from error
        raise cause from None
    finally:
        connection.unregister("incoming")


def nothing(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Makes a table with the columns and without a row. name: one of our own."""
    connection.execute(f"CREATE TEMP TABLE {name} ({', '.join(f'{column} {of}' for column, of in COLUMNS.items())})")


def _completed(batch: pa.RecordBatch, reader: LogReader) -> pa.RecordBatch:
    """The batch with the columns that few events have: these are read one by one."""
    types = pa.array([*NAMING, LeadDetailsChanged.__name__], batch["type"].type)
    places = pc.indices_nonzero(pc.is_in(batch["type"], types))
    few = batch.select(["type", "data"]).take(places)
    values: dict[str, list[Any]] = {name: [None] * batch.num_rows for name in RARE}
    named: list[tuple[str, int, UUID]] = []
    for place, type_, data in zip(places.to_pylist(), *(column.to_pylist() for column in few.columns), strict=True):
        if field := NAMING.get(type_):
            named.append((field, place, UUID(json.loads(data)[field])))
        elif "null" in data:
            told = json.loads(data)
            values["cleared"][place] = [name for name in CLEARED_BY_NULL if told.get(name, ...) is None]
    numbers = reader.lead_numbers({stream for _, _, stream in named}) if named else {}
    for field, place, stream in named:
        values[field][place] = numbers.get(stream)
    given = [batch[name].cast(field.type) for name, field in zip(GIVEN.names, GIVEN, strict=True)]
    rare = [pa.array(values[name], ARROW[of]) for name, of in RARE.items()]
    return pa.record_batch([*given, *rare], schema=INCOMING)

"""The typed columns of the history, taken out of the events' JSON.

Most of what events say has been said before: of a million, some ten thousand say all that there is (seven in ten events are
interactions, of a few kinds). So each text of JSON is taken apart once, and each word is kept once: the columns of words hold numbers
of words (Arrow's dictionaries), which are written to disk as they are.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import msgspec
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
    "of_run": "told.run",  # which a retraction and its reversal name; no other event has such a field
}
SHAPE = {
    **FIELDS,
    **dict.fromkeys(("from", "to", "run"), "VARCHAR"),
    "recurring": {"amount": "VARCHAR", "every": "VARCHAR"},
    **dict.fromkeys(("reasons", "candidates", "agreement"), "JSON"),
}
COLUMNS: Mapping[str, str] = {**ENVELOPE, **RARE, **FIELDS, **dict.fromkeys(ELSEWHERE, "VARCHAR")}
EXTRACTION = f"""
SELECT place, {", ".join(f"told.{name}" for name in FIELDS)},
       {", ".join(f"{told} AS {name}" for name, told in ELSEWHERE.items())}
FROM (SELECT place, json_transform(data, '{json.dumps(SHAPE)}') AS told FROM said)
"""

CLEARED_BY_NULL = tuple(name for name in FIELDS if name in LeadDetailsChanged.model_fields)
NAMING = {
    "LeadsMerged": "merged",
    "MergeReverted": "merged",
    "ReferralMade": "referred",
}  # and where they name another lead
WORD = pa.dictionary(pa.int32(), pa.string())
ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "TINYINT": pa.int8(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": WORD,
    "VARCHAR[]": pa.list_(pa.string()),
}
TYPED = pa.schema({name: ARROW[of] for name, of in COLUMNS.items()})
# Whatever decides what a segment holds stands in this file: a segment in another layout is built again.
LAYOUT = hashlib.sha256(Path(__file__).read_bytes() + repr(CLEARED_BY_NULL).encode()).hexdigest()[:16]


def typed(connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, reader: LogReader) -> pa.Table:
    """The events of a batch in all columns, in their order. No event becomes an object.

    connection: any database; what is made in it is gone afterwards. Raises UnreadableEvent.
    """
    try:
        said = batch["data"].cast(pa.string()).dictionary_encode()
        told = _taken_apart(connection, said.dictionary)
        places = pc.sort_indices(told["place"]).cast(pa.int32()).take(said.indices)  # of each event in `told`
        columns = {
            **{name: _encoded(batch[name], TYPED.field(name).type) for name in ENVELOPE},
            **_rare(batch, reader),
            **{name: _spread(told[name], places, TYPED.field(name).type) for name in (*FIELDS, *ELSEWHERE)},
        }
        return pa.table(columns, TYPED)
    except (
        duckdb.InvalidInputException,
        duckdb.ConversionException,
        msgspec.DecodeError,
        LookupError,
        ValueError,
    ) as error:
        raise UnreadableEvent(error) from error


def _taken_apart(connection: duckdb.DuckDBPyConnection, data: pa.Array) -> pa.Table:
    """The fields of each text, and its place among them; the database gives them in any order."""
    connection.register("said", pa.table({"place": pa.array(range(len(data)), pa.int32()), "data": data}))
    try:
        return connection.sql(EXTRACTION).to_arrow_table().combine_chunks()
    finally:
        connection.unregister("said")


def _encoded(given: pa.Array, of: pa.DataType) -> pa.Array:
    return given.cast(pa.string()).dictionary_encode() if of == WORD else given.cast(of)


def _spread(told: pa.ChunkedArray, places: pa.Array, of: pa.DataType) -> pa.Array:
    """What was told, once for each event that says it."""
    if told.null_count == len(told):
        return pa.nulls(len(places), of)
    values = told.combine_chunks()
    if of != WORD:
        return values.take(places)
    words = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(places), words.dictionary, safe=False)


def _rare(batch: pa.RecordBatch, reader: LogReader) -> dict[str, pa.Array]:
    """The columns that few events have: these are read one by one."""
    types = pa.array([*NAMING, LeadDetailsChanged.__name__], batch["type"].type)
    places = pc.indices_nonzero(pc.is_in(batch["type"], types))
    few = batch.select(["type", "data"]).take(places)
    values: dict[str, list[Any]] = {name: [None] * batch.num_rows for name in RARE}
    named: list[tuple[str, int, UUID]] = []
    for place, type_, data in zip(places.to_pylist(), *(column.to_pylist() for column in few.columns), strict=True):
        if field := NAMING.get(type_):
            named.append((field, place, UUID(msgspec.json.decode(data)[field])))
        elif "null" in data:
            told = msgspec.json.decode(data)
            values["cleared"][place] = [name for name in CLEARED_BY_NULL if told.get(name, ...) is None]
    numbers = reader.lead_numbers({stream for _, _, stream in named}) if named else {}
    for field, place, stream in named:
        values[field][place] = numbers.get(stream)
    return {name: pa.array(values[name], ARROW[of]) for name, of in RARE.items()}

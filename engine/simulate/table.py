"""The sample as a table: a row an event, a column an attribute or a field, named as the contract names them."""

from types import TracebackType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet as pq

from engine.simulate.stream import Portion

ATTRIBUTES = "specversion id source type subject time actor knowntime".split()
TEXTS = (
    "name email phone company company_size country region industry persona product lead_source channel origin medium campaign "
    "kind direction outcome text model purpose basis handoff from_team from_owner to_team to_owner tier note reason owner team rule "
    "rule_version budget authority need timeline evidence opportunity offer amount currency expected_close next_step_due valid_until "
    "competitor comment rep role period measure value"
).split()
NUMBERS = ("score", "minutes", "units")
DEEPER = {"merged": ("source", "id"), "referred": ("source", "id"), "recurring": ("amount", "every")}
DATA = pa.struct(
    [
        *((name, pa.string()) for name in TEXTS),
        *((name, pa.int64()) for name in NUMBERS),
        ("automatic", pa.bool_()),
        ("reasons", pa.list_(pa.string())),
        *((name, pa.struct([(inner, pa.string()) for inner in inners])) for name, inners in DEEPER.items()),
    ]
)
EVENT = pa.schema([*((name, pa.string()) for name in ATTRIBUTES), ("data", DATA)])
READING = pa.json.ParseOptions(explicit_schema=EVENT, unexpected_field_behavior="error")


class Table:
    """A Parquet file that is written a portion at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = pq.ParquetWriter(file, _rows(EVENT.empty_table()).schema, compression="zstd")

    def add(self, portion: Portion) -> None:
        """The rows of a portion, as a row group."""
        events = pa.json.read_json(pa.BufferReader(portion.text), parse_options=READING)
        self._writer.write_table(_rows(events))

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()


def _rows(events: pa.Table) -> pa.Table:
    """What lies deeper as columns of their own, their names joined by dots; several words are one text, a word a line."""
    flat = events.flatten().flatten()
    flat = flat.rename_columns([name.removeprefix("data.") for name in flat.column_names])
    return flat.set_column(flat.column_names.index("reasons"), "reasons", pc.binary_join(flat["reasons"], "\n"))

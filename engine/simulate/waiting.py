"""Deliveries on their way, packed: what arrives months later takes little memory until then."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

from engine.simulate.delivery import Deliveries
from engine.simulate.telling import Array

PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


class Waiting:
    """Deliveries by the period in which they arrive. begins: the seconds since 1970 at which periods begin, in order."""

    def __init__(self, begins: Array) -> None:
        self._begins = begins
        self._packed: list[list[pa.Buffer]] = [[] for _ in begins]

    def add(self, deliveries: Deliveries) -> None:
        """More of them, in any order."""
        deliveries = deliveries.in_order()
        borders = [0, *np.searchsorted(deliveries.at, self._begins[1:]), deliveries.at.size]
        for period, (begin, end) in enumerate(pairwise(borders)):
            if begin < end:
                self._packed[period].append(_packed(deliveries, begin, end))

    def arrived(self, period: int) -> Deliveries:
        """Those of a period, as they arrive; they are forgotten."""
        tables = [pa.ipc.open_stream(packed).read_all() for packed in self._packed[period]]
        self._packed[period] = []
        if not tables:
            return Deliveries(np.zeros(0, np.int64), pa.array([], pa.string()))
        table = pa.concat_tables(tables).combine_chunks()
        at, line = (table.column(name).chunk(0) for name in ("at", "line"))
        return Deliveries(at.to_numpy(), line).in_order()


def _packed(deliveries: Deliveries, begin: int, end: int) -> pa.Buffer:
    columns = [pa.array(deliveries.at[begin:end]), deliveries.line.slice(begin, end - begin)]
    batch = pa.RecordBatch.from_arrays(columns, ["at", "line"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=PACKED) as stream:
        stream.write_batch(batch)
    return sink.getvalue()

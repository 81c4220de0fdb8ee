"""One story in ten, as the plain-Python references of the tests read it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from engine.store.log import Log
from projections.history import History, Moment
from projections.history.columns import NAMING
from projections.known import Known
from tests.projections.fake_log import FakeLog

SHARE = 10  # one story in so many
PORTIONS = 50  # in which a reference looks at the sample, so that memory stays small


@dataclass(frozen=True)
class Sample:
    """leads: their numbers, each with its story; merged ones are in it together. events: theirs, and those of no lead."""

    log: Log
    leads: pa.Table
    events: pa.Table

    @classmethod
    def of(cls, history: History, log: Log) -> "Sample":
        """The sample of a log, always the same one."""
        leads = history.answer(_leads)
        wanted = pa.concat_arrays([*leads["lead"].chunks, pa.array([0], pa.int32())])
        batches = (batch.filter(pc.is_in(batch["lead"], wanted)) for batch in log.batches(0, log.head().position))
        return cls(log, leads, pa.Table.from_batches(batches))

    @property
    def stories(self) -> set[int]:
        """The sampled stories."""
        return set(self.leads["story"].to_pylist())

    def portions(self) -> Iterator[FakeLog]:
        """Some stories after the others, with the positions that their events have in the log."""
        tens = pc.divide(self.leads["story"], SHARE)
        portion = pc.subtract(tens, pc.multiply(pc.divide(tens, PORTIONS), PORTIONS))
        for number in range(PORTIONS):
            leads = self.leads.filter(pc.equal(portion, number))["lead"].combine_chunks()
            wanted = pa.concat_arrays([leads, pa.array([0], leads.type)])
            yield self._fake(self.events.filter(pc.is_in(self.events["lead"], wanted)))

    def whole(self) -> FakeLog:
        """All of it as a log of its own, its positions without a gap."""
        log = self._fake(self.events)
        for position, row in enumerate(log.rows, 1):
            row["position"] = position
        return log

    def _fake(self, events: pa.Table) -> FakeLog:
        rows = events.to_pylist()
        named = {UUID(json.loads(row["data"])[NAMING[row["type"]]]) for row in rows if row["type"] in NAMING}
        hashes = [bytes(32)] * (len(rows) + 1)
        return FakeLog(size=65_536, rows=rows, numbers=dict(self.log.lead_numbers(named)), hashes=hashes)


def _leads(moment: Moment) -> pa.Table:
    asked = f"SELECT DISTINCT lead, story FROM history WHERE story % {SHARE} = 3"
    return Known(moment, None).everything().sql(asked).to_arrow_table()

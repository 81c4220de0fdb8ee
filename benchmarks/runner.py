"""eventsourcing's own ProjectionRunner over the log, with a projection as the library's documentation shows it."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Notification, Subscription, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder
from eventsourcing.utils import Environment

from benchmarks.measuring import timed
from engine.clock import now
from engine.store.factory import Factory
from engine.store.recorder import Recorder
from engine.store.rows import SELECTED, Row
from engine.workspace import Workspace
from events.envelope import Recorded
from projections.definitions.funnel_model import funnel_model

STAGES = {entrance.type: stage.name for stage in funnel_model("waterfall").stages for entrance in stage.events}
PAGE = 500  # as many as the library's own subscriptions read at once


class Reached(SQLiteTrackingRecorder):
    """A table of who reached which stage first when, and how far the log was read; both in one transaction an event."""

    def construct_create_table_statements(self) -> list[str]:
        """The library's table and this one."""
        table = "CREATE TABLE IF NOT EXISTS reached (lead INTEGER, stage TEXT, at INTEGER, PRIMARY KEY (lead, stage))"
        return [*super().construct_create_table_statements(), table]

    def keep(self, fact: Recorded, tracking: Tracking) -> None:
        """An event, and where it stands."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            if (stage := STAGES.get(type(fact.data).__name__)) is not None:
                cursor.execute(
                    "INSERT INTO reached VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)",
                    (fact.lead, stage, fact.time.start),
                )


class Waterfall(Projection[Reached]):
    """The projection."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event."""
        self.view.keep(domain_event, tracking)


class Numbered(Row):
    """A row as the library's runner wants it."""

    @property
    def id(self) -> int:
        """Its position."""
        return self.position


class Pages(Subscription[Recorder]):
    """The rows by position up to the environment's TO; for SQLite the library has no subscription of its own."""

    def __init__(self, recorder: Recorder, to: int) -> None:
        super().__init__(recorder)
        self._to, self._reached = to, 0
        self._page: list[Numbered] = []

    def __next__(self) -> Notification:
        if not self._page:
            with self._recorder.datastore.transaction(commit=False) as cursor:
                cursor.execute(
                    f"SELECT {SELECTED} FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
                    (self._reached, self._to, PAGE),
                )
                self._page = [Numbered.of(values) for values in reversed(cursor.fetchall())]
        if not self._page or self._has_been_stopped:
            raise StopIteration
        self._reached = self._page[-1].position
        return self._page.pop()  # type: ignore[return-value]  # all that is asked of a notification


class Readable(Recorder):
    """The log's recorder with a subscription."""

    to: int

    def subscribe(self, gt: int | None = None, topics: Any = ()) -> Pages:  # noqa: ARG002  # it is read from the beginning, all of it
        """From the beginning."""
        return Pages(self, self.to)


class Source(Application[UUID]):
    """The log as an application of the library."""

    name = "log"

    def construct_factory(self, env: Environment) -> Any:
        """Our own parts."""
        here = Workspace.find(Path(env["WORKSPACE"]))
        self._keys, self._to = here.keys, int(env["TO"])
        return Factory(here.folder / here.settings.store, self._keys, now, read_only=True)

    def construct_recorder(self) -> Readable:
        """Our own."""
        assert isinstance(self.factory, Factory)
        recorder = Readable(self.factory.datastore, now, self._keys)
        recorder.to = self._to
        return recorder


def project(workspace: Path, to: int) -> float:
    """Seconds for the log's first events, into a table in a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "WORKSPACE": str(workspace),
            "TO": str(to),
            "WATERFALL_PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "WATERFALL_SQLITE_DBNAME": str(Path(folder) / "reached.db"),
        }

        def run() -> None:
            with ProjectionRunner(
                application_class=Source, projection_class=Waterfall, view_class=Reached, env=environment
            ) as runner:
                runner.run_forever()
                if runner.view.max_tracking_id(Source.name) != to:
                    raise ValueError("the runner did not reach the end")

        return timed(run)

"""The eventsourcing package's own suites pass on our recorder."""

import tempfile
from pathlib import Path
from unittest import TestCase
from uuid import UUID, uuid4

from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
)

from engine import clock
from engine.store.datastore import Datastore
from engine.store.recorder import Recorder


class OnOurRecorder(TestCase):
    INITIAL_VERSION = 1

    def create_recorder(self) -> Recorder:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        datastore = Datastore(Path(folder.name) / "log.db")
        datastore.path.touch()
        self.addCleanup(datastore.close)
        recorder = Recorder(datastore, clock.now)
        recorder.create_table()
        return recorder

    def new_originator_id(self) -> UUID:
        return uuid4()


class TestApplicationRecorder(OnOurRecorder, ApplicationRecorderTestCase):
    pass


class TestProcessRecorder(OnOurRecorder, ProcessRecorderTestCase):
    pass


class TestNonInterleavingNotificationIds(OnOurRecorder, NonInterleavingNotificationIDsBaseCase):
    pass


del (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
)  # abstract: nothing to collect

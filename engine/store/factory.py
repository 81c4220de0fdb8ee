"""What the eventsourcing package builds its parts with: ours, with the key file and the clock."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventsourcing.sqlite import SQLiteFactory

from engine.privacy.keys import KeyFile
from engine.store.datastore import Datastore
from engine.store.mapper import Mapper
from engine.store.recorder import Recorder


class Factory(SQLiteFactory):
    """The parts over one file: a mapper that seals, and a recorder that chains."""

    datastore: Datastore

    def __init__(self, path: Path, keys: KeyFile, clock: Callable[[], int], *, read_only: bool = False) -> None:
        super().__init__({self.SQLITE_DBNAME: str(path)})
        self.datastore = Datastore(path, read_only=read_only)
        self._keys, self._clock = keys, clock

    def mapper(self, *_: Any, **__: Any) -> Mapper:  # type: ignore[override]  # the library lets the caller choose another
        """Encodes, seals and validates."""
        return Mapper(self._keys)

    def application_recorder(self) -> Recorder:
        """The one recorder there is."""
        return self.process_recorder()

    def process_recorder(self) -> Recorder:
        """The one recorder there is; Log.create makes its tables."""
        return Recorder(self.datastore, self._clock, self._keys)

"""A log in a folder of its own, with a clock that stands where it is put."""

import pytest

from engine.privacy.keys import KeyFile
from engine.store.log import Log
from tests.engine.store.scribe import Clock, Scribe


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(tmp_path):
    keys = KeyFile.create(tmp_path / "keys.db")
    yield keys
    keys.close()


@pytest.fixture
def log(tmp_path, keys, clock):
    log = Log.create(tmp_path / "log.db", keys, clock)
    yield log
    log.close()


@pytest.fixture
def record(log, keys):
    return Scribe(log, keys)

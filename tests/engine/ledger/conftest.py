"""The log of tests/engine/store, for those who check it."""

from tests.engine.store.conftest import clock, keys, log, record

__all__ = ["clock", "keys", "log", "record"]

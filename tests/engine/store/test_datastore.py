"""Connections of several threads."""

from threading import Event, Thread

import pytest
from eventsourcing.persistence import ConnectionPoolClosedError

from engine.store.datastore import Datastore


@pytest.fixture
def datastore(tmp_path):
    (tmp_path / "log.db").touch()
    datastore = Datastore(tmp_path / "log.db")
    yield datastore
    datastore.close()


def test_closing_leaves_a_thread_its_connection_until_it_is_done(datastore):
    begun, closed, found = Event(), Event(), []

    def read():
        with datastore.get_connection(commit=False) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            begun.set()
            closed.wait(10)
            cursor.execute("SELECT 2")
            found.extend([cursor.fetchone(), connection])

    thread = Thread(target=read)
    thread.start()
    assert begun.wait(10)
    datastore.close()
    closed.set()
    thread.join()
    two, connection = found
    assert two == (2,)
    assert connection.closed
    with pytest.raises(ConnectionPoolClosedError), datastore.transaction(commit=False):
        pass


def test_a_connection_is_used_again(datastore):
    with datastore.get_connection(commit=False) as first:
        pass
    with datastore.get_connection(commit=True) as second:
        assert second is first

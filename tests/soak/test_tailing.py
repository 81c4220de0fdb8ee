"""Two writers and a reader that follows them: it sees each position once, in order, without a gap."""

from engine.ledger.verify import verify
from tests.engine.store.conftest import clock, keys, log
from tests.engine.store.test_processes import appender, ended

__all__ = ["clock", "keys", "log"]

EVENTS = 300


def test_a_reader_that_follows_two_writers_skips_nothing(log, tmp_path):
    writers = [appender(tmp_path, name, str(EVENTS)) for name in ("L1", "L2")]
    seen: list[int] = []
    reached, alive = 0, True
    while alive or len(seen) < reached:
        alive = any(
            writer.poll() is None for writer in writers
        )  # asked before the reading: the last events are not missed
        seen += [row.position for row in log.rows(after=seen[-1] if seen else 0)]
        reached = log.head().position if not alive else 0
    assert [ended(writer) for writer in writers] == [0, 0]
    assert seen == list(range(1, 2 * EVENTS + 1))
    assert verify(log).whole

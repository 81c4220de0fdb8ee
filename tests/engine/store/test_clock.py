"""recorded_at never decreases with position, whatever the clock does."""

from tests.engine.store.scribe import NOON

SECOND = 1_000_000


def recorded(log):
    return [row.recorded_at for row in log.rows()]


def test_a_clock_that_goes_back_does_not_take_the_log_with_it(log, record, clock):
    for offset in (0, -2 * SECOND, 5 * SECOND):
        clock.at = NOON + offset
        record("L1")
    assert recorded(log) == [NOON, NOON, NOON + 5 * SECOND]


def test_a_writer_is_told_how_far_the_clock_lies_behind(log, record, clock):
    record("L1")
    clock.at = NOON - 3 * SECOND
    with log.writing() as writing:
        assert (writing.now, writing.behind) == (NOON, 3 * SECOND)
    clock.at = NOON + SECOND
    with log.writing() as writing:
        assert (writing.now, writing.behind) == (NOON + SECOND, 0)


def test_an_archive_brings_its_own_time_which_does_not_go_back_either(log, record):
    record("L1", recorded_at=10)
    record("L1", recorded_at=5)
    record("L1", recorded_at=20)
    record("L1")
    record("L1", recorded_at=20)
    assert recorded(log) == [10, 10, 20, NOON, NOON]

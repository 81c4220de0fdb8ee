"""kill -9 of `consume` at random points, its broker stopped and killed, the topic sent once more."""

import os
from random import SystemRandom

from tests.soak.consumed import Consumed

SEED = int(os.environ.get("LEADLOG_SEED") or SystemRandom().randrange(10_000))


def test_a_worker_killed_at_random_points_loses_and_doubles_nothing(tmp_path, kafka, own_broker):
    print(f"LEADLOG_SEED={SEED}")
    consumed = Consumed(tmp_path / "consumed", kafka, SEED)
    try:
        consumed.deliver()
        for number in range(40):
            if consumed.killed == 10:
                break
            consumed.kill()
            if number in (3, 6):
                consumed.restart(killed=number == 6)
            if number == 5:
                consumed.replay()
        consumed.finish()
    finally:
        consumed.close()
    print(f"killed {consumed.killed} times, at {dict(consumed.places)}")
    assert consumed.killed == 10

"""kill -9: whatever the moment, the same command again leaves the log that one run leaves.

LEADLOG_SEED chooses other moments; `make soak` looks at as many as there is time for.
"""

import os
from random import SystemRandom

from tests.soak.killed import Trial

SEED = int(os.environ.get("LEADLOG_SEED") or SystemRandom().randrange(10_000))


def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled(tmp_path):
    print(f"LEADLOG_SEED={SEED}")
    trial = Trial(tmp_path / "trial", SEED, leads=120)
    try:
        trial.ingest(46)  # what is all taken in already may end before it can be killed again
        trial.build(4)
        trial.retry(4)
        trial.erase(4)
        events = trial.compare()
    finally:
        trial.close()
    print(f"{events} events; killed {dict(trial.killed)}, at {dict(trial.places)}")
    assert trial.killed["ingest"] >= 40
    assert min(trial.killed.values()) > 0

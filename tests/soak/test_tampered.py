"""What is done to the log's file by hand is found and named; `make soak` does it a thousand times."""

import os
from random import SystemRandom

from tests.soak.tampering import Attacker

SEED = int(os.environ.get("LEADLOG_SEED") or SystemRandom().randrange(10_000))


def test_every_change_is_named_where_it_is(tmp_path):
    print(f"LEADLOG_SEED={SEED}")
    attacker = Attacker(tmp_path / "attacker", SEED, log=60)
    attacker.many_at_once(60)
    attacker.one_at_a_time(24)
    assert attacker.found.failures == []
    assert attacker.found.changes.total() == 84

"""What happens to workers, brokers and disks: killed, stopped, replaced, away. Each event is recorded once, in order, all the same."""

import os
import random
import signal
import sqlite3
import time
from functools import partial
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from engine.workspace import SETTINGS
from tests.engine.kafka.conftest import mixed, story, until

SEED = int(os.environ.get("LEADLOG_SEED") or random.SystemRandom().randrange(10_000))
KILLS = int(os.environ.get("LEADLOG_KILLS", "4"))  # by hand: 10 and more

ONLY_RISES = """
CREATE TRIGGER only_rises BEFORE INSERT ON tracking
WHEN NEW.notification_id <= (SELECT notification_id FROM tracking WHERE application_name = NEW.application_name)
BEGIN SELECT RAISE(ABORT, 'an offset went back'); END
"""


def reaches(desk, goal):
    return desk.position() >= goal


def only_rises(desk):
    with desk.workspace.log.writing() as writing:
        writing.execute(ONLY_RISES)


@pytest.mark.parametrize("place", ["k1", "k2", "k3", "k4", "k5"])
def test_killed_between_the_commits_nothing_is_lost_and_nothing_doubled(office, real_kafka, place):
    desk = office(partitions=3, batch=100, session_s=2.0)
    only_rises(desk)
    turns = max(2, KILLS // 2)
    events = mixed(10, 40 * turns)
    for turn in range(turns):
        before = desk.position()
        desk.produce(events[400 * turn : 400 * (turn + 1)])
        worker = desk.start(LEADLOG_TEST_DIE_AT=f"{place}:{1 if place == 'k5' else 1 + turn % 2}")
        if place == "k5":
            until(partial(reaches, desk, before + 1), "it works")
            worker.signal(signal.SIGTERM)
        assert worker.wait() == -signal.SIGKILL
    desk.consume()
    desk.assert_exactly(events)
    assert sum(offset or 0 for offset in desk.offsets(3)) == len(events)


def test_without_the_groups_offsets_it_goes_on_where_the_log_stands(office, real_kafka):
    desk = office()
    events = story("L", 50)
    desk.produce(events)
    desk.consume()
    admin = KafkaAdminClient(bootstrap_servers=real_kafka.servers)
    admin.delete_groups([f"g-{desk.topic}"])
    admin.close()
    worker = desk.start("--until-end")
    assert worker.wait() == 0
    assert worker.summary["read"] == 0
    assert "the group has none, the log says 50" in worker.errors
    desk.assert_exactly(events)


@pytest.mark.parametrize("place", ["k1", "k2"])
def test_a_worker_whose_partition_was_taken_away_writes_nothing(office, real_kafka, place):
    """k1: stopped before its transaction. k2: inside, with the writer's lock: the other one waits for it."""
    desk = office(batch=40, session_s=3.0, poll_s=6.0)
    only_rises(desk)
    events = story("L", 500)
    desk.produce(events)
    first = desk.start(LEADLOG_TEST_STOP_AT=f"{place}:2")
    until(lambda: stopped(first.process.pid), "the first worker stands")
    assert desk.position() == 40
    second = desk.start(LEADLOG_TEST_STOP_AT="k1:8" if place == "k1" else "")
    if place == "k1":
        until(lambda: stopped(second.process.pid), "the second has the partition and has moved on")
        assert desk.position() == 320
        first.signal(signal.SIGCONT)
        until(lambda: "another worker went on in the meantime" in first.errors, "the first is refused")
        second.signal(signal.SIGCONT)
    else:
        time.sleep(4)  # longer than the session: the group has given the partition to the second
        assert desk.position() == 40
        first.signal(signal.SIGCONT)
    until(lambda: desk.position() == 500, "all is recorded")
    assert first.stop() == 0
    assert second.stop() == 0
    desk.assert_exactly(events)
    assert desk.offsets() == [500]


def test_nor_does_it_run_ahead_of_the_one_that_has_it_now(office, real_kafka):
    """Its batch reaches further than the other one has come: the offset would rise, and is compared all the same."""
    desk = office(batch=400, session_s=3.0, poll_s=6.0)
    only_rises(desk)
    events = story("L", 500)
    desk.produce(events)
    first = desk.start(LEADLOG_TEST_STOP_AT="k1:1")
    until(lambda: stopped(first.process.pid), "the first worker stands")
    settings = desk.folder / SETTINGS
    settings.write_text(settings.read_text().replace("batch = 400", "batch = 50"))
    second = desk.start(LEADLOG_TEST_STOP_AT="k1:3")
    until(lambda: stopped(second.process.pid), "the second has the partition and has moved on")
    assert desk.position() == 100
    first.signal(signal.SIGCONT)
    until(lambda: "another worker went on in the meantime" in first.errors, "the first is refused")
    second.signal(signal.SIGCONT)
    until(lambda: desk.position() == 500, "all is recorded")
    assert first.stop() == 0
    assert second.stop() == 0
    desk.assert_exactly(events)


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_two_workers_a_third_joins_and_one_is_killed(office, real_kafka):
    desk = office(partitions=6, batch=25, session_s=3.0)
    only_rises(desk)
    events = mixed(24, 60)
    sent = 0

    def send(count: int) -> None:
        nonlocal sent
        desk.produce(events[sent : sent + count])
        sent += count

    send(300)
    first, second = desk.start(), desk.start()
    until(lambda: desk.position() >= 150, "both work")
    send(500)
    third = desk.start()
    until(lambda: desk.position() >= 500, "the third joins")
    first.kill()
    send(640)
    until(lambda: desk.position() == len(events), "the others take over")
    assert second.stop() == 0
    assert third.stop() == 0
    desk.assert_exactly(events)
    assert sum(offset or 0 for offset in desk.offsets(6)) == len(events)


def test_killed_at_random_moments_while_the_broker_restarts(office, own_broker):
    """LEADLOG_SEED repeats a run, LEADLOG_KILLS makes it longer."""
    print(f"seed {SEED}, {KILLS} kills")
    chance = random.Random(SEED)
    desk = office(partitions=3, batch=50, session_s=3.0)
    only_rises(desk)
    events = mixed(20, 10 * KILLS + 50)
    desk.produce(events)
    reached = []
    for kill in range(KILLS):
        worker = desk.start()
        goal = min(desk.position() + chance.randrange(1, len(events) // KILLS), len(events) - 1)
        until(partial(reaches, desk, goal), "it works")
        if kill in (0, KILLS // 2):
            (own_broker.kill if kill else own_broker.stop)()
            own_broker.start()
        time.sleep(chance.random() / 20)
        worker.kill()
        reached.append(desk.position())
    print(f"killed where the log had reached {reached}")
    desk.consume()
    desk.assert_exactly(events)


def test_a_broker_that_goes_away_is_waited_for(office, own_broker):
    desk = office(stall_s=1.0)
    desk.produce(first := story("L", 20))
    worker = desk.start()
    until(lambda: desk.position() == 20, "the first are recorded")
    own_broker.kill()
    until(lambda: "No progress for" in worker.errors, "the watchdog says so")
    assert worker.process.poll() is None
    own_broker.start()
    desk.produce(second := story("M", 20))
    until(lambda: desk.position() == 40, "it goes on by itself")
    assert worker.stop() == 0
    desk.assert_exactly(first + second)
    assert desk.kept() == []


def test_a_broker_that_is_not_there_ends_it_only_where_that_was_asked(office, own_broker):
    desk = office(stall_s=1.0, request_s=2.0)
    own_broker.stop()
    worker = desk.start("--until-end", "--max-stall", "4")
    assert worker.wait() == 75
    assert "No progress for 4 seconds" in worker.errors
    assert desk.position() == 0


def test_a_busy_log_is_waited_for_and_puts_nothing_aside(office, kafka):
    desk = office(stall_s=1.0)
    events = story("L", 20)
    desk.produce(events)
    lock = sqlite3.connect(desk.folder / "log.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    worker = desk.start("--until-end", LEADLOG_TEST_BUSY="0.2")
    until(lambda: "Nothing is lost; trying again" in worker.errors, "it tries again")
    lock.execute("ROLLBACK")
    lock.close()
    assert worker.wait() == 0
    assert "has been written by another process" in worker.errors
    desk.assert_exactly(events)
    assert desk.kept() == []


def test_a_full_disk_is_waited_for_and_nothing_is_counted_twice(office, kafka):
    desk = office(batch=50)
    events = mixed(4, 25)
    desk.produce(events)
    worker = desk.start("--until-end", LEADLOG_TEST_FULL="2")
    assert worker.wait() == 0
    assert worker.errors.count("no room left on the disk") == 2
    assert (worker.summary["read"], worker.summary["recorded"]) == (100, 100)
    desk.assert_exactly(events)
    assert desk.kept() == []


def test_stopped_while_it_waits_it_ends_at_once(office, own_broker):
    desk = office(backoff_s=30.0, request_s=2.0)
    own_broker.stop()
    worker = desk.start()
    until(lambda: "trying again" in worker.errors, "it waits")
    assert worker.stop() == 0
    assert worker.summary["read"] == 0

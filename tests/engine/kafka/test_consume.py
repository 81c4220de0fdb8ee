"""`leadlog consume` against the broker: what comes in is what `ingest` takes in, once, from wherever it is read again."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from engine.intake.ingest import Ingestion, ingest
from engine.simulate import write
from engine.workspace import Workspace
from tests.engine.cli.test_commands import Shell
from tests.engine.kafka.conftest import mixed, story, until
from tests.kafka.topics import Sent

ROOT = Path(__file__).parents[3]
SAMPLE = 60  # leads of the generated history, a few thousand events


def views(workspace: Workspace) -> dict[str, object]:
    """What is asked of a workspace, in print."""
    shell = Shell(workspace.folder)
    day = ("--now", "2026-06-30")
    asked = (["funnel", *day], ["funnel", "--by", "region,channel", *day], ["handoffs"], ["anomalies"])
    found: dict[str, object] = {}
    for words in asked:
        done = shell(*words, "--format", "json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        rows = [{name: value for name, value in row.items() if name != "position"} for row in told["rows"]]
        found[" ".join(words)] = sorted(rows, key=json.dumps)
    return found


def test_what_lies_on_a_topic_is_recorded_once(office):
    desk = office()
    events = mixed(10, 20)
    desk.produce(events)
    assert desk.consume()["recorded"] == 200
    desk.assert_exactly(events)
    assert desk.consume()["read"] == 0
    desk.produce(more := [story("M", 1)[0]])
    assert desk.consume()["recorded"] == 1
    desk.assert_exactly(events + more)


def test_ingest_and_consume_give_the_same_views_and_a_replay_adds_nothing(office, tmp_path):
    file = tmp_path / "sample.ndjson"
    write(file, SAMPLE, 7)
    lines = file.read_bytes().splitlines()
    assert len(lines) > 1_000
    filed = Workspace.init(tmp_path / "filed")
    taken = ingest(filed, Ingestion([str(file)]))
    desk = office(partitions=3, batch=500)
    desk.kafka.produce(desk.topic, [Sent(line, str(json.loads(line)["subject"]).encode()) for line in lines])
    told = desk.consume(code=3 if taken.left else 0)
    assert told["read"] == len(lines)
    assert told["recorded"] == taken.recorded
    assert desk.workspace.log.head().position == filed.log.head().position
    assert views(desk.workspace) == views(filed)
    filed.close()
    with desk.workspace.log.writing() as writing:
        writing.execute("DELETE FROM tracking")
    before = desk.position()
    told = desk.consume(code=3 if taken.left else 0)
    assert (told["read"], told["recorded"]) == (len(lines), 0)
    assert desk.position() == before


def test_it_starts_where_the_log_says_and_tells_when_the_group_says_otherwise(office, real_kafka):
    desk = office()
    events = story("L", 30)
    desk.produce(events)
    assert desk.consume()["recorded"] == 30
    partition = TopicPartition(desk.topic, 0)
    group = KafkaConsumer(bootstrap_servers=real_kafka.servers, group_id=f"g-{desk.topic}", enable_auto_commit=False)
    group.assign([partition])
    assert group.committed(partition) == 30
    group.commit({partition: OffsetAndMetadata(7, "", -1)})
    group.close(autocommit=False)
    worker = desk.start("--until-end")
    assert worker.wait() == 0
    assert worker.summary["read"] == 0
    assert "the group says 7, the log says 30; going on at 30, as the log says" in worker.errors
    desk.assert_exactly(events)


def test_a_group_that_is_ahead_of_the_log_leaves_nothing_out(office, real_kafka):
    desk = office()
    desk.produce(story("L", 30))
    partition = TopicPartition(desk.topic, 0)
    group = KafkaConsumer(bootstrap_servers=real_kafka.servers, group_id=f"g-{desk.topic}", enable_auto_commit=False)
    group.assign([partition])
    group.commit({partition: OffsetAndMetadata(20, "", -1)})
    group.close(autocommit=False)
    worker = desk.start("--until-end")
    assert worker.wait() == 0
    assert worker.summary["recorded"] == 30
    assert "the group says 20, the log says 0; going on at 0" in worker.errors


def test_offsets_with_holes_are_no_hindrance(office, real_kafka):
    from kafka import KafkaProducer

    desk = office()
    events = story("L", 6)
    producer = KafkaProducer(bootstrap_servers=real_kafka.servers, transactional_id=f"t-{desk.topic}")
    producer.init_transactions()
    for place, event in enumerate([*events, {"id": "aborted", **story("X", 1)[0]}]):
        producer.begin_transaction()
        producer.send(desk.topic, json.dumps(event).encode(), b"L", partition=0).get(30)
        producer.commit_transaction() if place < len(events) else producer.abort_transaction()
    producer.close()
    assert desk.consume()["recorded"] == 6
    desk.assert_exactly(events)
    assert desk.offsets() == [11]  # after each event stands its transaction's marker: offsets 0, 2, 4, …


POISONS = {
    "not json": b"{oops",
    "unknown type": json.dumps(story("P", 1)[0] | {"type": "LeadOpened"}).encode(),
    "NUL": json.dumps(story("P", 1)[0] | {"data": {"region": "a\0b"}}).encode(),
    "null": None,
    "empty": b"",
    "too long": json.dumps(story("P", 1)[0] | {"data": {"region": "x" * 3_000_000}}).encode(),
}


def test_poison_goes_aside_and_the_partition_goes_on(office, real_kafka):
    desk = office(topic=real_kafka.topic(max_message_bytes="67108864"))
    events = mixed(2, 50)
    sent = [Sent(json.dumps(event).encode(), b"k", partition=0) for event in events]
    for number, place in enumerate((0, 57, 99)):
        for value in POISONS.values():
            sent.insert(place + number, Sent(value, f"p{place}".encode(), partition=0))
    desk.kafka.produce(desk.topic, sent)
    told = desk.consume(code=3)
    assert (told["recorded"], told["quarantined"]) == (100, 18)
    desk.assert_exactly(events)
    assert desk.offsets() == [118]
    assert len(desk.kept()) == 18
    assert sum("range" in reason for _, reason in desk.kept()) == 3


def test_the_same_poison_again_is_one_entry_with_a_counter(office):
    desk = office()
    desk.kafka.produce(desk.topic, [Sent(b"{oops", b"k", partition=0)] * 3)
    assert desk.consume(code=3)["quarantined"] == 3
    with desk.workspace.quarantine() as quarantine:
        (entry,) = quarantine.entries()
    assert (entry.count, entry.word) == (3, "json")


@pytest.mark.parametrize("variable", ["LEADLOG_TEST_PARSE", "LEADLOG_TEST_DECIDE"])
@pytest.mark.parametrize("error", ["StopIteration", "KeyError", "ZeroDivisionError"])
def test_a_bug_of_ours_takes_one_event_aside_and_a_retry_takes_it_in(office, variable, error):
    desk = office()
    events = mixed(2, 30)
    events[17]["data"] = {"region": "poison"}
    desk.produce(events)
    told = desk.consume(code=3, **{variable: error})
    assert (told["recorded"], told["quarantined"], told["read"]) == (59, 1, 60)
    ((where, reason),) = desk.kept()
    assert where == f"topic {desk.topic}, partition {where.split('partition ')[1][0]}, offset {where.rsplit(' ', 1)[1]}"
    assert error in reason
    assert "leadlog" in reason
    assert Shell(desk.folder)("quarantine", "retry").returncode == 0
    assert {one.id for one in desk.recorded()} == {one["id"] for one in events}
    assert desk.kept() == []


def test_a_topic_that_does_not_exist_is_one_sentence(office, real_kafka):
    desk = office(topic="no-such-topic")
    worker = desk.start("--until-end")
    assert worker.wait() == 1
    assert re.fullmatch(r"The broker at \S+ has no topic no-such-topic\. .*\n", worker.errors)


def test_a_topic_made_anew_is_not_taken_for_the_old_one(office, real_kafka):
    desk = office()
    desk.produce(story("L", 3))
    desk.consume()
    with desk.workspace.log.writing() as writing:
        writing.track(f"kafka:{desk.topic}:0", 400)
    worker = desk.start("--until-end")
    assert worker.wait() == 1
    assert "ends at offset 3, but the log has read it up to 400" in worker.errors


def test_sigterm_ends_it_in_good_order(office):
    desk = office()
    events = mixed(5, 100)
    desk.produce(events)
    worker = desk.start()
    until(lambda: desk.position() == len(events), "all is recorded")
    assert worker.stop() == 0
    assert worker.summary["recorded"] == len(events)
    assert worker.errors == ""
    desk.assert_exactly(events)


def test_it_takes_what_comes_while_it_runs_and_status_tells(office, kafka):
    desk = office(partitions=2)
    worker = desk.start()
    desk.produce(first := mixed(4, 10))
    until(lambda: desk.position() == 40, "the first are recorded")
    shell = Shell(desk.folder)
    rows = json.loads(shell("status", "--format", "json").stdout)["rows"]
    assert sum(row["position"] for row in rows if row["topic"] == desk.topic) == 40
    assert {row["lag"] for row in rows if row["position"]} == {0}
    assert any(row["last_event"] and row["rate"] > 0 for row in rows)
    worker.stop()
    desk.produce(mixed(6, 1)[4:])
    rows = json.loads(shell("status", "--format", "json").stdout)["rows"]
    assert sum(row["lag"] for row in rows) == 2
    desk.assert_exactly(first)


def test_status_without_a_broker_says_that_lags_are_unknown(tmp_path):
    shell = Shell(tmp_path)
    shell("init", ".")
    with (tmp_path / "leadlog.toml").open("a") as file:
        file.write('[kafka]\nservers = "127.0.0.1:1"\n[[kafka.topic]]\nname = "leads"\n')
    workspace = Workspace.find(tmp_path)
    with workspace.log.writing() as writing:
        writing.track("kafka:leads:0", 17)
    workspace.close()
    command = [sys.executable, "-c", "from engine.cli import main; main()", "status", "--format", "json"]
    done = subprocess.run(  # in a process of its own: kafka-python forgets to close the sockets of its vain tries
        [*command, "--workspace", str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["position"], row["lag"]) == (17, None)
    assert "lags are unknown" in done.stdout


def test_without_topics_it_says_where_they_are_declared(tmp_path):
    shell = Shell(tmp_path)
    shell("init", ".")
    done = shell("consume", "--until-end")
    assert done.returncode == 1
    assert "[[kafka.topic]]" in done.stderr


def test_no_consumer_commits_by_itself():
    for file in (ROOT / "engine").rglob("*.py"):
        text = file.read_text()
        for made in re.findall(r"KafkaConsumer\(\s*[^)]*\)", text):
            assert "enable_auto_commit=False" in made or "**consumer_options(" in made, f"{file}: {made}"
    assert '"enable_auto_commit": False' in (ROOT / "engine/kafka/client.py").read_text()

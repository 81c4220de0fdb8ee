"""The log as a topic: each event at least once, doubles that can be told, each lead's events in their order."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from engine.kafka import outbox
from engine.kafka.errors import AlreadyPublishing, NoTopicToWrite
from engine.kafka.producer import Message, Producer, waves
from engine.kafka.publish import Published, Publisher, alone
from engine.store.log import Draft
from engine.workspace import Workspace
from tests.engine.conftest import tell

LEADS, EVENTS = 10, 500
LARGE = {name: name[0] * 990 for name in ("campaign", "content", "experiment", "variant")}
MORTAL = "import tests.engine.kafka.mortal_publisher"
PROGRAM = "from engine.cli import main; main()"


def told(number: int, **more: Any) -> dict[str, Any]:
    """The n-th event of ten leads in turn."""
    time_ = f"2026-03-{1 + number // 60 % 28:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
    subject = f"L{number % LEADS}"
    if number < LEADS:
        return tell("LeadCaptured", time_, subject, id=f"e{number}", name=f"Person {number}", company="Adler")
    return tell("InteractionLogged", time_, subject, id=f"e{number}", kind="call", direction="outbound", **more)


@pytest.fixture
def recorded(desk):
    desk.take(*(told(number) for number in range(EVENTS)))
    return desk


def settings(desk, servers: str, topic: str, *more: str) -> None:
    with (desk.workspace.folder / "leadlog.toml").open("a") as file:
        file.write(
            f'\n[kafka]\nrequest_s = 1.0\nservers = "{servers}"\n[kafka.publish]\ntopic = "{topic}"\n' + "".join(more)
        )


def command(desk, *words: str, program: str = PROGRAM, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, "publish", "--workspace", str(desk.workspace.folder), *words],
        env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip


def run(desk, *words: str, **environment: str) -> tuple[int, str, str]:
    process = command(desk, *words, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def publish(desk, kafka, topic: str, **more: Any) -> Published:
    producer = Producer(kafka.client, topic)
    try:
        return Publisher(desk.workspace.log, producer, **more).run(until_end=True)
    finally:
        producer.close()


def headers(record) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def check(desk, records, missing: frozenset[int] = frozenset()) -> int:
    """Each position at least once, doubles equal, first appearances of a key in order, all as the log has it. Gives the doubles."""
    rows = {row.position: row for row in desk.workspace.log.rows()}
    first: dict[int, dict[str, str]] = {}
    reached: dict[bytes, int] = {}
    partition: dict[bytes, int] = {}
    for record in records:
        told_of = headers(record)
        position = int(told_of["ce_position"])
        assert partition.setdefault(record.key, record.partition) == record.partition
        if position in first:
            assert all(first[position][name] == told_of[name] for name in ("ce_id", "ce_position", "ce_hash"))
            continue
        first[position] = told_of
        assert position > reached.get(record.key, 0)
        reached[record.key] = position
        row = rows[position]
        assert told_of["ce_hash"] == row.hash.hex()
        assert told_of["ce_id"] == str(row.event_id)
        assert record.key == str(row.stream).encode()
    assert first.keys() == rows.keys() - missing
    return len(records) - len(first)


def test_every_event_is_on_the_topic_once_in_the_order_of_its_lead(recorded, kafka):
    topic = kafka.topic(4)
    done = publish(recorded, kafka, topic)
    assert (done.published, done.position, done.refused) == (EVENTS, EVENTS, [])
    assert check(recorded, kafka.read_all(topic)) == 0
    assert publish(recorded, kafka, topic).published == 0


def test_an_event_is_a_cloudevent_in_binary_mode_without_anything_personal(recorded, kafka):
    topic = kafka.topic()
    publish(recorded, kafka, topic)
    record = kafka.read_all(topic)[0]
    row = next(iter(recorded.workspace.log.rows()))
    assert headers(record) == {
        "content-type": "application/json", "ce_specversion": "1.0", "ce_id": str(row.event_id), "ce_source": "crm",
        "ce_type": "LeadCaptured", "ce_schemaversion": "1", "ce_subject": str(row.stream),
        "ce_time": "2026-03-01T00:00:00Z", "ce_knowntime": "2026-06-30T12:00:00Z", "ce_position": "1",
        "ce_hash": row.hash.hex(), "ce_run": "run",
    }  # fmt: skip
    assert json.loads(record.value) == {"company": "Adler"}
    sent = b"".join(
        value for one in kafka.read_all(topic) for value in (one.value, one.key, *(v for _, v in one.headers))
    )
    assert b"Person" not in sent


def test_personal_fields_go_out_only_if_configured_and_never_those_of_the_erased(recorded, kafka):
    recorded.take(
        tell("PersonErased", subject="L3"),
        tell("TargetSet", subject="targets", measure="won", value=3, period="2026-Q1"),
    )
    topic = kafka.topic(4)
    publish(recorded, kafka, topic, personal=True)
    records = kafka.read_all(topic)
    assert check(recorded, records) == 0
    by_position = {int(headers(one)["ce_position"]): one for one in records}
    living, erased, business = by_position[1], by_position[4], by_position[EVENTS + 2]
    assert (headers(living)["ce_subject"], headers(living)["ce_sourceid"]) == ("L0", "e0")
    assert json.loads(living.value) == {"company": "Adler", "name": "Person 0"}
    assert headers(erased)["ce_subject"] == erased.key.decode()
    assert "ce_sourceid" not in headers(erased)
    assert json.loads(erased.value) == {"company": "Adler"}
    assert headers(business)["ce_type"] == "TargetSet"
    assert json.loads(business.value)["measure"] == "won"


@pytest.mark.parametrize(("place", "passage"), [("o1", 65), ("o1", 500), ("o2", 3), ("o3", 4)])
def test_killed_anywhere_it_goes_on_at_once_and_loses_nothing(recorded, real_kafka, place, passage):
    topic = real_kafka.topic(4)
    settings(recorded, real_kafka.servers, topic)
    killed = run(recorded, "--until-end", program=MORTAL, LEADLOG_TEST_DIE_AT=f"{place}:{passage}")
    assert killed[0] == -signal.SIGKILL
    code, out, err = run(recorded, "--until-end", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["position"] == EVENTS
    doubles = check(recorded, real_kafka.read_all(topic))
    assert doubles in {"o1": range(101), "o2": [100], "o3": [0]}[place]


def test_of_two_publishers_one_ends_with_a_sentence(recorded, real_kafka):
    topic = real_kafka.topic(4)
    settings(recorded, real_kafka.servers, topic)
    first = command(recorded)
    try:
        reached(recorded, topic, EVENTS)
        code, out, err = run(recorded, "--until-end")
        assert (code, out) == (1, "")
        assert (
            err
            == f"Another process publishes this log to {topic} already. Nothing was sent; stop that one first, or leave it to it.\n"
        )
        recorded.take(told(EVENTS))  # and the first one follows the log
        reached(recorded, topic, EVENTS + 1)
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=30)
    finally:
        first.kill()
    assert (first.returncode, err) == (0, "")
    assert out == f"{EVENTS + 1} published to {topic}, up to position {EVENTS + 1}\n"
    assert check(recorded, real_kafka.read_all(topic)) == 0


def test_a_dead_publisher_holds_no_lock(recorded):
    log = recorded.workspace.log
    with alone(log, "t"), pytest.raises(AlreadyPublishing), alone(log, "t"):
        pass
    with alone(log, "t"):
        pass


def reached(desk, topic: str, position: int) -> None:
    """Wait until the checkpoint stands there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with desk.workspace.log.reading() as reading:
            if reading.offset(outbox.channel(topic)) == position:
                return
        time.sleep(0.05)
    pytest.fail(f"the checkpoint of {topic} does not come to {position}")


def test_a_message_that_is_too_large_holds_back_its_lead_and_nobody_else(recorded, real_kafka):
    topic = real_kafka.topic(2, max_message_bytes="3000")
    large = recorded.workspace.log.head().position + 1
    recorded.take(told(EVENTS, **LARGE), *(told(EVENTS + number) for number in range(1, 21)))
    said: list[str] = []
    done = publish(recorded, real_kafka, topic, say=said.append)
    (refusal,) = done.refused
    assert (refusal.position, refusal.type, refusal.cause, refusal.held_from) == (
        large,
        "InteractionLogged",
        "MessageSizeTooLargeError",
        large,
    )
    assert refusal.size > 3960
    held = frozenset({large, large + 10, large + 20})  # those of the same lead behind it wait
    check(recorded, real_kafka.read_all(topic), missing=held)
    with recorded.workspace.log.reading() as reading:
        (standing,) = outbox.standings(reading)
    assert (standing.topic, standing.behind, [one.position for one in standing.refused]) == (topic, 0, [large])
    publish(recorded, real_kafka, topic)  # another start tries it and keeps it
    check(recorded, real_kafka.read_all(topic), missing=held)
    allow(real_kafka, topic, "max.message.bytes", "100000")
    assert publish(recorded, real_kafka, topic).refused == []
    check(recorded, real_kafka.read_all(topic))


def test_what_is_left_out_lets_its_lead_go_on_and_stays_told(recorded, real_kafka):
    topic = real_kafka.topic(2, max_message_bytes="3000")
    settings(recorded, real_kafka.servers, topic)
    recorded.take(told(EVENTS, **LARGE), *(told(EVENTS + number) for number in range(1, 12)))
    large = EVENTS + 1
    code, out, err = run(recorded, "--until-end")
    assert code == 3
    assert f"The broker refuses position {large} (InteractionLogged, " in err
    assert f"  position {large}: InteractionLogged, " in out
    code, out, err = run(recorded, "--until-end", "--leave-out", str(large))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].endswith("MessageSizeTooLargeError; left out")
    check(recorded, real_kafka.read_all(topic), missing=frozenset({large}))
    with recorded.workspace.log.reading() as reading:
        standing, refused = outbox.told(reading)
    assert standing == f"published to {topic}: up to position {large + 11}, nothing behind"
    assert refused.startswith(f"not published to {topic}: position {large} (InteractionLogged, ")
    assert refused.endswith(": MessageSizeTooLargeError; left out")
    assert run(recorded, "--until-end", "--leave-out", "7")[0] == 1


def test_after_a_refusal_the_producer_is_made_anew_and_sends_on(real_kafka):
    topic = real_kafka.topic(1, max_message_bytes="3000")
    producer = Producer({**real_kafka.client}, topic)
    try:
        messages = [Message(b"%d" % number, b"x" * (5000 if number == 50 else 20)) for number in range(100)]
        refused = producer.send(messages)
        assert {at: type(error).__name__ for at, error in refused.items()} == {50: "MessageSizeTooLargeError"}
        assert producer.made > 1
        assert producer.send([Message(b"after", b"y")]) == {}
    finally:
        producer.close()
    keys = [record.key for record in real_kafka.read_all(topic)]
    assert {b"%d" % number for number in range(100) if number != 50} | {b"after"} == set(keys)
    assert b"50" not in keys


def test_the_defect_of_the_idempotent_producer_is_still_there(real_kafka):
    """Should this fail one day, kafka-python was mended, and Producer need not be made anew."""
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    topic = real_kafka.topic(1, max_message_bytes="3000")
    producer = KafkaProducer(**real_kafka.client, max_request_size=1 << 20)
    try:
        with pytest.raises(KafkaError):
            producer.send(topic, b"x" * 5000, b"k").get(20)
        with pytest.raises(KafkaError):
            producer.send(topic, b"small", b"k").get(20)
    finally:
        producer.close(5)


def test_a_broker_that_goes_away_is_waited_for(recorded, real_kafka, own_broker):
    topic = real_kafka.topic(4)
    settings(recorded, real_kafka.servers, topic)
    process = command(recorded)
    try:
        reached(recorded, topic, EVENTS)
        own_broker.kill()
        recorded.take(*(told(EVENTS + number) for number in range(50)))
        assert process.stderr is not None
        assert f"{real_kafka.servers} does not take messages" in process.stderr.readline()
        own_broker.start()
        reached(recorded, topic, EVENTS + 50)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, f"550 published to {topic}, up to position 550\n")
    check(recorded, real_kafka.read_all(topic))


def test_no_topic_is_a_sentence(recorded, real_kafka):
    with pytest.raises(NoTopicToWrite, match="has no topic never-made"):
        publish(recorded, real_kafka, "never-made")


def test_no_broker_is_a_sentence(recorded):
    settings(recorded, "127.0.0.1:1", "t")
    impatient = "import engine.cli.publish as p; p.FIRST_ANSWER = 1.5; from engine.cli import main; main()"
    code, out, err = run(recorded, "--until-end", program=impatient)
    assert (code, out) == (75, "")
    assert "127.0.0.1:1 does not take messages" in err.splitlines()[0]
    assert err.splitlines()[-1].startswith("The broker at 127.0.0.1:1 has taken nothing for 2 seconds")


def test_nothing_is_published_before_its_transaction_has_committed(recorded, kafka):
    topic = kafka.topic()
    log = recorded.workspace.log
    last = next(iter(log.rows(limit=1)))
    draft = Draft(
        stream=last.stream, lead=last.lead, type=last.type, schema_version=last.schema_version, time=last.time,
        recorded_at=None, source=last.source, event_id=uuid4(), data={}, personal={},
    )  # fmt: skip
    with log.writing() as writing:
        writing.append([draft])
        reader = Workspace.find(recorded.workspace.folder)  # as another process sees it
        try:
            assert [row.position for row in reader.log.rows(after=EVENTS)] == []
        finally:
            reader.close()
    publish(recorded, kafka, topic)
    assert check(recorded, kafka.read_all(topic)) == 0


def test_no_key_comes_twice_in_a_wave_and_each_keeps_its_order():
    keys = [b"a", b"b", b"a", None, b"a", None]
    assert list(waves(Message(key, b"") for key in keys)) == [[0, 1, 3, 5], [2], [4]]


def allow(kafka, topic: str, name: str, value: str) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

    admin = KafkaAdminClient(**kafka.client)
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: value})])
    finally:
        admin.close()

"""`leadlog simulate --to-topic`: the sample as systems send it, each lead's events in their order."""

import json

import pytest

from engine.kafka.records import Records
from engine.kafka.sample import message
from engine.simulate import history
from tests.engine.cli.test_commands import Shell, shell

__all__ = ["shell"]


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_the_sample_on_a_topic_is_the_sample_in_a_file(shell: Shell, real_kafka, desk, mode):
    topic = real_kafka.topic(3)
    words = ["simulate", "--leads", "60", "--seed", "7", "--to-topic", topic, "--servers", real_kafka.servers]
    done = shell(*words, "--mode", mode)
    sample = list(history(60, 7))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{len(sample):,} events sent to {topic} at {real_kafka.servers}\n"
    records = real_kafka.read_all(topic)
    ids = {
        key: [event["id"] for event in sample if event["subject"].encode() == key]
        for key in {one.key for one in records}
    }
    found: dict[bytes, list[str | None]] = {}
    understood = Records(desk.workspace.sender_of)
    for record in records:
        (element,) = understood.elements(record)
        assert element.proposal is not None, element.fault
        found.setdefault(record.key, []).append(element.proposal.id)
    assert found == ids


def test_what_has_no_subject_has_no_key():
    assert message({"type": "LeadCaptured", "data": {}}, "structured").key is None
    binary = message({"id": "e1", "sequence": 3, "data": {"kind": "call"}}, "binary")
    assert dict(binary.headers) == {"content-type": b"application/json", "ce_id": b"e1", "ce_sequence": b"3"}
    assert json.loads(binary.value) == {"kind": "call"}


def test_slips_are_sentences(shell: Shell, real_kafka):
    done = shell("simulate", "--to-topic", "never-made", "--servers", real_kafka.servers)
    assert done.returncode == 1
    assert done.stderr == (
        f"The broker at {real_kafka.servers} has no topic never-made. Create it, or name another one; nothing more was sent.\n"
    )
    assert shell("simulate", "--to-topic", "t", "--output", "f").returncode == 2


def test_a_sample_that_is_too_large_for_the_topic_says_so(shell: Shell, real_kafka):
    topic = real_kafka.topic(1, max_message_bytes="300")
    done = shell("simulate", "--leads", "5", "--to-topic", topic, "--servers", real_kafka.servers)
    assert done.returncode == 1
    assert "messages of the sample (MessageSizeTooLargeError)" in done.stderr

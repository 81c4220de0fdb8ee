"""The Kafka of a run: what was sent is there, also after the broker was killed and started again."""

from tests.kafka.topics import Sent


def test_what_was_sent_is_read(kafka):
    topic = kafka.topic()
    kafka.produce(topic, [Sent(b"one", b"k", (("ce_id", b"1"),)), Sent(None, b"k")])
    first, second = kafka.read_all(topic)
    assert (first.value, first.key, first.headers) == (b"one", b"k", [("ce_id", b"1")])
    assert second.value is None


def test_a_killed_broker_keeps_what_it_had(kafka, own_broker):
    topic = kafka.topic()
    kafka.produce(topic, [Sent(b"one")])
    before = own_broker.pid
    own_broker.kill()
    assert own_broker.pid is None
    own_broker.start()
    assert own_broker.pid != before
    assert [record.value for record in kafka.read_all(topic)] == [b"one"]

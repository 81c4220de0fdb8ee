"""What goes wrong with Kafka; each sentence says the cure. What mends itself is waited for and is no error."""

from engine.errors import Trouble


class KafkaTrouble(Trouble):
    """{cause}."""


class NoTopics(KafkaTrouble):
    """{file} declares no topic. Add `[kafka]` with `servers` and a `[[kafka.topic]]` with its `name`; docs/kafka.md shows it."""


class NotDeclared(KafkaTrouble):
    """The topic {topic} is not declared in leadlog.toml. Declared are {known}."""


class NoSuchTopic(KafkaTrouble):
    """The broker at {servers} has no topic {topic}. Create it, or mend its name in leadlog.toml; nothing was taken in."""


class BadTopic(KafkaTrouble):
    """The topic {topic} cannot be read as declared: {fault}."""


class TopicShorter(KafkaTrouble):
    """Partition {partition} of topic {topic} ends at offset {end}, but the log has read it up to {known}: the topic was made
    anew, or lost its end. Bring it back, or give the new one another name; nothing was taken in.
    """


class BrokerRefuses(KafkaTrouble):
    """The broker at {servers} refuses: {cause}. Look at the security settings of [kafka] in leadlog.toml, the environment's
    LEADLOG_KAFKA_PASSWORD and the rights of the user.
    """


class Stalled(KafkaTrouble):
    """No progress for {seconds:.0f} seconds, although there is something to read or the broker does not answer. What was
    committed stays; the same command again goes on from there.
    """

    exit_code = 75


class NoTopicToWrite(KafkaTrouble):
    """The broker at {servers} has no topic {topic}. Create it, or name another one; nothing more was sent."""


class BrokerAway(KafkaTrouble):
    """The broker at {servers} has taken nothing for {seconds:.0f} seconds ({cause}). What was confirmed stays; the same command
    again goes on from there.
    """

    exit_code = 75


class AlreadyPublishing(KafkaTrouble):
    """Another process publishes this log to {topic} already. Nothing was sent; stop that one first, or leave it to it."""


class NotHeldBack(KafkaTrouble):
    """Nothing at position {position} is held back for {topic}. `leadlog status` lists what is."""


class NothingToPublish(KafkaTrouble):
    """{file} names no topic to publish to. Add `[kafka.publish]` with `topic`, or give it with --topic."""


class SampleRefused(KafkaTrouble):
    """The broker at {servers} refuses {count} messages of the sample ({cause}); {sent} were sent before. Mend the topic's settings,
    then send it again: the same seed gives the same events, and what is known already is not doubled.
    """

"""What is sent to a topic: nothing overtakes its predecessor of the same key, and a broken producer is made anew."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    CorruptRecordError,
    InvalidRecordError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from engine.kafka.client import is_refusal
from engine.kafka.errors import BrokerAway, BrokerRefuses, NoTopicToWrite
from engine.kafka.settings import KafkaSettings

# What the broker says of a message, and not of itself: the same message again is refused again.
OF_THE_MESSAGE = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidRecordError,
    CorruptRecordError,
    PolicyViolationError,
)
LIMIT = "max.message.bytes"
LARGEST_BATCH = (
    64 << 10
)  # bytes; no more than the topic takes in one message, else the client halves batches one by one
ANSWER = 10.0  # s that an answer may take at most: then it is said, and tried again
FIRST_PAUSE = 0.5  # s before the second try
LOGGER = logging.getLogger("kafka")


class Message(NamedTuple):
    """A message. key: what keeps its order; None for none."""

    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class Stopped(Exception):
    """Asked to stop while the broker was waited for."""


class Producer:
    """Sends to one topic until the broker has taken it or said why not.

    client: what every client is told. settings: how long an answer and a pause may take.
    first_answer, patience: s without an answer, before the first one and later, after which BrokerAway is raised; None: never.
    stop: set to end the waiting. say: what becomes of a sentence on the waiting.

    The idempotent producer of kafka-python fails every later send after one message that the broker refuses
    (MESSAGE_TOO_LARGE, INVALID_RECORD, …), so none is used any more after an error: the next one begins with an id of its own.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        topic: str,
        settings: KafkaSettings = KafkaSettings(),  # noqa: B008  # it is frozen
        *,
        first_answer: float | None = 30,
        patience: float | None = 300,
        stop: Event | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self.topic, self._client, self._patience = topic, dict(client), first_answer
        self._later = patience
        self._stop, self._say = stop or Event(), say
        self._producer: KafkaProducer | None = None
        self.made = 0  # how many there were

    @property
    def servers(self) -> str:
        """Where the broker is."""
        told = self._client["bootstrap_servers"]
        return told if isinstance(told, str) else ",".join(told)

    def send(self, messages: Sequence[Message]) -> dict[int, KafkaError]:
        """Send messages of different keys, and wait. Gives those that the broker refuses, by their place, and why.

        Raises BrokerAway, BrokerRefuses, NoTopicToWrite, Stopped.
        """
        failed = self._settled(dict(enumerate(messages)))
        return {at: why for at in sorted(failed) if (why := self._settled({at: messages[at]}).get(at)) is not None}

    def close(self) -> None:
        """Let go of the broker; nothing is on its way."""
        if self._producer is not None:
            self._producer.close(5)
            self._producer = None

    def _settled(self, left: dict[int, Message]) -> dict[int, KafkaError]:
        """Send until each is taken or refused. What was refused together may be refused for one of them alone."""
        refused: dict[int, KafkaError] = {}
        began, pause = time.monotonic(), FIRST_PAUSE
        while True:
            failed = self._attempt(left)
            refused |= {at: error for at, error in failed.items() if isinstance(error, OF_THE_MESSAGE)}
            if len(failed) < len(left):
                began, pause, self._patience = time.monotonic(), FIRST_PAUSE, self._later
            left = {at: left[at] for at in failed if at not in refused}
            if not left:
                return refused
            error = next(failed[at] for at in left)
            self._look_at(error)
            if refused:  # the producer broke on those: the next one has not failed yet
                continue
            if self._patience is not None and time.monotonic() - began >= self._patience:
                raise BrokerAway(servers=self.servers, seconds=self._patience, cause=_told(error))
            self._say(f"{self.servers} does not take messages ({_told(error)}); trying again in {pause:g} s.")
            if self._stop.wait(pause):
                raise Stopped
            pause = min(pause * 2, self._settings.backoff_s)

    def _attempt(self, messages: Mapping[int, Message]) -> dict[int, KafkaError]:
        """Send once. Gives what failed; the producer is gone then."""
        try:
            producer = self._connected()
        except KafkaError as error:
            return dict.fromkeys(messages, error)
        failed: dict[int, KafkaError] = {}
        futures = {}
        for at, one in messages.items():
            try:
                futures[at] = producer.send(self.topic, one.value, one.key, list(one.headers))
            except KafkaError as error:
                failed[at] = error
                if not isinstance(error, OF_THE_MESSAGE):
                    failed |= dict.fromkeys(messages.keys() - futures.keys(), error)
                    break
        for at, future in futures.items():
            try:
                future.get(3 * self._answer)
            except KafkaError as error:
                failed[at] = error
        if failed:
            self._drop()
        return failed

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            batch = self._largest_batch()
            self._producer = KafkaProducer(**self._client, **self._options(), batch_size=batch)
            self.made += 1
        return self._producer

    def _options(self) -> dict[str, Any]:
        within = round(self._answer * 1_000)
        return {
            "acks": "all",
            "enable_idempotence": True,  # a retry inside the client does not double
            "linger_ms": 0,
            "max_request_size": 90 << 20,  # how large a message may be is the topic's to say
            "allow_auto_create_topics": False,
            "bootstrap_timeout_ms": within,
            "max_block_ms": within,
            "request_timeout_ms": within,
            "delivery_timeout_ms": within + within // 2,
            "metrics_enabled": False,
        }

    @property
    def _answer(self) -> float:
        return min(self._settings.request_s, ANSWER)

    def _largest_batch(self) -> int:
        """Bytes. Raises NoTopicToWrite, where a producer would only wait for it."""
        if "api_version" in self._client:  # a broker that is told its version knows no administration
            return LARGEST_BATCH
        within = round(self._answer * 1_000)
        admin = KafkaAdminClient(**self._client, bootstrap_timeout_ms=within, request_timeout_ms=within)
        try:
            if self.topic not in admin.list_topics():
                raise NoTopicToWrite(servers=self.servers, topic=self.topic)
            asked = ConfigResource(ConfigResourceType.TOPIC, self.topic, {LIMIT: None})
            found = admin.describe_configs([asked], config_filter="all")["topic"][self.topic]
            return min(LARGEST_BATCH, int(found[LIMIT]["value"]))
        except AuthorizationError:  # one who may write need not be one who may ask
            return LARGEST_BATCH
        finally:
            admin.close()

    def _drop(self) -> None:
        """Use this producer no more; what is on its way in it is sent again by the next one."""
        broken, self._producer = self._producer, None
        if broken is not None:
            try:
                broken.close(0)
            except KafkaError as error:
                LOGGER.debug("closing a broken producer: %s", error)

    def _look_at(self, error: KafkaError) -> None:
        """Raises what no waiting mends."""
        if is_refusal(error) or isinstance(error, AuthorizationError):
            raise BrokerRefuses(servers=self.servers, cause=_told(error))
        if isinstance(error, InvalidTopicError | UnknownTopicOrPartitionError):
            raise NoTopicToWrite(servers=self.servers, topic=self.topic)


def waves(messages: Iterable[Message]) -> Iterator[list[int]]:
    """The places of messages in portions in which no key comes twice; each key's in their order."""
    queues: dict[object, deque[int]] = {}
    for at, one in enumerate(messages):
        queues.setdefault(at if one.key is None else one.key, deque()).append(at)
    while queues:
        yield [queue.popleft() for queue in queues.values()]
        queues = {key: queue for key, queue in queues.items() if queue}


def _told(error: KafkaError) -> str:
    return type(error).__name__ if isinstance(error, BrokerResponseError) else str(error) or type(error).__name__

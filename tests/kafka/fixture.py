"""Which Kafka the tests run against: a given one, one in a container, one from Maven artifacts, else librdkafka's mock.

`LEADLOG_TEST_KAFKA=host:port` gives one. `LEADLOG_REQUIRE_KAFKA=real` (or `given`, `docker`, `maven`) makes the run fail
where no such broker could be started. All tests of Kafka run in one process, so that one broker serves them.
"""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.kafka import topics
from tests.kafka.broker import Broker, NoBroker, answers
from tests.kafka.topics import Sent

Kind = Literal["given", "docker", "maven", "mock"]
GIVEN, REQUIRED = "LEADLOG_TEST_KAFKA", "LEADLOG_REQUIRE_KAFKA"
IMAGE = "apache/kafka:4.2.1"
MOCK_CANNOT = "librdkafka's mock cannot vouch for it"
NEEDS_OWN = "it stops its broker, and this one is not ours to stop"
NO_KAFKA = "no Kafka could be had"


@dataclass(frozen=True)
class Kafka:
    """What was found.

    servers: its address. own: the broker, where a test may stop it. instead: why those before it in the order were not taken.
    """

    kind: Kind
    servers: str
    told: str
    own: Broker | None = None
    instead: tuple[str, ...] = ()

    @property
    def real(self) -> bool:
        """Whether it is a broker and no mock."""
        return self.kind != "mock"

    @property
    def client(self) -> dict[str, Any]:
        """What a client of kafka-python has to be told; the mock knows no version that it could be asked."""
        return {"bootstrap_servers": self.servers} | ({} if self.real else {"api_version": (2, 3)})

    def topic(self, partitions: int = 1, **settings: str) -> str:
        """A new topic. settings: of the topic, with _ for its dots (`max_message_bytes`); the mock knows none."""
        name = f"t-{uuid4().hex[:12]}"
        if self.real:
            topics.create(
                self.client, name, partitions, {key.replace("_", "."): value for key, value in settings.items()}
            )
        return name

    def produce(self, topic: str, records: Iterable[Sent]) -> None:
        """Send the records and wait until all are there."""
        topics.produce(self.client, topic, records)

    def read_all(self, topic: str) -> list[Any]:
        """All records of a topic, partition by partition, each in its order."""
        return topics.read_all(self.client, topic)


@contextmanager
def found(folder: Path) -> Iterator[Kafka]:
    """The first of the order that answers; stopped afterwards where it was started here. Raises NoBroker."""
    required = os.environ.get(REQUIRED, "")
    instead: list[str] = []
    with ExitStack() as stack:
        for kind, starting in ORDER.items():
            if required in ("", kind) or (required == "real" and kind != "mock"):
                try:
                    kafka = stack.enter_context(starting(folder))
                except NoBroker as error:
                    instead.append(f"{kind}: {error}")
                else:
                    yield replace(kafka, instead=tuple(instead))
                    return
    raise NoBroker("; ".join(instead))


@contextmanager
def _given(_folder: Path) -> Iterator[Kafka]:
    servers = os.environ.get(GIVEN)
    if not servers:
        raise NoBroker(f"{GIVEN} is not set")
    if not answers(servers, 10_000):
        raise NoBroker(f"{GIVEN}={servers} does not answer")
    yield Kafka("given", servers, f"the broker of {GIVEN} at {servers}")


@contextmanager
def _docker(_folder: Path) -> Iterator[Kafka]:
    engine = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if engine.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as tried:
            if tried.connect_ex(engine.path):
                raise NoBroker("no Docker engine answers")
    from testcontainers.community.kafka import KafkaContainer

    container = KafkaContainer(IMAGE)
    try:
        container.start()
    except Exception as error:  # noqa: BLE001  # whatever the engine says: there is no such container
        raise NoBroker(f"{IMAGE} does not start ({str(error)[:200]})") from None
    try:
        servers = container.get_bootstrap_server()
        yield Kafka("docker", servers, f"a real broker, {IMAGE} in a container at {servers}")
    finally:
        container.stop()


@contextmanager
def _maven(folder: Path) -> Iterator[Kafka]:
    broker = Broker(folder)
    broker.start()
    try:
        told = f"a real broker, Kafka 4.2.1 from Maven artifacts at {broker.servers}"
        yield Kafka("maven", broker.servers, told, broker)
    finally:
        broker.stop()


@contextmanager
def _mock(_folder: Path) -> Iterator[Kafka]:
    try:
        from confluent_kafka import Producer
    except ImportError:
        raise NoBroker("confluent-kafka is not installed") from None
    cluster = Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 0})
    servers = ",".join(f"{one.host}:{one.port}" for one in cluster.list_topics(timeout=10).brokers.values())
    yield Kafka("mock", servers, f"the mock inside librdkafka at {servers}, no real broker")
    del cluster  # it lives as long as its producer


ORDER: dict[Kind, Callable[[Path], AbstractContextManager[Kafka]]] = {
    "given": _given, "docker": _docker, "maven": _maven, "mock": _mock,
}  # fmt: skip


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The Kafka of this run."""
    try:
        with found(tmp_path_factory.mktemp("kafka")) as one:
            _tell(request.config, one.told, one.instead)
            yield one
    except NoBroker as error:
        _tell(request.config, f"none ({error})", ())
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED}={os.environ[REQUIRED]}, but: {error}")
        pytest.skip(f"{NO_KAFKA}: {error}")


@pytest.fixture
def real_kafka(kafka: Kafka) -> Kafka:
    """A real broker; a test that asks for it is skipped, by name, where there is only the mock."""
    if not kafka.real:
        pytest.skip(MOCK_CANNOT)
    return kafka


@pytest.fixture
def own_broker(kafka: Kafka) -> Iterator[Broker]:
    """A broker that the test may stop and kill; it runs again afterwards."""
    if kafka.own is None:
        pytest.skip(NEEDS_OWN if kafka.real else MOCK_CANNOT)
    yield kafka.own
    if kafka.own.pid is None:
        kafka.own.start()


def _tell(config: pytest.Config, told: str, instead: tuple[str, ...]) -> None:
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)  # of a process of xdist
    if output is None:
        output = config.stash.setdefault(TOLD, {})
    output["kafka"] = (told, instead)


TOLD = pytest.StashKey[dict[str, Any]]()


class Telling:
    """The last lines of a run: which Kafka it was, and what was skipped for it."""

    def pytest_testnodedown(self, node: Any) -> None:
        if "kafka" in (output := getattr(node, "workeroutput", {})):
            node.config.stash.setdefault(TOLD, {})["kafka"] = output["kafka"]

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        found_one = config.stash.get(TOLD, {}).get("kafka")
        if found_one is None:
            return
        terminalreporter.section("Kafka")
        terminalreporter.line(f"Tests of Kafka ran against {found_one[0]}.")
        skipped = [
            report.nodeid
            for report in terminalreporter.stats.get("skipped", ())
            if any(why in str(report.longrepr) for why in (MOCK_CANNOT, NEEDS_OWN, NO_KAFKA))
        ]
        for nodeid in skipped:
            terminalreporter.line(f"  skipped for want of a real broker of our own: {nodeid}")

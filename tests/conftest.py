"""What all tests share: how hypothesis looks for examples, and the one Kafka of a run."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.kafka.fixture import Telling, kafka, own_broker, real_kafka

__all__ = ["kafka", "own_broker", "real_kafka"]

settings.register_profile("quick", max_examples=40, deadline=None, print_blob=True)
settings.register_profile(
    "ci",
    max_examples=200,
    derandomize=True,  # a change is judged by what it changes, not by luck; every other run looks at new examples
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # machines of continuous integration are shared
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """The last lines of a run tell which Kafka it had."""
    config.pluginmanager.register(Telling())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file's tests stay together, and all of Kafka's in one process: one broker serves them."""
    for item in items:
        of_kafka = "kafka" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("kafka" if of_kafka else item.nodeid.partition("::")[0]))

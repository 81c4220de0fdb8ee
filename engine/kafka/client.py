"""How the broker is spoken to: kafka-python, configured in this one place."""

import os
from pathlib import Path
from typing import Any

from kafka.errors import (
    AuthorizationError,
    IncompatibleBrokerVersion,
    KafkaConfigurationError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from engine.kafka.settings import KEY_PASSWORD, PASSWORD, KafkaSettings

REFUSALS = (
    AuthorizationError,
    IncompatibleBrokerVersion,
    KafkaConfigurationError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)  # what no waiting mends
LARGEST_FETCH = 16 << 20  # bytes that wait in memory, a single larger message aside


def client_options(settings: KafkaSettings, folder: Path) -> dict[str, Any]:
    """What every client is told. folder: that files of certificates are named from."""

    def file(name: str | None) -> str | None:
        return str(folder / name) if name else None

    told = {
        "bootstrap_servers": settings.servers.split(","),
        "client_id": "leadlog",
        "security_protocol": settings.security,
        "ssl_cafile": file(settings.ca_file),
        "ssl_certfile": file(settings.certificate_file),
        "ssl_keyfile": file(settings.key_file),
        "ssl_password": os.environ.get(KEY_PASSWORD),
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.user,
        "sasl_plain_password": os.environ.get(PASSWORD),
        "api_version": tuple(map(int, settings.api_version.split("."))) if settings.api_version else None,
        "reconnect_backoff_max_ms": 2_000,
    }
    return {name: value for name, value in told.items() if value is not None}


def consumer_options(settings: KafkaSettings, folder: Path) -> dict[str, Any]:
    """What a worker's consumer is told. Positions are committed by nobody but the worker, after the database's commit."""
    request = _ms(settings.request_s)
    return client_options(settings, folder) | {
        "group_id": settings.group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "max_poll_records": settings.batch,
        "max_poll_interval_ms": _ms(settings.poll_s),
        "session_timeout_ms": _ms(settings.session_s),
        "heartbeat_interval_ms": min(3_000, _ms(settings.session_s) // 3),
        "request_timeout_ms": request,
        "bootstrap_timeout_ms": min(request, 10_000),
        "fetch_max_wait_ms": 100,
        "fetch_max_bytes": LARGEST_FETCH,
        "max_partition_fetch_bytes": max(4 << 20, settings.longest),
        "metrics_enabled": False,
    }


def is_refusal(error: KafkaError) -> bool:
    """Whether waiting does not mend it."""
    return isinstance(error, REFUSALS)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1_000))

"""[kafka] of leadlog.toml. Secrets are never in it: they come from the environment."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PASSWORD, KEY_PASSWORD = "LEADLOG_KAFKA_PASSWORD", "LEADLOG_KAFKA_KEY_PASSWORD"  # names of variables


class Declared(BaseModel):
    """One table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _version(text: str) -> str:
    if not all(part.isdecimal() for part in text.split(".")):
        raise ValueError(f"{text!r} is no version like 2.3")
    return text


Seconds = Annotated[float, Field(gt=0)]


class TopicSettings(Declared):
    """A topic that `leadlog consume` reads.

    source: of events that name none. mapping: of JSON objects, a path beside leadlog.toml; left out: CloudEvents,
    structured or binary. batch: each value is an array of them; else only where its content type says so.
    """

    name: Annotated[str, Field(min_length=1, max_length=249, pattern=r"^[a-zA-Z0-9._-]+$")]
    source: Annotated[str, Field(min_length=1)] | None = None
    mapping: Annotated[str, Field(min_length=1)] | None = None
    batch: bool = False


class PublishSettings(Declared):
    """The topic that `leadlog publish` writes. personal: with subjects, the sources' ids and personal fields of living keys."""

    topic: Annotated[str, Field(min_length=1, max_length=249, pattern=r"^[a-zA-Z0-9._-]+$")]
    personal: bool = False


class KafkaSettings(Declared):
    """Where the broker is and how it is spoken to.

    batch: messages that one transaction takes in at most. longest: bytes of a message, key and headers included.
    session_s: after how long without a heartbeat the group gives a worker's partitions to another one; poll_s: after how
    long without a finished batch. request_s: how long an answer may take. stall_s: after how long without progress, although
    there is something to read, the watchdog says so. backoff_s: the longest pause between two tries.
    api_version: of a broker that does not tell its own.
    """

    servers: Annotated[str, Field(min_length=1)] = "127.0.0.1:9092"
    group: Annotated[str, Field(min_length=1)] = "leadlog"
    topic: list[TopicSettings] = Field(default_factory=list)
    publish: PublishSettings | None = None
    batch: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    longest: Annotated[int, Field(ge=1)] = 1 << 20
    session_s: Seconds = 45
    poll_s: Seconds = 300
    request_s: Seconds = 30
    stall_s: Seconds = 60
    backoff_s: Seconds = 30
    api_version: Annotated[str, AfterValidator(_version)] | None = None

    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    user: str | None = None

"""Writes events into a log as intake does, for tests of what lies behind it."""

from itertools import count
from typing import Any

from engine.privacy.ids import event_id, stream_id
from engine.privacy.keys import KeyFile
from engine.store.log import Draft, Log
from events.instants import Instant

NOON = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


class Scribe:
    """scribe("L1", "L2"): an event for each of these leads, in one transaction; gives the positions."""

    def __init__(self, log: Log, keys: KeyFile) -> None:
        self._log, self._keys, self._counted = log, keys, count()

    def draft(self, lead: str, number: int, **other: Any) -> Draft:
        secret = self._keys.secret
        id_ = other.pop("id", f"e{next(self._counted)}")
        told: dict[str, Any] = {
            "stream": stream_id(secret, "crm", lead), "lead": number, "type": "LeadCaptured", "schema_version": 1,
            "time": Instant.exact(NOON), "recorded_at": None, "source": "crm", "event_id": event_id(secret, "crm", id_),
            "data": {"company": "Adler Maschinenbau"}, "actor": "sdr:anna", "sequence": 7, "run": "run-1",
            "correlation_id": "c-1", "causation_id": "c-0",
            "personal": {"subject": lead, "id": id_, "data": {"email": f"{lead}@example.test"}},
        }  # fmt: skip
        return Draft(**(told | other))

    def __call__(self, *leads: str, **other: Any) -> list[int]:
        with self._log.writing() as writing:
            streams = [stream_id(self._keys.secret, "crm", lead) for lead in leads]
            numbers = writing.numbers(streams)
            drafts = [self.draft(lead, numbers[at], **other) for lead, at in zip(leads, streams, strict=True)]
            return writing.append(drafts)

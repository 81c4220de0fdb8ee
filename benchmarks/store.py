"""What the log costs: appending with sealing and chain against SQLite's bare executemany of the same rows, reading, verifying.

    python -m benchmarks.store [EVENTS]

Prints seconds of processor time, so that a shared machine disturbs little, and of the clock, which has the disk's waiting in it.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.limits import bare_log
from engine.clock import now
from engine.ledger.verify import verify
from engine.privacy.ids import event_id, stream_id
from engine.privacy.keys import KeyFile
from engine.store.log import Draft, Log
from engine.store.turn import INSERT
from events.instants import Instant

BATCH = 10_000
DATA: dict[str, dict[str, object]] = {
    "InteractionLogged": {"kind": "email", "direction": "outbound", "outcome": "opened", "campaign": "spring-2026"},
    "LeadScored": {"score": 55, "model": "m1"},
    "MarketingQualified": {"score": 60, "tier": "hot"},
    "LeadCaptured": {"company": "Adler Maschinenbau", "country": "DE", "lead_source": "google", "channel": "web"},
}
MIXED = ["InteractionLogged"] * 7 + ["LeadScored", "MarketingQualified", "LeadCaptured"]


@contextmanager
def timed(what: str, events: int) -> Iterator[list[float]]:
    """Tells how long it took; gives back the µs of processor time an event."""
    told: list[float] = []
    cpu, wall = time.process_time(), time.perf_counter()
    yield told
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    told.append(cpu / events * 1e6)
    sys.stdout.write(f"{what:44} {events / cpu:>9,.0f} a second of processor, {events / wall:>9,.0f} of the clock\n")


def drafts(log: Log, events: int) -> Iterator[list[Draft]]:
    """Batches of plausible events of a lead in twenty-two."""
    chance, secret = random.Random(1), log.keys.secret  # noqa: S311  # no secret hangs on it
    for start in range(0, events, BATCH):
        chosen = [(at, chance.randrange(events // 22), chance.choice(MIXED)) for at in range(start, start + BATCH)]
        streams = [stream_id(secret, "crm", f"lead-{lead}@example.test") for _, lead, _ in chosen]
        with log.writing() as writing:
            numbers = writing.numbers(streams)
        yield [
            Draft(
                stream, numbers[stream], type_, 1, Instant.exact(at * 1_000_000), None, "crm", event_id(secret, "crm", str(at)),
                DATA[type_], {"subject": f"lead-{lead}@example.test", "id": str(at)}, "sdr:anna", at, "run-1",
            )
            for (at, lead, type_), stream in zip(chosen, streams, strict=True)
        ]  # fmt: skip


def main(events: int) -> None:
    """Measure all in one run."""
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyFile.create(Path(folder) / "keys.db")
        log = Log.create(Path(folder) / "log.db", keys, now)
        batches = list(drafts(log, events))
        with timed("Writing.append, sealed, chained", events) as ours:
            for batch in batches:
                with log.writing() as writing:
                    writing.append(batch)
        pages = [log.page(at, BATCH) for at in range(0, events, BATCH)]
        raw = bare_log(Path(folder) / "raw.db")
        with timed("executemany of the same rows, no trigger", events) as bare:
            for page in pages:
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(INSERT, page)
                raw.execute("COMMIT")
        sys.stdout.write(f"{'ratio':44} {bare[0] / ours[0]:>9.2f}\n")
        with timed("batches for the history", events):
            rows = sum(batch.num_rows for batch in log.batches(0, events))
        with timed("verify", events):
            whole = verify(log).whole
        if rows != events or not whole:
            raise SystemExit("the log does not hold what was appended")
        log.close()
        keys.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)

"""How far the log has been published, and what could not be: both in the log's own file, in one transaction."""

from dataclasses import dataclass
from typing import NamedTuple

from engine.kafka.errors import NotHeldBack
from engine.store.log import Log, Writing
from engine.store.reading import Reading
from engine.store.rows import Row
from events.instants import wire

TABLE = """
CREATE TABLE IF NOT EXISTS unpublished (
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,            -- of the event that the broker refuses
    stream BLOB NOT NULL, lead INTEGER NOT NULL, type TEXT NOT NULL,
    size INTEGER NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL,
    held_from INTEGER,                    -- the first event of that stream still to be sent; NULL: it was left out and the others went on
    PRIMARY KEY (topic, position)
) WITHOUT ROWID
"""
THERE = "SELECT count(*) FROM sqlite_master WHERE name = 'unpublished'"
SELECTED = "SELECT position, stream, lead, type, size, cause, since, held_from FROM unpublished"


class Refusal(NamedTuple):
    """An event that the broker refuses. size: bytes of the message. since: µs.

    held_from: the position from which on the events of its stream are held back; None where it was left out.
    """

    position: int
    stream: bytes
    lead: int
    type: str
    size: int
    cause: str
    since: int
    held_from: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the log has been published to a topic. position: of the last event passed. head: the log's."""

    topic: str
    position: int
    head: int
    refused: list[Refusal]

    @property
    def behind(self) -> int:
        """Events of the log that were not looked at yet."""
        return self.head - self.position


def channel(topic: str) -> str:
    """The name under which the checkpoint is kept, beside those of intake."""
    return f"publish:{topic}"


def standings(reading: Reading) -> list[Standing]:
    """All topics that the log was ever published to: what `leadlog status` shows."""
    found = reading.execute(
        "SELECT application_name, notification_id FROM tracking WHERE application_name LIKE 'publish:%' ORDER BY application_name"
    ).fetchall()
    head = reading.stand().position
    return [
        Standing(topic, position, head, refusals(reading, topic))
        for name, position in found
        for topic in [name.removeprefix(channel(""))]
    ]


def told(reading: Reading) -> list[str]:
    """How far each topic has been published and what is held back or left out, in sentences for `leadlog status`."""
    sentences = []
    for one in standings(reading):
        behind = f"{one.behind:,} events behind" if one.behind else "nothing behind"
        sentences.append(f"published to {one.topic}: up to position {one.position:,}, {behind}")
        for refusal in one.refused:
            held = "left out" if refusal.held_from is None else "held back with what follows of its lead"
            sentences.append(
                f"not published to {one.topic}: position {refusal.position} ({refusal.type}, {refusal.size:,} bytes), refused"
                f" since {wire(refusal.since)}: {refusal.cause}; {held}"
            )
    return sentences


def refusals(reading: Reading, topic: str) -> list[Refusal]:
    """What the broker refuses, by position."""
    if not reading.execute(THERE).fetchone()[0]:
        return []
    return [
        Refusal(*row) for row in reading.execute(f"{SELECTED} WHERE topic = ? ORDER BY position", (topic,)).fetchall()
    ]


def begin(log: Log, topic: str) -> int:
    """The position up to which that topic has everything but what is held back."""
    with log.writing() as writing:
        writing.execute(TABLE)
        known = writing.offset(channel(topic))
        if known is None:
            writing.track(channel(topic), 0)
        return known or 0


def leave_out(log: Log, topic: str, position: int) -> None:
    """Give up on the event at that position; the others of its stream go on. Raises NotHeldBack."""
    with log.writing() as writing:
        writing.execute(TABLE)
        changed = writing.execute(
            "UPDATE unpublished SET held_from = position + 1 WHERE topic = ? AND position = ? AND held_from = position",
            (topic, position),
        ).rowcount
        if not changed:
            raise NotHeldBack(topic=topic, position=position)


def refuse(writing: Writing, topic: str, row: Row, size: int, cause: str) -> None:
    """Keep in mind that this event was refused and its stream is held back from there on."""
    writing.execute(
        "INSERT OR REPLACE INTO unpublished VALUES (?, ?, ?, ?, ?, ?, ?, coalesce("
        "(SELECT since FROM unpublished WHERE topic = ? AND position = ?), ?), ?)",
        (
            topic,
            row.position,
            row.stream.bytes,
            row.lead,
            row.type,
            size,
            cause,
            topic,
            row.position,
            writing.now,
            row.position,
        ),
    )


def settle(writing: Writing, topic: str, refusal: Refusal) -> None:
    """Nothing is held back for this one any more: it was taken after all, or it stays left out."""
    if refusal.held_from == refusal.position:
        writing.execute("DELETE FROM unpublished WHERE topic = ? AND position = ?", (topic, refusal.position))
    else:
        writing.execute(
            "UPDATE unpublished SET held_from = NULL WHERE topic = ? AND position = ?", (topic, refusal.position)
        )

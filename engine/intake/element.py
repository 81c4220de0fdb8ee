"""One thing that came in, understood or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from events.cloudevents import LONGEST, Sender
from events.envelope import Proposal
from events.faults import Fault

SenderOf = Callable[[str | None], Sender]
NAMING = ("source", "id", "subject", "type")
UNREADABLE = "\ufffd"  # stands where bytes were none of the encoding


@dataclass(slots=True)
class Element:
    """What a reader hands to intake: a proposal or a fault, or neither where a mapping leaves the row out (`ignored`).

    where: for people ("line 12", "record 7 (line 10)", "header").
    raw: as it came; what quarantine seals.
    context: what it takes to read raw again (engine.intake.again); shared between elements, never changed.
    hints: what could be read of a faulty one: source, id, subject, type.
    offset: bytes of the file (unpacked) up to the end of this element; None while its last line is incomplete.
    column, value: of a table, the cell at which a mapped event failed.
    """

    where: str
    raw: bytes
    context: Mapping[str, Any]
    proposal: Proposal | None = None
    fault: Fault | None = None
    hints: Mapping[str, str] = field(default_factory=dict)
    ignored: bool = False
    offset: int | None = None
    column: str | None = None
    value: str | None = None


def hints_of(event: Mapping[str, Any], sender: Sender) -> dict[str, str]:
    """What a faulty event still tells of itself."""
    told = {name: value for name in NAMING if isinstance(value := event.get(name), str) and _is_sound(value)}
    return told if "source" in told or sender.name is None else {"source": sender.name, **told}


def _is_sound(text: str) -> bool:
    return 0 < len(text) <= LONGEST and "\0" not in text and UNREADABLE not in text

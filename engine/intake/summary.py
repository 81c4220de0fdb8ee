"""What became of what came in, counted."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Summary:
    """What became of what came in.

    read = recorded + known + repeats + parked + quarantined + ignored, but for parked ones of earlier runs, which are
    among the recorded once their lead moves on (`released`).
    waiting: how often this run brought what is parked, by idempotency key.
    strange: fields and attributes that nobody knows, kept or left out as the source's mode says, by name.
    undone: of the known ones and repeats, those that a retracted run brought, by run.
    left: what of this run is in quarantine at its end, parked included.
    known: the source sent that id before. repeats: events without an id whose content was there already.
    """

    run: str
    read: int = 0
    recorded: int = 0
    known: int = 0
    repeats: int = 0
    parked: int = 0
    quarantined: int = 0
    ignored: int = 0
    released: int = 0
    left: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    strange: dict[str, int] = field(default_factory=dict)
    undone: dict[str, int] = field(default_factory=dict)
    waiting: dict[bytes, int] = field(default_factory=dict, repr=False)

"""A mapping tried on a sample, without taking anything in: what it makes of the rows and what it cannot read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.intake.element import Element, SenderOf
from engine.intake.mapping import load
from engine.intake.reading import read
from events.cloudevents import Sender
from events.envelope import Proposal

SHOWN = 20  # faults told one by one
EXAMPLES = 3  # events shown of each type


@dataclass(frozen=True, slots=True)
class Found:
    """A fault of the sample. event: the mapped event at which it stands, None for the whole record."""

    where: str
    event: str | None
    column: str | None
    value: str | None
    reason: str


@dataclass(slots=True)
class Checked:
    """What a mapping makes of a sample.

    rows: records read. ignored: those in which no event's conditions hold. events, reasons: how many of each.
    faults: the first of them. examples: the first events of each type.
    """

    rows: int = 0
    ignored: int = 0
    events: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[Found] = field(default_factory=list)
    examples: dict[str, list[Proposal]] = field(default_factory=dict)

    @property
    def faulty(self) -> int:
        """How many faults there are."""
        return self.reasons.total()


def check(mapping_path: Path, sample: Path, sender_of: SenderOf = Sender) -> Checked:
    """The report of a mapping over a sample. Raises NoSuchFile, BadMapping."""
    checked, last = Checked(), None
    for element in read(sample, mapping=load(mapping_path), sender_of=sender_of):
        if element.where != last:
            last = element.where
            checked.rows += element.where != "header"
        _count(checked, element)
    return checked


def _count(checked: Checked, element: Element) -> None:
    if element.ignored:
        checked.ignored += 1
    elif element.proposal is not None:
        of = element.proposal.type
        checked.events[of] += 1
        if len(examples := checked.examples.setdefault(of, [])) < EXAMPLES:
            examples.append(element.proposal)
    elif element.fault is not None:
        checked.reasons[element.fault.word] += 1
        if len(checked.faults) < SHOWN:
            checked.faults.append(_found(element, element.context))


def _found(element: Element, context: Mapping[str, object]) -> Found:
    event = context.get("type")
    return Found(element.where, str(event) if event else None, element.column, element.value, str(element.fault))

"""One batch, one transaction: events, idempotency keys and the source's offset; an event on which the program fails takes no other with it."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from engine.erasures import carry_out
from engine.errors import Trouble
from engine.intake.batch import Batch
from engine.intake.bugs import bug
from engine.intake.element import Element, SenderOf, hints_of
from engine.intake.parking import Stories
from engine.intake.summary import Summary
from engine.privacy.keys import KeyFile
from engine.store.errors import StaleOffset
from engine.store.log import Log, Writing

NOT_THE_EVENTS = (
    Trouble,
    sqlite3.Error,
    OSError,
    MemoryError,
)  # faults of the environment: nothing goes into quarantine


class Step(NamedTuple):
    """A partition moves on. expected: where it stands in the log if nobody else has it; None: nowhere yet. reached: after the batch."""

    channel: str
    expected: int | None
    reached: int


@dataclass(frozen=True, slots=True)
class Portion:
    """Elements of one topic, in their order, and what is declared of their sources."""

    sender_of: SenderOf
    elements: Sequence[Element]


class Taking:
    """Takes batches into a log. also: what else is written in the transaction that moves the offsets."""

    def __init__(self, log: Log, keys: KeyFile, summary: Summary, also: Callable[[Writing], None]) -> None:
        self._log, self._keys, self._summary, self._also = log, keys, summary, also
        self._stories = Stories()

    def take(self, portions: Sequence[Portion], steps: Sequence[Step]) -> None:
        """All or nothing; of an element that this program fails on, only that one is kept aside.

        Raises StaleOffset where another worker has moved one of the partitions on; nothing is written then.
        """
        try:
            self._attempt(portions, steps, moves=True)
        except NOT_THE_EVENTS:
            raise
        except Exception as error:  # noqa: BLE001  # a bug of ours, met by some event: find that one
            self._apart(portions, steps, error)
            self._attempt((), steps, moves=True)

    def _apart(self, portions: Sequence[Portion], steps: Sequence[Step], error: Exception) -> None:
        """Take a batch in halves until the element is found on which the program fails. Offsets are compared each time."""
        elements = [(portion.sender_of, element) for portion in portions for element in portion.elements]
        if len(elements) == 1:
            sender_of, element = elements[0]
            self._attempt([Portion(sender_of, [_failed(element, sender_of, error)])], steps, moves=False)
            return
        for half in (elements[: len(elements) // 2], elements[len(elements) // 2 :]):
            grouped = groupby(half, lambda one: one[0])
            some = [Portion(sender_of, [element for _, element in of_one]) for sender_of, of_one in grouped]
            try:
                self._attempt(some, steps, moves=False)
            except NOT_THE_EVENTS:
                raise
            except Exception as inner:  # noqa: BLE001  # it is in this half
                self._apart(some, steps, inner)

    def _attempt(self, portions: Sequence[Portion], steps: Sequence[Step], *, moves: bool) -> None:
        before = _kept(self._summary)
        erased: set[UUID] = set()
        try:
            with self._log.writing() as writing:
                _compare(writing, steps)
                for portion in portions:
                    batch = Batch(writing, self._keys, portion.sender_of, self._stories, self._summary)
                    batch.take(portion.elements)
                    erased |= batch.erased
                if erased:
                    self._keys.begin_erasing(dict.fromkeys(erased, writing.now))
                if moves:
                    for step in steps:
                        writing.track(step.channel, step.reached)
                    self._also(writing)
        except BaseException:
            _restore(self._summary, before)
            self._stories = Stories()  # what was remembered of this batch never happened
            raise
        if erased:
            carry_out(self._log, self._keys, erased)


def _compare(writing: Writing, steps: Sequence[Step]) -> None:
    """The fence: a worker whose partition has moved on under another one writes nothing."""
    for step in steps:
        if (known := writing.offset(step.channel)) != step.expected:
            raise StaleOffset(channel=step.channel, known=known, found=step.expected)


def _failed(element: Element, sender_of: SenderOf, error: Exception) -> Element:
    told = element.proposal
    hints = element.hints
    if told is not None:
        named = {"source": told.source, "id": told.id, "subject": told.subject, "type": told.type}
        hints = hints_of(named, sender_of(told.source))
    return Element(element.where, element.raw, element.context, fault=bug(error), hints=hints)


def _kept(summary: Summary) -> dict[str, Any]:
    values = ((one.name, getattr(summary, one.name)) for one in fields(Summary))
    return {name: dict(value) if isinstance(value, dict) else value for name, value in values}


def _restore(summary: Summary, kept: dict[str, Any]) -> None:
    for name, value in kept.items():
        setattr(summary, name, value)

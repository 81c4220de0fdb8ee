"""Intake: one path for every source. Understood events become facts, wait, or are kept with their reason, a batch a transaction."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from engine.erasures import carry_out
from engine.intake.batch import Batch
from engine.intake.element import Element
from engine.intake.parking import Stories
from engine.intake.quarantine import forget
from engine.intake.summary import Summary
from engine.intake.taking import Portion, Taking
from engine.portions import portions
from engine.privacy.keys import KeyFile
from engine.store.log import Log, Writing
from events.cloudevents import Sender

SIZE = 10_000


class Intake:
    """Takes elements into a log.

    sender_of: what is declared of a source, by its name. run: the id that the events of this intake carry.
    """

    def __init__(self, log: Log, keys: KeyFile, sender_of: Callable[[str | None], Sender], run: str) -> None:
        self._log, self._keys, self._sender_of, self._run = log, keys, sender_of, run
        self.orphans: set[UUID] = set()

    def take(
        self,
        elements: Iterable[Element],
        summary: Summary | None = None,
        channel: str | None = None,
        size: int | None = None,
    ) -> Summary:
        """Take them all in, in batches of `size`.

        summary: where to count on. channel: the name under which the source's offset (bytes) is kept, in the same
        transaction as its events.
        """
        summary = summary or Summary(self._run)
        reached = 0

        def remember(writing: Writing) -> None:
            if channel is not None and reached > (writing.offset(channel) or 0):
                writing.track(channel, reached)

        taking = Taking(self._log, self._keys, summary, also=remember)
        for batch in portions(elements, size or SIZE):
            reached = max((element.offset for element in batch if element.offset is not None), default=0)
            taking.take([Portion(self._sender_of, batch)], steps=())
        return summary

    def again(self, elements: Sequence[Element], entries: Sequence[int], summary: Summary | None = None) -> Summary:
        """Take in again what lies in quarantine; what can be taken leaves it in the same transaction.

        entries: for each element the number that it was read from.
        """
        summary = summary or Summary(self._run)
        with self._log.writing() as writing:
            batch = Batch(writing, self._keys, self._sender_of, Stories(), summary)
            batch.take(elements, entries)
            if batch.erased:
                self._keys.begin_erasing(dict.fromkeys(batch.erased, writing.now))
        if batch.erased:
            carry_out(self._log, self._keys, batch.erased)
        self.orphans |= batch.orphans
        return summary

    def forget(self) -> None:
        """Destroy the keys of entries that left quarantine by again() and were sealed with a key of their own."""
        if self.orphans:
            with self._log.writing() as writing:
                forget(writing, self._keys, self.orphans)
            self.orphans.clear()

    def release(self, streams: Collection[UUID], summary: Summary | None = None) -> Summary:
        """Try again what is parked of those leads."""
        summary = summary or Summary(self._run)
        with self._log.writing() as writing:
            Batch(writing, self._keys, self._sender_of, Stories(), summary).release(
                writing.numbers(list(streams)).values()
            )
        return summary

"""The log: the door to what is recorded. One file, any number of processes, one writer at a time."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pyarrow as pa

from engine import clock as machine
from engine.portions import portions
from engine.privacy.keys import KeyFile
from engine.store import arrow
from engine.store.errors import KeysOfAnotherLog, LogNewer, LogThere, NoLog, NotALog, ReadOnly, onward
from engine.store.factory import Factory
from engine.store.reading import Reading
from engine.store.rows import COLUMNS, SELECTED, Columns, Draft, Head, Name, Row
from engine.store.writing import Writing
from events.envelope import Recorded

__all__ = ["Draft", "Head", "Log", "Name", "Row", "Writing"]

APPLICATION = 0x4C4C4F47  # "LLOG"
FORMAT = 1
PAGE = 2_000  # rows a statement: no reader holds a transaction while somebody looks at what it gave


class Log:
    """An opened log."""

    def __init__(self, path: Path, keys: KeyFile, clock: Callable[[], int], *, read_only: bool) -> None:
        self.path, self.keys = path, keys
        self._factory = Factory(path, keys, clock, read_only=read_only)
        self._mapper = self._factory.mapper()
        self._recorder = self._factory.process_recorder()

    @classmethod
    def create(cls, path: Path | str, keys: KeyFile, clock: Callable[[], int] = machine.now) -> Self:
        """A new log for that key file. Raises LogThere; KeysOfAnotherLog where the key file has a log already."""
        path = Path(path).absolute()
        if keys.head().position:
            raise KeysOfAnotherLog(path=path, keys=keys.path)
        path.touch()
        log = cls(path, keys, clock, read_only=False)
        try:
            if log._count("sqlite_master"):
                raise LogThere(path=path)
            log._recorder.create_table()
        except NotALog:
            raise LogThere(path=path) from None
        return log

    @classmethod
    def open(
        cls, path: Path | str, keys: KeyFile, clock: Callable[[], int] = machine.now, read_only: bool = False
    ) -> Self:
        """The log at that place. read_only: works while others write, and on a read-only disk.

        Raises NoLog, NotALog, LogNewer, ReadOnly, KeysOfAnotherLog.
        """
        path = Path(path).absolute()
        if not path.is_file():
            raise NoLog(path=path)
        if not read_only and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise ReadOnly(path=path)
        log = cls(path, keys, clock, read_only=read_only)
        try:
            log._check()
        except BaseException:
            log.close()
            raise
        return log

    @property
    def id(self) -> str:
        """The log's own id; its key file has the same."""
        return self.keys.log_id

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """The exclusive transaction; commits at its end, rolls back whole on any exception.

        Waits for other writers up to a minute, then raises LogBusy. Raises LogCut where the log does not hold what its key
        file remembers.
        """
        with self._recorder.turn() as turn:
            yield Writing(turn, self._mapper, self.keys)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Several questions to one and the same state of the log, while others write."""
        with self._factory.datastore.transaction(commit=False) as cursor:
            yield Reading(cursor.sqlite_cursor, self._mapper)

    def head(self) -> Head:
        """Where the log stands."""
        with self.reading() as reading:
            return reading.stand()

    def hash_at(self, position: int) -> bytes | None:
        """The hash at a position; None where there is no such event."""
        with self.reading() as reading:
            return reading.hash_at(position)

    def lead_numbers(self, streams: Collection[UUID]) -> dict[UUID, int]:
        """The dense numbers of those leads that the log knows."""
        with self.reading() as reading:
            return reading.lead_numbers(streams)

    def streams(self, leads: Collection[int]) -> dict[int, UUID]:
        """The streams of those numbers."""
        with self.reading() as reading:
            return reading.streams(leads)

    def names(self, leads: Collection[int]) -> dict[int, Name]:
        """Who these leads are, as far as their keys live."""
        with self.reading() as reading:
            return reading.names(leads)

    def sources(self) -> list[str]:
        """The names of all sources that events came from."""
        return [name for (name,) in self._ask("SELECT name FROM source ORDER BY name", ())]

    def recorded(self, row: Row) -> Recorded:
        """A row decoded and, while its key lives, unsealed."""
        return self._mapper.recorded(row)

    def facts(self, rows: Iterable[Row]) -> Iterator[Recorded]:
        """Rows decoded and, while their keys live, unsealed; keys are looked up a page at a time."""
        for page in portions(rows, PAGE):
            yield from self._mapper.facts(page)

    def rows(
        self,
        after: int = 0,
        to: int | None = None,
        *,
        types: Collection[str] = (),
        lead: int | None = None,
        since: int | None = None,
        until: int | None = None,
        source: str | None = None,
        run: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Row]:
        """The rows by position, after `after` up to and with `to`. since, until: µs; occurred at or after, and before."""
        where, values = _filter(to, types, lead, since, until, source, run)
        key, place = ("version", 3) if lead else ("position", 0)  # of one lead both rise together, and its index serves
        reached, left = 0, limit
        while left is None or left > 0:
            page = self._ask(
                f"SELECT {SELECTED} FROM event WHERE {key} > ? AND position > ?{where} ORDER BY {key} LIMIT ?",
                (reached if lead else max(reached, after), after, *values, PAGE if left is None else min(PAGE, left)),
            )
            yield from map(Row.of, page)
            if left is not None:
                left -= len(page)
            if len(page) < PAGE:
                return
            reached = onward(self.path, reached, page[-1][place])

    def by_lead(self, types: Collection[str]) -> Iterator[Row]:
        """The rows of leads and of those types, one lead after the other, by position within each."""
        scarce = "InteractionLogged" not in types
        of_types = f"type IN ({', '.join('?' * len(types))})" + (" AND type <> 'InteractionLogged'" if scarce else "")
        table = "event INDEXED BY event_but_interactions" if scarce else "event"
        reached = (0, 0)
        while page := self._ask(
            f"SELECT {SELECTED} FROM {table} WHERE lead > 0 AND (lead, version) > (?, ?) AND {of_types}"
            " ORDER BY lead, version LIMIT ?",
            (*reached, *types, PAGE),
        ):
            yield from map(Row.of, page)
            reached = onward(self.path, reached, (page[-1][2], page[-1][3]))

    def first_events(self) -> Iterator[Row]:
        """The first row of each lead, by lead number."""
        reached = 0
        while page := self._ask(
            f"SELECT {', '.join(f'event.{column}' for column in COLUMNS)} FROM lead CROSS JOIN event"
            " ON event.lead > 0 AND event.lead = number AND version = 1 WHERE number > ? ORDER BY number LIMIT ?",
            (reached, PAGE),
        ):
            yield from map(Row.of, page)
            reached = onward(self.path, reached, page[-1][2])

    def count(
        self,
        after: int = 0,
        to: int | None = None,
        *,
        types: Collection[str] = (),
        lead: int | None = None,
        since: int | None = None,
        until: int | None = None,
        source: str | None = None,
        run: str | None = None,
    ) -> int:
        """How many rows rows() would give."""
        where, values = _filter(to, types, lead, since, until, source, run)
        return int(self._ask(f"SELECT count(*) FROM event WHERE position > ?{where}", (after, *values))[0][0])

    def page(self, after: int, size: int, to: int = 2**63 - 1) -> list[Columns]:
        """All columns of the next rows as they lie, up to and with `to`: what `verify` walks over."""
        page = self._ask(
            f"SELECT {SELECTED} FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
            (after, to, size),
        )
        if page:
            onward(self.path, after, page[-1][0])
        return page

    def lead_rows(self, after: int = -(2**63)) -> Iterator[tuple[int, bytes, bytes]]:
        """Table lead as it lies: number, stream, mark."""
        while page := self._ask(
            "SELECT number, stream, mark FROM lead WHERE number > ? ORDER BY number LIMIT ?", (after, PAGE)
        ):
            yield from page
            after = onward(self.path, after, page[-1][0])

    def batches(self, after: int, to: int) -> Iterator[pa.RecordBatch]:
        """The history's columns of the positions after `after` up to and with `to`."""
        return arrow.batches(self.path, self._ask, after, to)

    def events_of(
        self, leads: Collection[int], to: int, types: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The history's columns of the events of those leads up to and with `to`. types: only those; None for all."""
        return arrow.events_of(self.path, self._ask, leads, to, types)

    def general(self, to: int) -> Iterator[pa.RecordBatch]:
        """The history's columns of the events up to and with `to` that concern no lead, or join several."""
        return arrow.general(self.path, self._ask, to)

    def close(self) -> None:
        """Let go of the file; the key file stays open."""
        self._factory.close()

    def _ask(self, sql: str, parameters: tuple[Any, ...]) -> list[Columns]:
        with self.reading() as reading:
            return reading.execute(sql, parameters).fetchall()

    def _count(self, table: str) -> int:
        return int(self._ask(f"SELECT count(*) FROM {table}", ())[0][0])

    def _check(self) -> None:
        if self._ask("PRAGMA application_id", ())[0][0] != APPLICATION:
            raise NotALog(path=self.path)
        found = self._ask("PRAGMA user_version", ())[0][0]
        if found > FORMAT:
            raise LogNewer(path=self.path, found=found, known=FORMAT)
        if self._ask("SELECT id FROM log", ()) != [(self.keys.log_id,)]:
            raise KeysOfAnotherLog(path=self.path, keys=self.keys.path)


def _filter(
    to: int | None,
    types: Collection[str],
    lead: int | None,
    since: int | None,
    until: int | None,
    source: str | None,
    run: str | None,
) -> tuple[str, list[Any]]:
    """The conditions that were asked for, and their values."""
    asked: list[tuple[str, Collection[Any]]] = [
        (condition, (value,))
        for condition, value in (
            ("position <= ?", to),
            ("lead > 0 AND lead = ?" if lead else "lead = ?", lead),
            ("occurred_at >= ?", since),
            ("occurred_at < ?", until),
            ("source = ?", source),
            ("run = ?", run),
        )
        if value is not None
    ]
    if types:
        asked.append((f"type IN ({', '.join('?' * len(types))})", types))
    return "".join(f" AND {condition}" for condition, _ in asked), [value for _, values in asked for value in values]

"""The log: the door to what is recorded. One file, any number of processes, one writer at a time."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from engine import clock as machine
from engine.privacy.keys import KeyFile
from engine.store import arrow
from engine.store.datastore import Datastore
from engine.store.errors import KeysOfAnotherLog, LogNewer, LogThere, NoLog, NotALog, ReadOnly
from engine.store.mapper import Mapper
from engine.store.reading import Reading
from engine.store.recorder import Recorder
from engine.store.rows import SELECTED, Columns, Draft, Head, Name, Row
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
        self._datastore = Datastore(path, read_only=read_only)
        self._mapper = Mapper(keys)
        self._recorder = Recorder(self._datastore, clock, keys)

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
        with self._datastore.transaction(commit=False) as cursor:
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

    def recorded(self, row: Row) -> Recorded:
        """A row decoded and, while its key lives, unsealed."""
        return self._mapper.recorded(row)

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
            page = self._page(
                f"SELECT {SELECTED} FROM event WHERE {key} > ? AND position > ?{where} ORDER BY {key} LIMIT ?",
                (reached if lead else max(reached, after), after, *values, PAGE if left is None else min(PAGE, left)),
            )
            yield from map(Row.of, page)
            if left is not None:
                left -= len(page)
            if len(page) < PAGE:
                return
            reached = page[-1][place]

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
        return int(self._page(f"SELECT count(*) FROM event WHERE position > ?{where}", (after, *values))[0][0])

    def pages(self, after: int = 0, size: int = 10_000) -> Iterator[list[Columns]]:
        """All columns as they lie, by position: what `verify` walks over."""
        while page := self._page(
            f"SELECT {SELECTED} FROM event WHERE position > ? ORDER BY position LIMIT ?", (after, size)
        ):
            yield page
            after = page[-1][0]

    def batches(self, after: int, to: int) -> Iterator[pa.RecordBatch]:
        """The history's columns of the positions after `after` up to and with `to`."""
        return arrow.batches(self._page, after, to)

    def close(self) -> None:
        """Let go of the file; the key file stays open."""
        self._datastore.close()

    def _page(self, sql: str, parameters: tuple[Any, ...]) -> list[Columns]:
        with self.reading() as reading:
            return reading.execute(sql, parameters).fetchall()

    def _count(self, table: str) -> int:
        return int(self._page(f"SELECT count(*) FROM {table}", ())[0][0])

    def _check(self) -> None:
        if self._page("PRAGMA application_id", ())[0][0] != APPLICATION:
            raise NotALog(path=self.path)
        found = self._page("PRAGMA user_version", ())[0][0]
        if found > FORMAT:
            raise LogNewer(path=self.path, found=found, known=FORMAT)
        if self._page("SELECT id FROM log", ()) != [(self.keys.log_id,)]:
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

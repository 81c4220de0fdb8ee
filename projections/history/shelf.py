"""The shelf: tables that were computed from a log and may be needed again. Disposable like the segments beside them."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from projections.database import literal
from projections.history.reader import LogReader
from projections.history.segments import MARK, only_writer

NAME = re.compile(r"([a-z0-9-]+)\.(\d{12})\.([a-z_]+)\.parquet")
QUICK = "FORMAT parquet, COMPRESSION lz4, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 100"  # written at three fifths of zstd's cost
ROOM = 48  # sets that are kept: a weekly report asks some 18 views, which rest on a dozen steps of two layers; with less, what is kept
# first would be swept by what is kept last, and each week all would be computed anew


@dataclass(frozen=True, slots=True)
class Kept:
    """Tables as they were at a position of the log: their files by name."""

    position: int
    files: Mapping[str, Path]


class Shelf:
    """Sets of tables of one log, each under a key that says what was computed.

    A file says in its metadata which log, position and hash it is of. What does not agree, or lacks a table, is not there.
    """

    def __init__(self, folder: Path, reader: LogReader) -> None:
        self._folder, self._reader = folder, reader

    def newest(self, key: str, tables: Sequence[str], head: int) -> Kept | None:
        """The set that is the nearest to the head; None where there is none. What is found counts as used now."""
        positions = {int(name[2]) for name in self._names() if name[1] == key and int(name[2]) <= head}
        for position in sorted(positions, reverse=True):
            kept = Kept(position, {table: self._path(key, position, table) for table in tables})
            if all(self._is_ours(key, position, path) for path in kept.files.values()):
                with suppress(OSError):  # a read-only disk, or gone meanwhile
                    for path in kept.files.values():
                        os.utime(path)
                return kept
        return None

    def put(
        self, connection: duckdb.DuckDBPyConnection, key: str, position: int, tables: Mapping[str, str]
    ) -> Kept | None:
        """Keeps these tables, and sweeps what is no longer needed; where that cannot be, nothing happens and None is given.

        tables: what is selected from in that database, by the name under which it is kept.
        """
        mark = self._mark(key, position)
        files = {table: self._path(key, position, table) for table in tables}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with only_writer(self._folder, wait=False) as alone:
                if alone and mark is not None:
                    for table, source in tables.items():
                        self._write(connection, files[table], source, mark)
                    self._sweep(key)
                    return Kept(position, files)
        except (OSError, duckdb.IOException):
            return None  # a read-only or full disk is no reason not to answer
        return None

    def _write(self, connection: duckdb.DuckDBPyConnection, path: Path, source: str, mark: str) -> None:
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            connection.execute(
                f"COPY {source} TO {literal(partial)} ({QUICK}, KV_METADATA {{{MARK}: {literal(mark)}}})"
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _sweep(self, key: str) -> None:
        """Removes what is older than the two newest sets of that key (somebody may be reading the other one), those of other keys
        that were not used for the longest time, beyond the room there is, and what a killed writer left.
        """
        sets: dict[tuple[str, str], list[Path]] = {}
        for name in self._names():
            sets.setdefault((name[1], name[2]), []).append(self._folder / name[0])
        older = sorted(of for of in sets if of[0] == key)[:-2]
        others = sorted((of for of in sets if of[0] != key), key=lambda of: max(map(_age, sets[of])))
        for of in [*older, *others[ROOM - 1 :]]:
            for path in sets[of]:
                path.unlink(missing_ok=True)
        for partial in self._folder.glob("*.partial"):
            partial.unlink(missing_ok=True)

    def _names(self) -> list[re.Match[str]]:
        try:
            return [name for path in self._folder.iterdir() if (name := NAME.fullmatch(path.name))]
        except OSError:
            return []

    def _path(self, key: str, position: int, table: str) -> Path:
        return self._folder / f"{key}.{position:012d}.{table}.parquet"

    def _is_ours(self, key: str, position: int, path: Path) -> bool:
        try:
            told = pq.read_metadata(path).metadata or {}
        except (OSError, pa.ArrowInvalid):
            return False
        mark = self._mark(key, position)
        return mark is not None and told.get(MARK.encode()) == mark.encode()

    def _mark(self, key: str, position: int) -> str | None:
        digest = self._reader.hash_at(position)
        return None if digest is None else f"{self._reader.id} {position} {digest.hex()} {key}"


def _age(path: Path) -> float:
    """Seconds; where another process removed it meanwhile, it is the oldest."""
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")

"""An attacker with the log's file in his hands: whatever he changes, `verify` finds it and says where."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from engine.errors import Trouble
from engine.intake.ingest import Ingestion, ingest
from engine.ledger.verify import verify
from engine.simulate import write
from engine.store.rows import COLUMNS
from engine.workspace import KEYS, Workspace

LOG = "log.db"
CHANGEABLE = [column for column in COLUMNS if column != "position"]


@dataclass
class Tampered:
    """changes: made, by kind. failures: those that were not found, or not named where they are. events: of the log."""

    changes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    events: int = 0


class Attacker:
    """A log, and copies of it on which something is done. seed: the same one does the same.

    log: a log that is there, or how many leads one has that is made for it.
    """

    def __init__(self, folder: Path, seed: int, log: Path | int) -> None:
        folder.mkdir(parents=True)
        self._random, self._folder, self._seed = Random(seed), folder, seed
        self._good, self._bad = log if isinstance(log, Path) else folder / "good", folder / "bad"
        if isinstance(log, int):
            sample = folder / "sample.ndjson"
            write(sample, log, seed)
            with closing(Workspace.init(self._good)) as here:
                ingest(here, Ingestion([str(sample)]))
        with closing(sqlite3.connect(self._good / LOG)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self.found = Tampered(events=database.execute("SELECT count(*) FROM event").fetchone()[0])

    def many_at_once(self, changes: int) -> None:
        """So many changes at random places, far enough apart that each is named by itself; the last event is cut off."""
        positions = self._random.sample(range(2, self.found.events - 3, 3), min(changes - 1, self.found.events // 4))
        self._copy()
        with closing(self._opened()) as file:
            file.execute("BEGIN")
            for position in positions:
                kind = self._random.choice(list(AMONG_MANY))
                AMONG_MANY[kind](self, file, position)
                self.found.changes[kind] += 1
            file.execute("DELETE FROM event WHERE position = ?", (self.found.events,))
            self.found.changes["tail cut"] += 1
            file.execute("COMMIT")
        named = self._named(len(positions) * 4)
        for position in sorted([*positions, self.found.events]):
            if not named & {position, position + 1}:
                self.found.failures.append(f"seed {self._seed}: the change at position {position} was not named")

    def one_at_a_time(self, changes: int) -> None:
        """So many single changes of every kind, each on a copy of its own."""
        for number in range(changes):
            self._copy()
            kind = list(KINDS)[number % len(KINDS)]
            expected = KINDS[kind](self)
            self.found.changes[kind] += 1
            try:
                named = self._named(10)
            except Trouble as trouble:  # it is not even opened: the sentence says so
                named = set() if str(trouble) else {0}
                expected = None
            if expected is not None and not (named & expected):
                self.found.failures.append(
                    f"seed {self._seed}, {kind}: expected one of {sorted(expected)[:4]}, named {sorted(named)[:4]}"
                )

    def _named(self, most: int) -> set[int]:
        """The positions that verify names; -1 for what is none."""
        with closing(Workspace.find(self._bad)) as here:
            return {-1 if flaw.position is None else flaw.position for flaw in verify(here.log, most=most).flaws}

    def _copy(self) -> None:
        shutil.rmtree(self._bad, ignore_errors=True)
        shutil.copytree(self._good, self._bad, ignore=shutil.ignore_patterns("history"))

    def _opened(self) -> sqlite3.Connection:
        """The file as whoever has it may change it: the triggers dropped."""
        file = sqlite3.connect(self._bad / LOG, isolation_level=None)
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("PRAGMA synchronous = OFF")
        return file

    def _any(self) -> int:
        return self._random.randint(2, self.found.events - 2)

    def _change_column(self, file: sqlite3.Connection, position: int) -> None:
        column = self._random.choice(CHANGEABLE)
        (value,) = file.execute(f"SELECT {column} FROM event WHERE position = ?", (position,)).fetchone()
        match value:
            case bytes() if value:
                at = self._random.randrange(len(value))
                other: object = value[:at] + bytes([value[at] ^ 1 << self._random.randrange(8)]) + value[at + 1 :]
            case int():
                other = value + self._random.randrange(1_000_000, 1_000_000_000)  # no other event's place
            case str():
                other = value + "x"
            case _:
                other = "not null"
        file.execute(f"UPDATE event SET {column} = ? WHERE position = ?", (other, position))

    def _swap(self, file: sqlite3.Connection, first: int, second: int | None = None) -> None:
        for old, new in ((first, -5), (second or first + 1, first), (-5, second or first + 1)):
            file.execute("UPDATE event SET position = ? WHERE position = ?", (new, old))

    def _delete(self, file: sqlite3.Connection, position: int) -> None:
        file.execute("DELETE FROM event WHERE position = ?", (position,))

    def _replace(self, file: sqlite3.Connection, position: int) -> None:
        """By another event of the log, with a key of its own."""
        other = self._random.choice((1, self.found.events - 1))
        self._put(file, position, file.execute("SELECT * FROM event WHERE position = ?", (other,)).fetchone())

    def _put(self, file: sqlite3.Connection, position: int, event: tuple[object, ...]) -> None:
        row = [position, *event[1:3], 1_000_000 + position, self._random.randbytes(16), *event[5:]]
        file.execute(f"INSERT OR REPLACE INTO event VALUES ({', '.join('?' * len(row))})", row)

    def column_changed(self) -> set[int]:
        position = self._any()
        with closing(self._opened()) as file:
            self._change_column(file, position)
        return {position, position + 1}

    def swapped(self) -> set[int]:
        first, second = sorted(self._random.sample(range(2, self.found.events - 1), 2))
        with closing(self._opened()) as file:
            self._swap(file, first, second)
        return {first}

    def deleted(self) -> set[int]:
        position = self._any()
        with closing(self._opened()) as file:
            self._delete(file, position)
        return {position}

    def replaced(self) -> set[int]:
        position = self._any()
        with closing(self._opened()) as file:
            self._replace(file, position)
        return {position}

    def put_in(self) -> set[int]:
        position = self._any()
        with closing(self._opened()) as file:
            row = file.execute("SELECT * FROM event WHERE position = ?", (position,)).fetchone()
            file.execute("UPDATE event SET position = -position WHERE position > ?", (position,))
            file.execute("UPDATE event SET position = 1 - position WHERE position < 0")
            self._put(file, position + 1, row)
        return {position + 1}

    def cut(self) -> set[int]:
        left = self._any()
        with closing(self._opened()) as file:
            file.execute("DELETE FROM event WHERE position > ?", (left,))
        return {left + 1}

    def head_of_the_keys(self) -> set[int] | None:
        """The remembered head is another one: the end of the log no longer fits it."""
        with closing(sqlite3.connect(self._bad / KEYS, isolation_level=None)) as file:
            if self._random.random() < 0.5:
                file.execute("UPDATE log SET hash = ?, announced = NULL", (self._random.randbytes(32),))
            else:
                file.execute(
                    "UPDATE log SET position = position + ?, announced = NULL", (self._random.choice((-3, -1, 1, 7)),)
                )
        return set(range(self.found.events - 3, self.found.events + 3))

    def byte_of_an_event(self) -> set[int] | None:
        """A byte in the pages of the file that hold events. None: SQLite refuses the file as it is then."""
        with closing(sqlite3.connect(self._bad / LOG)) as file:
            hashes = file.execute("SELECT hash, data FROM event WHERE position = ?", (self._any(),)).fetchone()
        content = bytearray((self._bad / LOG).read_bytes())
        at = content.find(hashes[0])
        content[at + self._random.randrange(len(hashes[0]))] ^= 1 << self._random.randrange(8)
        (self._bad / LOG).write_bytes(bytes(content))
        return set(range(1, self.found.events + 2))


KINDS = {
    "column changed": Attacker.column_changed,
    "two swapped": Attacker.swapped,
    "deleted": Attacker.deleted,
    "replaced": Attacker.replaced,
    "put in": Attacker.put_in,
    "tail cut": Attacker.cut,
    "key file's head": Attacker.head_of_the_keys,
    "byte of the file": Attacker.byte_of_an_event,
}
AMONG_MANY: Mapping[str, Callable[[Attacker, sqlite3.Connection, int], None]] = {
    "column changed": Attacker._change_column,
    "two swapped": Attacker._swap,
    "deleted": Attacker._delete,
    "replaced": Attacker._replace,
}

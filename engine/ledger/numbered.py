"""Table `lead` in memory, 16 bytes a lead: which stream has which number."""

from eventsourcing.persistence import PersistenceError

from engine.store.errors import LogDamaged
from engine.store.log import Log

STREAM = 16  # bytes
BEFORE_ALL = -(2**63)


class Numbered:
    """The table as it lay when it was read; read on where an event names a lead that came later."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._streams = bytearray()  # of the leads 1, 2, 3, … as long as none is missing
        self._others: dict[int, bytes] = {}
        self._reached = BEFORE_ALL
        self._readable = True
        self._read_on()

    def has(self, number: int, stream: bytes) -> bool:
        """Whether that lead's number belongs to that stream; every one does where the table cannot be read."""
        if self._is(number, stream) or not self._readable:
            return True
        return not self.knows(number) and self._read_on() and self._is(number, stream)

    def knows(self, number: int) -> bool:
        """Whether the table has that number."""
        return number in self._others or (isinstance(number, int) and 0 < number <= len(self._streams) // STREAM)

    def _is(self, number: int, stream: bytes) -> bool:
        if isinstance(number, int) and 0 < number <= len(self._streams) // STREAM:
            return self._streams[(number - 1) * STREAM : number * STREAM] == stream
        return self._others.get(number) == stream

    def _read_on(self) -> bool:
        """Read what came since; whether there was anything."""
        before = self._reached
        try:
            for number, stream, _ in self._log.lead_rows(before):
                self._reached = number
                follows = number == len(self._streams) // STREAM + 1
                if follows and isinstance(stream, bytes) and len(stream) == STREAM:
                    self._streams += stream
                else:
                    self._others[number] = stream
        except (LogDamaged, PersistenceError):
            self._readable = False
        return self._reached > before

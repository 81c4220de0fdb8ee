"""The workspace: a folder with leadlog.toml, the log, its keys and its history."""

import os
import sqlite3
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from engine.clock import now
from engine.erasures import settle
from engine.errors import BadSettings, FolderUnwritable, NoWorkspace, WorkspaceThere
from engine.intake.quarantine import TABLE, Quarantine
from engine.kafka.settings import KafkaSettings
from engine.privacy.keys import KeyFile
from engine.store.log import Log
from events.cloudevents import EARLIEST, Sender
from events.fields import CurrencyCode
from events.instants import Instant, zone_named
from projections.definitions import toml

SETTINGS, KEYS, HISTORY = "leadlog.toml", "keys.db", "history"
SIGNING, TREE = "signing.key", "tree.cache"
TEMPLATE = """\
# A leadlog workspace. docs/workspace.md lists all settings.
zone = "{zone}"          # periods are cut in it
currency = "{currency}"        # money is reported in it
store = "log.db"          # the log; its keys lie beside it in keys.db: back up both, apart from each other

# [source.crm]            # per source, all optional
# trusted = false         # true: decisions are recorded as they come (historical imports)
# archive = false         # true: may bring its own knowntime
# unknown = "quarantine"  # or "keep", "ignore": what becomes of unknown fields
# zone = "Europe/Berlin"  # of times without an offset
# earliest = 1990-01-01   # no earlier time is believed
"""


def _zone(name: str) -> str:
    return zone_named(name).key


Zone = Annotated[str, AfterValidator(_zone)]


class Settings(BaseModel):
    """One table of leadlog.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSettings(Settings):
    """What is declared of a source."""

    trusted: bool = False
    archive: bool = False
    unknown: Literal["quarantine", "keep", "ignore"] = "quarantine"
    zone: Zone | None = None
    earliest: date | None = None


class PrivacySettings(Settings):
    """Where erasures are written down."""

    erasures: str = "erasures.ndjson"


class KpiSettings(Settings):
    """KPIs of one's own."""

    file: str | None = None


class WorkspaceSettings(Settings):
    """leadlog.toml."""

    zone: Zone = "UTC"
    currency: CurrencyCode = "EUR"
    store: str = "log.db"
    source: dict[str, SourceSettings] = Field(default_factory=dict)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    kpi: KpiSettings = Field(default_factory=KpiSettings)


class Workspace:
    """An opened workspace.

    clock: µs of now; cases and tests bring their own.
    """

    def __init__(self, folder: Path, settings: WorkspaceSettings, clock: Callable[[], int] = now) -> None:
        self.folder, self.settings, self.clock = folder, settings, clock

    @classmethod
    def init(cls, folder: Path, zone: str = "UTC", currency: str = "EUR", clock: Callable[[], int] = now) -> Self:
        """Make a workspace in a folder, which may exist. Raises WorkspaceThere, FolderUnwritable, Fault for the zone."""
        if (folder / SETTINGS).exists():
            raise WorkspaceThere(folder=folder)
        settings = _validated({"zone": zone, "currency": currency}, "leadlog init")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            keys = KeyFile.create(folder / KEYS)
            log = Log.create(folder / settings.store, keys, clock)
            with log.writing() as writing:
                for statement in TABLE:
                    writing.execute(statement)
            log.close()
            keys.close()
            (folder / SETTINGS).write_text(TEMPLATE.format(zone=zone, currency=currency), encoding="utf-8")
        except OSError as error:
            raise FolderUnwritable(folder=folder, cause=error.strerror or error) from None
        return cls(folder, settings, clock)

    @classmethod
    def find(cls, named: Path | None = None, clock: Callable[[], int] = now) -> Self:
        """The workspace that is named, else that of LEADLOG_WORKSPACE, else the one around the current folder."""
        environment = os.environ.get("LEADLOG_WORKSPACE")
        start = named or (Path(environment) if environment else None)
        candidates = [start] if start else [Path.cwd(), *Path.cwd().parents]
        for folder in candidates:
            if (folder / SETTINGS).is_file():
                return cls(folder, _read_settings(folder / SETTINGS), clock)
        raise NoWorkspace(folder=start or Path.cwd())

    @cached_property
    def keys(self) -> KeyFile:
        """The key file beside the log."""
        return KeyFile.open(self.folder / KEYS, self.erasures, self.clock)

    @cached_property
    def log(self) -> Log:
        """The log; on a read-only disk for reading alone. Raises ErasuresUndone where an older copy was put back."""
        log = self.unsettled()
        try:
            settle(log, self.keys)
        except BaseException:
            log.close()
            raise
        return log

    def unsettled(self) -> Log:
        """The log as it lies, whether or not whoever was erased is erased in it; the caller closes it."""
        path = self.folder / self.settings.store
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        return Log.open(path, self.keys, self.clock, read_only=path.is_file() and not writable)

    @property
    def erasures(self) -> Path:
        """The file of the list of erasures: beside the log unless the settings name a better place."""
        return (self.folder / self.settings.store).parent / self.settings.privacy.erasures

    @property
    def history(self) -> Path:
        """The folder of the derived segments; may be deleted at any time."""
        return self.folder / HISTORY

    @property
    def kpis(self) -> Path | None:
        """The file of the workspace's own KPIs."""
        return None if self.settings.kpi.file is None else self.folder / self.settings.kpi.file

    @property
    def zone(self) -> ZoneInfo:
        """The reporting zone."""
        return ZoneInfo(self.settings.zone)

    def sender_of(self, source: str | None) -> Sender:
        """What is declared of a source; the defaults where nothing is."""
        declared = self.settings.source.get(source or "")
        if declared is None:
            return Sender(source, days=self.zone)
        zone = ZoneInfo(declared.zone) if declared.zone else None
        earliest = Instant.of_day(declared.earliest, ZoneInfo("UTC")).start if declared.earliest else EARLIEST
        return Sender(
            source, zone, None, declared.trusted, declared.archive, earliest, declared.unknown, zone or self.zone
        )

    @contextmanager
    def quarantine(self) -> Iterator[Quarantine]:
        """What lies in quarantine, for reading."""
        with self.log.reading() as reading:
            yield Quarantine(reading, self.keys)

    @contextmanager
    def copied(self) -> Iterator[Self]:
        """A copy of log and keys in a folder that is gone afterwards: for trying what would become of something."""
        self.log.head()  # an older copy that was put back is no more tried than it is opened
        with tempfile.TemporaryDirectory(prefix="leadlog-dry-") as folder:
            copy_of_this = type(self)(Path(folder), self.settings, self.clock)
            copy_of_this.keys = self.keys.in_memory()  # no file outside the workspace ever holds a key
            with (
                closing(sqlite3.connect(self.folder / self.settings.store)) as source,
                closing(sqlite3.connect(Path(folder) / self.settings.store)) as copy,
            ):
                source.backup(copy)
            try:
                yield copy_of_this
            finally:
                copy_of_this.close()

    def close(self) -> None:
        """Close what was opened."""
        for opened in ("log", "keys"):
            if opened in self.__dict__:
                self.__dict__.pop(opened).close()


@contextmanager
def opened(named: Path | None = None, clock: Callable[[], int] = now) -> Iterator[Workspace]:
    """The workspace, closed again afterwards."""
    workspace = Workspace.find(named, clock)
    try:
        yield workspace
    finally:
        workspace.close()


def _read_settings(file: Path) -> WorkspaceSettings:
    try:
        return _validated(toml.loads(file.read_text(encoding="utf-8")), str(file))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(file=file, fault=f"is no TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(file=file, fault=f"cannot be read: {error}") from None


def _validated(values: dict[str, Any], file: str) -> WorkspaceSettings:
    try:
        return WorkspaceSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = (
            f" (known are {', '.join(WorkspaceSettings.model_fields)})" if first["type"] == "extra_forbidden" else ""
        )
        raise BadSettings(file=file, fault=f"{where}: {first['msg'].removeprefix('Value error, ')}{known}") from None

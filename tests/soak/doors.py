"""The doors through which bytes come in: every reader, every mapping, and every file that people write for the program."""

import gzip
import io
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from engine.cases.case import load as load_case
from engine.cases.runner import run
from engine.errors import Trouble
from engine.intake.ingest import Ingestion, ingest
from engine.intake.mapping import load as load_mapping
from engine.kafka.records import Content, Records
from engine.ledger.verify import verify
from engine.privacy.keys import KeyFile, Mark
from engine.simulate import portions
from engine.views import ask
from engine.workspace import SETTINGS, TEMPLATE, Workspace
from events.cloudevents import Sender
from events.faults import Fault
from projections.definitions.agreement import agreement
from projections.definitions.funnel_model import funnel_model
from projections.errors import QuestionError
from tests.soak.mutations import mutated, packed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"  # real exports, where a developer has them
MAPPINGS = ROOT / "examples" / "mappings"
CASES = ROOT / "tests" / "cases"
EXPORTS = {
    "olist-mql.toml": "olist/olist_marketing_qualified_leads_dataset.csv",
    "olist-deals.toml": "olist/olist_closed_deals_dataset.csv",
    "maven.toml": "maven/sales_pipeline.csv",
    "xeducation.toml": "xeducation/Lead_Scoring.csv",
    "bpic2012.toml": "bpic2012/bpic2012.csv.gz",
    "helpdesk-xes.toml": "helpdesk.xes.gz",
}
REFUSED = (Trouble, Fault, QuestionError)
BEGINNING = 6_000  # bytes of an export
COLUMNS = (
    "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND NOT t.wr"
)
OLD = 300  # examples after which a log is begun anew

Trying = Callable[[bytes, Random, Path], None]


@dataclass(frozen=True)
class Door:
    """name: of it. samples: good content. trying: lets content in, mutated; what it raises beside a refusal is a failure."""

    name: str
    samples: Sequence[bytes]
    trying: Trying


class Intake:
    """A workspace into which files are taken: whatever is read is counted, and lies in the log or in quarantine."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._taken = folder, 0

    def __call__(self, content: bytes, name: str, mapping: Path | None = None, kind: str | None = None) -> None:
        """Take a file in. Raises AssertionError where something is lost without being counted."""
        place = self._folder / f"workspace-{self._taken // OLD}"
        self._taken += 1
        file = self._folder / name
        file.write_bytes(content)
        with closing(Workspace.find(place) if place.exists() else Workspace.init(place)) as here:
            before = here.log.head().position
            told = ingest(here, Ingestion([str(file)], mapping, "fuzz", kind))  # type: ignore[arg-type]  # one of its words
            assert here.log.head().position - before == told.recorded
            fresh = told.recorded - told.released
            assert told.read == fresh + told.known + told.repeats + told.parked + told.quarantined + told.ignored, told
            with here.quarantine() as quarantine:
                assert quarantine.of_run(told.run) == told.left
                assert told.left >= bool(told.quarantined)


def _taking(name: str, mapping: str | None = None, kind: str | None = None) -> Trying:
    intakes: dict[Path, Intake] = {}

    def trying(content: bytes, random: Random, folder: Path) -> None:
        taken = intakes.setdefault(folder, Intake(folder))
        taken(packed(content, random), name, MAPPINGS / mapping if mapping else None, kind)

    return trying


def _mapping(content: bytes, random: Random, folder: Path) -> None:
    file = folder / "mapping.toml"
    file.write_bytes(mutated(content, random))
    found = load_mapping(file)
    if found.file.event:
        Intake(folder)(b'Nr,Tag\n1,2026-03-02\n"2', "table.csv", file)


def _settings(content: bytes, random: Random, folder: Path) -> None:
    place = folder / "settings"
    place.mkdir(exist_ok=True)
    (place / SETTINGS).write_bytes(mutated(content, random))
    here = Workspace.find(place)
    for source in ("crm", "web", None):
        here.sender_of(source)
    assert here.zone.key


def _case(content: bytes, random: Random, folder: Path) -> None:
    file = folder / "case.yaml"
    file.write_bytes(mutated(content, random))
    run(load_case(file))


def _model(content: bytes, random: Random, folder: Path) -> None:
    file = folder / "model.toml"
    file.write_bytes(mutated(content, random))
    funnel_model(str(file))


def _agreement(content: bytes, random: Random, folder: Path) -> None:
    file = folder / "agreement.toml"
    file.write_bytes(mutated(content, random))
    agreement(file)


def _record(content: bytes, random: Random, folder: Path) -> None:
    kind = random.choice(
        (b"application/json", b"application/cloudevents+json", b"application/cloudevents-batch+json", b"\xff")
    )
    headers = [
        (name, mutated(value, random) if random.random() < 0.3 else value)
        for name, value in (
            ("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"crm"), ("ce_type", b"LeadCaptured"),
            ("ce_subject", b"L"), ("ce_time", b"2026-03-02"), ("content-type", kind),
        )
        if random.random() < 0.8
    ]  # fmt: skip
    records = Records(Sender, batch=random.random() < 0.3)
    value = None if random.random() < 0.02 else mutated(content, random)
    for element in records.of_content(Content(value, headers, random.choice((None, b"k", b"\xff"))), "leads[0]@1"):
        assert (element.proposal is None) != (element.fault is None)


def _keys(content: bytes, random: Random, folder: Path) -> None:
    file = folder / "keys.db"
    for leftover in folder.glob("keys.db*"):
        leftover.unlink()
    file.write_bytes(mutated(content, random))
    with closing(KeyFile.open(file)) as keys:
        keys.heads()
        keys.begun()
        keys.everyone_erased()


class Store:
    """A workspace whose log has been changed under its hands: it is opened, verified and asked."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            with closing(Workspace.init(Path(name) / "made")) as here:
                file = Path(name) / "events.ndjson"
                file.write_bytes(b"".join(_sample()))
                ingest(here, Ingestion([str(file)], None, "fuzz", None))
            with closing(sqlite3.connect(here.folder / "log.db")) as log:
                log.execute("PRAGMA journal_mode = DELETE")
            self.files = {file.name: file.read_bytes() for file in here.folder.iterdir() if file.is_file()}

    def __call__(self, content: bytes, random: Random, folder: Path) -> None:
        """Put the changed log beside the other files and read all of it."""
        place = folder / "workspace"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, own in self.files.items():
            (place / name).write_bytes(own)
        if random.random() < 0.5:
            (place / "log.db").write_bytes(mutated(content, random))
        else:
            self._change_a_value(place / "log.db", random)
        with closing(Workspace.find(place)) as here:
            verify(here.log)
            ask(here, "funnel", {})

    @staticmethod
    def _change_a_value(log: Path, random: Random) -> None:
        values = (None, random.choice((0, -1, 7, 2**63 - 1)), "x", random.randbytes(16), 0.5, '{"a": [1]}')
        with closing(sqlite3.connect(log, isolation_level=None)) as file, suppress(sqlite3.IntegrityError):
            table, column = random.choice(file.execute(COLUMNS).fetchall())
            where = "" if random.random() < 0.2 else f" WHERE rowid = {random.randrange(1, 30)}"
            file.execute(f"UPDATE {table} SET {column} = ?{where}", (random.choice(values),))


def doors() -> list[Door]:
    """All of them; those of real exports where these are."""
    return [*_readers(), *_exports(), *_written()]


def _readers() -> Iterator[Door]:
    lines = _sample()
    ndjson = b"".join(lines)
    yield Door("NDJSON", [ndjson, b"".join(lines[::3])], _taking("events.ndjson"))
    yield Door("a batch", [b"[" + b",".join(lines) + b"]"], _taking("events.json", kind="batch"))
    yield Door("a file of any kind", [ndjson, _table()], _taking("events"))
    yield Door("CSV of the contract's names", [_table()], _taking("events.csv"))
    yield Door("Parquet", [_parquet()], _taking("events.parquet"))
    yield Door("Parquet through a mapping", [_parquet()], _taking("deals.parquet", "maven.toml", "parquet"))
    yield Door("a record of Kafka", [lines[0], b"[" + b",".join(lines[:3]) + b"]", b'{"region": "r"}'], _record)
    examples = sorted((CASES / "intake").glob("*/*.csv"))
    yield Door("CSV as they come", [file.read_bytes() for file in examples], _taking("leads.csv"))
    webhooks = [file.read_bytes() for file in sorted(DATA.glob("webhooks/*/*.json"))]
    if webhooks:
        yield Door("what webhooks bring", webhooks, _taking("hook.json"))


def _exports() -> Iterator[Door]:
    for mapping, export in EXPORTS.items():
        if (DATA / export).is_file():
            content = (DATA / export).read_bytes()
            content = gzip.decompress(content) if export.endswith(".gz") else content
            name = Path(export).name.removesuffix(".gz")
            beginning = content[: content.index(b"\n", min(BEGINNING, len(content) - 1)) + 1]
            yield Door(f"an export through {mapping}", [beginning], _taking(name, mapping))
        else:
            yield Door(f"a table through {mapping}", [_table()], _taking("events.csv", mapping))


def _written() -> Iterator[Door]:
    yield Door("a mapping", [file.read_bytes() for file in sorted(MAPPINGS.glob("*.toml"))], _mapping)
    declared = b'[source.crm]\ntrusted = true\nunknown = "keep"\nzone = "UTC"\nearliest = 1990-01-01\n[kafka]\ngroup = "g"\n[[kafka.topic]]\nname = "leads"\n'
    yield Door("leadlog.toml", [TEMPLATE.format(zone="UTC", currency="EUR").encode() + declared], _settings)
    yield Door("a case", [file.read_bytes() for file in sorted(CASES.glob("[fls]*/*.yaml"))], _case)
    models = sorted((ROOT / "projections" / "definitions").glob("*.toml"))
    yield Door("a funnel model", [file.read_bytes() for file in models], _model)
    agreements = sorted((ROOT / "examples" / "agreements").glob("*.toml"))
    yield Door("an agreement", [file.read_bytes() for file in agreements], _agreement)
    yield Door("a key file", [_key_file()], _keys)
    store = Store()
    yield Door("a log", [store.files["log.db"]], store)


def _sample() -> list[bytes]:
    return bytes(next(iter(portions(3, 7, dirt=True))).text).splitlines(keepends=True)[:30]


def _table() -> bytes:
    return (
        b'id;time;type;subject;score;model\n1;2026-03-02;LeadScored;"L;1";7;"a ""b"""\n\n'
        b'2;2026-03-02T09:00:00+01:00;LeadScored;"L\n2";8;\n3;02.03.2026;LeadScored;L3;9;x\n'
    )


def _parquet() -> bytes:
    columns = {
        "id": ["1", "2"], "type": ["LeadScored", "LeadScored"], "subject": ["L1", "L2"], "time": ["2026-03-02", None],
        "score": [7, None], "opportunity_id": ["O1", "O2"], "engage_date": ["2026-03-02", "2026-03-03"], "deal_stage": ["Won", "Lost"],
        "account": ["A", None], "sales_agent": ["a", "b"], "product": ["p", "q"], "close_date": ["2026-03-05", None], "close_value": [7.5, None],
    }  # fmt: skip
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def _key_file() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        with closing(KeyFile.create(Path(name) / "keys.db")) as keys:
            keys.ensure([UUID(int=number) for number in range(20)])
            keys.erase([UUID(int=7)])
            keys.announce(Mark(0, bytes(32)), Mark(5, bytes(32)))
        return (Path(name) / "keys.db").read_bytes()


@contextmanager
def refusing() -> Iterator[None]:
    """A refusal in one sentence is what a door is for."""
    try:
        yield
    except REFUSED as refusal:
        assert str(refusal)

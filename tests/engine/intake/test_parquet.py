"""Parquet: typed columns become the same events as their texts would; nothing of a type is guessed."""

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.intake.again import parse_again
from events.cloudevents import Sender
from events.instants import Precision

BASE = {"id": ["1", "2"], "type": ["DealWon"] * 2, "subject": ["S1", "S2"], "opportunity": ["O"] * 2}
NINE = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
MAPPED = '[[event]]\ntype = "LeadCaptured"\nid = "{k}"\nsubject = "{k}"\ntime = "{day}"\n'


def file_of(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, write_page_checksum=True, row_group_size=1000)
    return file.getvalue()


def deals(**columns):
    told = {"time": pa.array([NINE] * 2, pa.timestamp("us", "Europe/Berlin"))}
    return file_of(**BASE | told | columns)


def outcome(element):
    return element.proposal or f"{element.fault.field} {element.fault.word}"


@pytest.mark.parametrize(
    ("times", "declared", "told"),
    [
        (pa.array([NINE] * 2, pa.timestamp("us", "Europe/Berlin")), "", "2026-03-02T09:00:00.123456Z"),
        (pa.array([1772442000123456999] * 2, pa.timestamp("ns", "UTC")), "", "2026-03-02T09:00:00.123456Z"),
        (pa.array([1772442000] * 2, pa.timestamp("s", "UTC")), "", "2026-03-02T09:00:00Z"),
        (pa.array([datetime(2026, 3, 2, 9)] * 2, pa.timestamp("ms")), "zone = 'Europe/Berlin'", "2026-03-02T08:00:00Z"),
        (pa.array([datetime(2026, 3, 2, 9)] * 2, pa.timestamp("ms")), "", "time zone"),
        (pa.array([datetime(2026, 3, 29, 2, 30)] * 2, pa.timestamp("ms")), "zone = 'Europe/Berlin'", "time time"),
        (pa.array([date(2026, 3, 2)] * 2), "", "2026-03-02"),
        (pa.array(["2026-03-02"] * 2).dictionary_encode(), "", "2026-03-02"),
        (pa.array([2**30] * 2, pa.int32()).cast(pa.date32()), "", "time range"),
        (pa.array([2**62] * 2, pa.timestamp("us", "UTC")), "", "time range"),
        (pa.array([1772442000] * 2), "", "time time"),
        (pa.array([None] * 2, pa.timestamp("us", "UTC")), "", "time time"),
    ],
)
def test_instants_and_days(taken, times, declared, told):
    first = outcome(taken(deals(time=times), declared)[0])
    assert (first if isinstance(first, str) else str(first.time)) == told


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (pa.array([Decimal("1234.50")] * 2, pa.decimal128(12, 3)), 123_450),
        (pa.array([Decimal("12.345")] * 2, pa.decimal128(12, 3)), "amount range"),
        (pa.array([12.5] * 2), 1_250),
        (pa.array([0.1] * 2, pa.float32()), 10),
        (pa.array([7] * 2, pa.uint64()), 700),
        (pa.array([float("nan")] * 2), "amount range"),
        (pa.array([float("inf")] * 2), "amount range"),
        (pa.array([1e300] * 2), "amount range"),
        (pa.array(["12.50"] * 2), 1_250),
        (pa.array([True] * 2), "amount range"),
    ],
)
@pytest.mark.parametrize("marks", ["", "decimal = '.'"])
def test_amounts(taken, amounts, told, marks):
    first = outcome(taken(deals(amount=amounts, currency=["EUR"] * 2), marks)[0])
    assert (first if isinstance(first, str) else first.data.amount) == told


def test_a_bad_cell_faults_its_row_alone(taken):
    subjects = pa.array([b"a\0b", b"ok"], pa.binary())
    first, second = taken(deals(subject=subjects))
    assert (outcome(first), second.proposal.subject) == ("subject nul", "ok")
    first, second = taken(deals(subject=pa.array([b"\xe4", b"ok"], pa.binary())))
    assert (outcome(first), second.proposal.subject) == ("subject encoding", "ok")


@pytest.mark.parametrize(
    ("content", "mapping", "told"),
    [
        (deals(amount=[[1], [2]]), None, "nest"),
        (file_of(k=[[1]], day=["2026-03-02"]), MAPPED, "nest"),
        (file_of(k=[1], days=["2026-03-02"]), MAPPED, "no column `day`"),
        (deals(companny=["x", "y"]), None, "neither an attribute nor a field"),
        (deals()[:-40], None, "no Parquet file"),
        (b"PAR1", None, "no Parquet file"),
        (gzip.compress(deals())[:-30], None, "header"),
    ],
)
def test_what_does_not_serve_reads_nothing_and_is_one_fault(taken, content, mapping, told):
    (element,) = taken(content, mapping, format="parquet")
    assert (element.where, element.fault.word) == ("header", "header")
    assert told in str(element.fault)


def test_lists_that_no_event_reads_do_no_harm(taken):
    (element,) = taken(file_of(k=[7], day=[date(2026, 3, 2)], tags=[["a"]]), MAPPED)
    assert (element.proposal.id, element.proposal.time.precision) == ("7", Precision.DAY)


def test_a_page_that_is_damaged_ends_the_file_with_one_fault(taken):
    many = 5000
    content = bytearray(file_of(k=[str(one) for one in range(many)], day=["2026-03-02"] * many))
    content[len(content) // 2] ^= 0xFF
    *good, last = taken(bytes(content), MAPPED)
    assert 0 < len(good) < many
    assert all(element.proposal for element in good)
    assert (last.fault.word, last.where) == ("encoding", f"row {len(good) + 1}")


def test_a_row_is_read_again_from_its_own_values(taken):
    first, _ = taken(deals(time=pa.array([datetime(2026, 3, 2, 9)] * 2, pa.timestamp("us"))))
    (again,) = parse_again(first.raw, first.context, lambda name: Sender(name, zone=ZoneInfo("Europe/Berlin")))
    assert str(again.proposal.time) == "2026-03-02T08:00:00Z"


@pytest.mark.parametrize("packed", [lambda content: content, gzip.compress])
def test_packed_or_not_it_is_told_by_its_content(taken, packed):
    assert [element.proposal.subject for element in taken(packed(deals()))] == ["S1", "S2"]

"""The history: typed columns, segments and the tail say the same, whatever happens to the files."""

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.base import BusinessEvent, LeadEvent
from events.personal import personal_fields
from events.registry import TYPES
from projections.asked import Asked
from projections.errors import UnreadableEvent
from projections.history import History, Moment, gathered, history, moment, segments
from projections.history.columns import COLUMNS
from projections.known import Known
from projections.views import ask
from tests.projections.fake_log import FakeLog


def filled(events: int = 25, log_id: str = "fake") -> FakeLog:
    log = FakeLog(log_id, size=4)
    for number in range(events):
        log.add(
            f"L{number % 5}",
            "LeadCaptured" if number < 5 else "InteractionLogged",
            f"2026-03-02T09:{number:02}:00Z",
            kind="call",
        )
    return log


def rows(of: History) -> list[tuple[Any, ...]]:
    with of.reading() as moment:
        moment.events()
        return moment.connection.sql("SELECT * FROM events ORDER BY position").fetchall()


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch):
    monkeypatch.setattr(segments, "FULL", 10)
    monkeypatch.setattr(history, "LONG_TAIL", 1000)


def test_segments_and_tail_hold_what_the_log_holds(tmp_path):
    log = filled(20)
    built = History.open(tmp_path, log)
    assert built.build().segments == 2
    for number in range(3):
        log.add("L9", "LeadScored", "2026-03-03T09:00:00Z", score=number)
    log.read.clear()
    assert rows(built) == rows(History.open(None, log))
    assert log.read[0] == (20, 23)  # no more than the tail was asked of the log
    status = built.status()
    assert (status.segments, status.covered, status.head, status.tail, status.strangers) == (2, 20, 23, 3, 0)


def test_columns_are_typed_and_null_is_not_absent():
    log = FakeLog()
    log.add("L1", "LeadCaptured", "2026-03-02", channel="null", region="north", sequence=7)
    log.add("L1", "LeadDetailsChanged", "2026-03-03T09:00:00Z", region=None, industry=None, owner='it\'s "quoted" ä')
    log.add("L1", "InteractionLogged", "2026-03-03T09:00:00Z", kind="call", minutes=5, automatic=True)
    log.add("L1", "DealWon", "2026-03-04T09:00:00Z", amount=2**62, currency="EUR")
    log.add("L1", "LeadsMerged", "2026-03-04T09:00:00Z", merged="L2")
    with History.open(None, log).reading() as moment:
        moment.events()
        found = moment.connection.sql(
            "SELECT lead, day, precision, sequence, channel, region, owner, cleared, minutes, automatic, amount, merged FROM events ORDER BY position"
        ).fetchall()
    none = (None,) * 5
    assert found == [
        (1, 20514, 1, 7, "null", "north", None, None, None, None, None, None),
        (1, None, 0, None, None, None, 'it\'s "quoted" ä', ["region", "industry"], None, None, None, None),
        (1, None, 0, None, None, None, None, None, 5, True, None, None),
        (1, None, 0, None, None, None, None, None, None, None, 2**62, None),
        (1, None, 0, *none[:5], None, None, None, 2),
    ]


@pytest.mark.parametrize("few", [3, 8, 1000])
@pytest.mark.parametrize("at_once", [1, 6, 1000])
def test_a_tail_is_read_whole_however_long_it_is_and_from_wherever_it_is_asked_for(monkeypatch, few, at_once):
    log = filled(25)
    expected = rows(History.open(None, log))
    monkeypatch.setattr(gathered, "FEW", few)
    monkeypatch.setattr(moment, "AT_ONCE", at_once)
    assert rows(History.open(None, log)) == expected
    with History.open(None, log).reading() as asked:
        for after in (20, 22, 6, 3):
            news = asked.connection.sql(f"FROM {asked.news(after)} ORDER BY position")
            assert news.fetchall() == expected[after:]


SAID = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["web", "null", "", "ä"]) | st.none(),
        "region": st.text(max_size=3),
        "owner": st.none(),
    },
)


@given(st.lists(SAID, min_size=1, max_size=40), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_event_says_its_own_however_many_say_the_same(tmp_path, told, built):
    log = FakeLog(size=7)
    for data in told:
        log.add("L1", "LeadDetailsChanged", "2026-03-02T09:00:00Z", **data)
    of = History.open(tmp_path if built else None, log)
    if built:
        of.build()
    with of.reading() as moment:
        moment.events()
        found = moment.connection.sql("SELECT channel, region, owner, cleared FROM events ORDER BY position").fetchall()
    of.drop()

    def cleared(data: dict[str, Any]) -> list[str] | None:
        names = [name for name in ("owner", "channel") if data.get(name, "") is None]
        return names or ([] if '"null"' in json.dumps(data) else None)

    assert found == [(data.get("channel"), data.get("region"), None, cleared(data)) for data in told]


def test_every_clear_field_of_the_vocabulary_has_a_column():
    others = {"from_": "from_currency", "to": "to_currency", "note": None}  # a note is shown with its lead only
    told = [of for of in TYPES.values() if issubclass(of, LeadEvent | BusinessEvent)]
    fields = {name for of in told for name in of.model_fields if name not in personal_fields(of)}
    assert {others.get(name, name) for name in fields} - set(COLUMNS) == {None}


def test_what_lies_inside_a_field_or_names_another_lead_has_a_column():
    log = FakeLog()
    log.add("L1", "LeadCaptured", "2026-03-02")
    log.add("L1", "ReferralMade", "2026-03-03", referred="L2")
    log.add("L1", "SubscriptionRenewed", "2026-03-04", recurring={"amount": "49.00", "every": "month"})
    log.add("L1", "LeadAssigned", "2026-03-05", owner="ann", candidates=[{"owner": "bob", "passed_over": "full"}])
    rate: dict[str, Any] = {"from": "USD", "to": "EUR", "rate": "0.92"}
    log.add("", "ExchangeRateSet", "2026-03-06", **rate)
    log.add("", "SlaAgreed", "2026-03-07", agreement={"name": "smarketing"})
    with History.open(None, log).reading() as moment:
        moment.events()
        found = moment.connection.sql(
            "SELECT referred, recurring, recurring_every, candidates, from_currency, to_currency, rate, agreement FROM events ORDER BY position"
        ).fetchall()
    assert found == [
        (None,) * 8,
        (2, *(None,) * 7),
        (None, "49.00", "month", *(None,) * 5),
        (None, None, None, '[{"owner":"bob","passed_over":"full"}]', *(None,) * 4),
        (*(None,) * 4, "USD", "EUR", "0.92", None),
        (*(None,) * 7, '{"name":"smarketing"}'),
    ]


def test_what_concerns_the_business_is_known_like_what_concerns_a_lead():
    log = FakeLog()
    log.add("L1", "LeadCaptured", "2026-03-02")
    log.add("", "QuotaSet", "2026-03-02", rep="ann", amount=100, currency="EUR", period="2026")
    log.add("", "QuotaSet", "2026-03-03", rep="bob", amount=200, currency="EUR", period="2026", run="wrong")
    log.add("", "QuotaSet", "2026-03-04", rep="cem", amount=300, currency="EUR", period="2026", run="late")
    log.add("", "RunRetracted", "2026-03-04")
    log.rows[-1]["data"] = '{"run": "wrong"}'

    def reps(as_of: int | None) -> list[tuple[str]]:
        with History.open(None, log).reading() as moment:
            return (
                Known(moment, as_of)
                .business()
                .sql("SELECT rep FROM business WHERE type = 'QuotaSet' ORDER BY position")
                .fetchall()
            )

    assert (reps(None), reps(log.rows[2]["recorded"])) == ([("ann",), ("cem",)], [("ann",), ("bob",)])


def test_a_short_segment_is_written_again_as_a_whole_one(tmp_path):
    log = filled(5)
    built = History.open(tmp_path, log)
    built.build()
    for number in range(12):
        log.add("L1", "LeadScored", "2026-03-03T09:00:00Z", score=number)
    assert built.build().segments == 2
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
        "000000000001-000000000010.parquet",
        "000000000011-000000000017.parquet",
    ]
    assert rows(built) == rows(History.open(None, log))


def test_a_long_tail_becomes_a_segment_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LONG_TAIL", 10)
    log = filled(25)
    of = History.open(tmp_path / "new", log)
    assert rows(of) == rows(History.open(None, log))
    assert (of.status().segments, of.status().covered) == (3, 25)


def test_a_file_that_another_process_removes_meanwhile_has_no_size(tmp_path):
    of = History.open(tmp_path, filled(10))
    of.build()
    (segment,) = segments.found(tmp_path)
    assert segment.size() > 0
    of.drop()
    assert segment.size() == 0


def test_progress_is_told(tmp_path):
    told: list[tuple[int, int]] = []
    History.open(tmp_path, filled(25)).build(lambda reached, head: told.append((reached, head)))
    assert told == [(10, 25), (20, 25), (25, 25)]


def test_many_short_segments_are_joined_when_the_next_one_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LONG_TAIL", 3)
    monkeypatch.setattr(history, "SHORT", 3)
    counts = []
    for events in range(3, 19, 3):
        asked = History.open(tmp_path, filled(events))
        assert rows(asked) == rows(History.open(None, filled(events)))
        counts.append(asked.status().segments)
    assert counts == [1, 2, 3, 2, 3, 4]  # the fourth time: a whole one of ten, and one of two


def test_dropped_segments_are_built_again(tmp_path):
    log = filled()
    of = History.open(tmp_path, log)
    of.build()
    assert (of.drop(), of.status().segments, of.drop()) == (3, 0, 0)
    assert of.build().covered == 25


def spoil_half_written(folder: Path) -> None:
    first = min(folder.glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:200])


def spoil_empty(folder: Path) -> None:
    max(folder.glob("*.parquet")).write_bytes(b"")


def spoil_by_another_log(folder: Path) -> None:
    other = filled(25, "another")
    other.rows[0]["type"] = "LeadScored"
    History.open(folder, other).build()


def spoil_by_an_older_history_of_the_log(folder: Path) -> None:
    """A log that was put back from a backup and went on otherwise."""
    other = filled(15)
    for number in range(10):
        other.add("L7", "LeadCaptured", "2026-03-04T09:00:00Z", channel=str(number))
    History.open(folder, other).build()


def spoil_by_an_older_layout(folder: Path) -> None:
    for path in folder.glob("*.parquet"):
        content = pq.read_table(path)
        pq.write_table(content.replace_schema_metadata({b"leadlog": b"fake 1 10 00 older"}), path)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_half_written,
        spoil_empty,
        spoil_by_another_log,
        spoil_by_an_older_history_of_the_log,
        spoil_by_an_older_layout,
    ],
)
def test_what_is_no_segment_of_this_log_is_not_read_and_built_again(tmp_path, spoil):
    log = filled(25)
    of = History.open(tmp_path, log)
    of.build()
    spoil(tmp_path)
    assert rows(of) == rows(History.open(None, log))
    assert of.status().strangers > 0
    status = of.build()
    assert (status.segments, status.covered, status.strangers) == (3, 25, 0)
    assert rows(of) == rows(History.open(None, log))


def test_segments_beyond_a_log_that_was_cut_are_not_read(tmp_path):
    log = filled(25)
    History.open(tmp_path, log).build()
    shorter = filled(12)
    assert rows(History.open(tmp_path, shorter)) == rows(History.open(None, shorter))


def test_what_a_killed_writer_left_is_swept(tmp_path):
    (tmp_path / ".000000000001-000000000010.77.partial").write_bytes(b"half")
    of = History.open(tmp_path, filled())
    of.build()
    assert list(tmp_path.glob(".*.partial")) == []


class Mortal(FakeLog):
    """A log whose reader is killed (-9) when it has read some of it."""

    def batches(self, after: int, to: int) -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(super().batches(after, to)):
            if number == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch


def _build_and_die(folder: Path) -> None:
    segments.FULL = 10
    History.open(folder, Mortal(**vars(filled(25)))).build()


def test_a_build_that_is_killed_is_taken_up_where_it_was(tmp_path):
    builder = multiprocessing.get_context("spawn").Process(target=_build_and_die, args=(tmp_path,))
    builder.start()
    builder.join(60)
    assert builder.exitcode == -signal.SIGKILL
    (whole,) = tmp_path.glob("*.parquet")
    (half,) = tmp_path.glob(".*.partial")
    assert (whole.name, half.name[:27]) == ("000000000001-000000000010.parquet", ".000000000011-000000000020.")
    log = filled(25)
    of = History.open(tmp_path, log)
    assert rows(of) == rows(History.open(None, log))
    log.read.clear()
    assert (of.build().segments, log.read) == (3, [(10, 25)])
    assert rows(of) == rows(History.open(None, log))
    assert not half.exists()


def test_all_segments_are_written_from_one_reading(tmp_path):
    log = filled(25)
    History.open(tmp_path, log).build()
    assert log.read == [(0, 25)]


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    log = filled()
    log.rows[12]["data"] = "{"
    with pytest.raises(UnreadableEvent):
        History.open(tmp_path, log).build()
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == ["000000000001-000000000010.parquet"]


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("InteractionLogged", '{"kind": "call"'),
        ("LeadsMerged", "{"),
        ("LeadsMerged", "{}"),
        ("LeadsMerged", '{"merged": "no stream"}'),
        ("LeadDetailsChanged", '{"region": null'),
    ],
)
def test_an_event_that_somebody_has_changed_is_told_with_the_way_to_find_it(type_, data):
    log = filled()
    log.rows[12] |= {"type": type_, "data": data}
    with pytest.raises(UnreadableEvent, match=r"an event of the log cannot be read .* `leadlog verify` names it"):
        rows(History.open(None, log))


def test_where_segments_cannot_be_written_the_tail_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LONG_TAIL", 10)
    log = filled()
    file = tmp_path / "a file, no folder"
    file.write_text("")
    assert rows(History.open(file / "history", log)) == rows(History.open(None, log))


def test_a_second_writer_does_not_wait_for_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LONG_TAIL", 10)
    log = filled()
    with segments.only_writer(tmp_path, wait=False) as alone:
        assert alone
        assert rows(History.open(tmp_path, log)) == rows(History.open(None, log))
    assert segments.found(tmp_path) == []


def test_what_went_away_under_a_reader_is_computed_again(tmp_path):
    log = filled(20)
    of = History.open(tmp_path, log)
    of.build()
    dropped: list[int] = []

    def compute(moment: Moment) -> int:
        moment.events()
        if not dropped:
            dropped.append(of.drop())
        return int(moment.connection.sql("SELECT count(*) FROM events").fetchall()[0][0]) + moment.head

    assert (of.answer(compute), dropped) == (40, [2])


def _build_and_read(folder: Path, results: "multiprocessing.Queue[int]") -> None:
    of = History.open(folder, filled(59))
    for _ in range(3):
        of.build()
        answer = ask("funnel", of, Asked.of({}), "UTC", lambda: 0)
        results.put(int(answer.rows[0]["entered"]))
        of.drop()


def test_several_processes_build_drop_and_read_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[int] = context.Queue()
    workers = [context.Process(target=_build_and_read, args=(tmp_path, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=60) for _ in range(6)]
    for worker in workers:
        worker.join(60)
    assert (answers, [worker.exitcode for worker in workers]) == ([5] * 6, [0, 0])

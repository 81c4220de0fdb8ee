"""Kept per-lead tables: an answer that goes on from them equals one computed in full, and nothing kept is ever believed wrongly."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import micros
from projections import known, steps
from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History, history, moment
from projections.history.shelf import NAME, Shelf
from projections.views import ask
from tests.projections import test_sla_reference as agreed
from tests.projections.fake_log import FakeLog
from tests.projections.test_funnel_reference import logs, options, questions


@contextmanager
def everything_is_kept(few: int = 5_000, share: int = 10, tail: int = 100_000) -> Iterator[Path]:
    """few: touched leads up to which their events are read from the log. share: of the log that may be new. tail: without a segment."""
    with (
        patch.object(steps, "WORTH", 0),
        patch.object(steps, "STALE", 0),
        patch.object(steps, "FEW", few),
        patch.object(known, "SHARE", share),
        patch.object(known, "ROUND", 2),
        patch.object(history, "LONG_TAIL", tail),
        tempfile.TemporaryDirectory() as folder,
    ):
        yield Path(folder)


# How news may come: a few, or a great part of the log, whose stories are found by a scan of the segments.
news = st.sampled_from(
    [{}, {"few": 0, "share": 1}, {"few": 0, "share": 1, "tail": 7}, {"few": 2, "share": 2, "tail": 3}]
)


def first(log: FakeLog, events: int) -> FakeLog:
    """The log as it was after so many events."""
    shorter = FakeLog(log.id, log.size, log.rows[:events], log.numbers)
    shorter.hashes = log.hashes[: events + 1]
    return shorter


def answer(folder: Path | None, log: FakeLog, asked: Asked) -> tuple[list[object], list[str]]:
    result = ask("funnel", History.open(folder, log), asked, "UTC", lambda: 0)
    return list(result.rows), list(result.notes)


@settings(max_examples=25)  # each asks up to five times
@given(log=logs(), question=questions(), cuts=st.lists(st.integers(0, 50), min_size=1, max_size=4), news=news)
def test_what_goes_on_from_kept_tables_equals_what_is_computed_in_full(log, question, cuts, news):
    asked = Asked.of(options(question))
    with everything_is_kept(**news) as folder:
        for cut in sorted(min(cut, len(log.rows)) for cut in cuts):
            answer(folder, first(log, cut), asked)
        assert answer(folder, log, asked) == answer(None, log, asked)


def verdicts(folder: Path | None, log: FakeLog, now: int) -> list[Any]:
    try:
        return list(ask("sla verdicts", History.open(folder, log), Asked(), "Europe/Berlin", lambda: now).rows)
    except QuestionError:  # nothing was agreed as yet
        return []


@settings(max_examples=15)
@given(log=agreed.logs(), now=agreed.instants, cuts=st.lists(st.integers(0, 50), min_size=1, max_size=3), news=news)
def test_verdicts_that_go_on_from_kept_tables_equal_those_in_full(log, now, cuts, news):
    with everything_is_kept(**news) as folder:
        for cut in sorted(min(cut, len(log.rows)) for cut in cuts):
            verdicts(folder, first(log, cut), now)
        assert verdicts(folder, log, now) == verdicts(None, log, now)


def test_where_nothing_is_new_the_kept_verdicts_stand_whatever_year_the_holidays_are_known_from():
    log = FakeLog()
    german = {"zone": "Europe/Berlin", "holidays": "DE-BY", "hours": agreed.OFFICE}  # known from 1991 on
    tiers = {"tier": [{"id": "all", "response": "1h"}]}
    told = {"name": "ours", "effective_from": "2026-01-01", "calendar": german, "sales": tiers}
    log.add("", "SlaAgreed", "2026-01-01", agreement=told)
    log.add("L1", "LeadHandedOff", "2026-03-02T09:00:00Z", handoff="H1")
    with everything_is_kept() as folder:
        first_time = verdicts(folder, log, micros(agreed.START))
        assert verdicts(folder, log, micros(agreed.START)) == first_time
        log.add("L2", "LeadCaptured", "2026-03-03T09:00:00Z")  # has no handoff
        assert verdicts(folder, log, micros(agreed.START)) == first_time
    assert [row["verdict"] for row in first_time] == ["breached"]


@pytest.mark.parametrize("view", ["handoffs", "handoffs unanswered", "wait", "wait journeys"])
@settings(max_examples=8)
@given(log=agreed.logs(), now=agreed.instants, cuts=st.lists(st.integers(0, 50), min_size=1, max_size=2), news=news)
def test_handoffs_and_waits_that_go_on_from_kept_tables_equal_those_in_full(view, log, now, cuts, news):
    def answered(folder: Path | None, log: FakeLog) -> list[Any]:
        return list(ask(view, History.open(folder, log), Asked(), "Europe/Berlin", lambda: now).rows)

    with everything_is_kept(**news) as folder:
        for cut in sorted(min(cut, len(log.rows)) for cut in cuts):
            answered(folder, first(log, cut))
        assert answered(folder, log) == answered(None, log)


def sample(events: int = 12, log_id: str = "fake") -> FakeLog:
    log = FakeLog(log_id)
    for number in range(events):
        log.add(
            f"L{number % 3}",
            ("LeadCaptured", "MarketingQualified", "LeadRecycled")[number % 3],
            f"2026-03-02T09:{number:02}:00Z",
        )
    return log


def kept(folder: Path) -> set[tuple[str, int]]:
    """Table and position of what lies there."""
    return {(name[3], int(name[2])) for path in folder.glob("kept/*") if (name := NAME.fullmatch(path.name))}


def test_only_what_is_new_and_what_it_touches_is_read():
    log = sample()
    with everything_is_kept() as folder:
        answer(folder, log, Asked())
        log.add("L1", "HandoffAccepted", "2026-03-03")
        log.read.clear()
        answer(folder, log, Asked())
        assert log.read == [(12, 13)]
        there = {(table, at) for table in ("milestone", "closing") for at in (12, 13)}
        assert kept(folder) == {*there, ("general", 12), ("replaced", 13)}


def test_a_small_log_keeps_nothing(tmp_path):
    answer(tmp_path, sample(), Asked())
    assert kept(tmp_path) == set()


def test_another_question_of_the_same_tables_finds_them_another_model_does_not():
    log = sample()
    with everything_is_kept() as folder:
        answer(folder, log, Asked())
        there = kept(folder)
        answer(folder, log, Asked.of({"period": "month", "basis": "period", "since": "2026-03-01"}))
        assert kept(folder) == there
        before = len(list(folder.glob("kept/funnel-*")))
        answer(folder, log, Asked.of({"model": "sales_funnel"}))
        answer(folder, log, Asked.of({"count": "strict"}))
        assert len(list(folder.glob("kept/funnel-*"))) == 3 * before


def spoil_half_written(folder: Path) -> None:
    for path in folder.glob("kept/*.milestone.parquet"):
        path.write_bytes(path.read_bytes()[:100])


def spoil_a_table(folder: Path) -> None:
    for path in folder.glob("kept/*.closing.parquet"):
        path.unlink()


def spoil_by_another_log(folder: Path) -> None:
    answer(folder, sample(10, "another"), Asked())
    for path in folder.glob("kept/*.000000000010.*"):
        path.rename(str(path).replace("000000000010", "000000000012"))


def spoil_by_an_older_history_of_the_log(folder: Path) -> None:
    """A log that was put back from a backup and went on otherwise."""
    other = sample(10)
    other.add("L9", "LeadCaptured", "2026-03-04")
    other.add("L9", "DealWon", "2026-03-04")
    for path in folder.glob("kept/*"):
        path.unlink()
    answer(folder, other, Asked())


@pytest.mark.parametrize(
    "spoil", [spoil_half_written, spoil_a_table, spoil_by_another_log, spoil_by_an_older_history_of_the_log]
)
def test_what_is_spoilt_or_strange_costs_time_and_no_number(spoil):
    log = sample()
    with everything_is_kept() as folder:
        answer(folder, log, Asked())
        spoil(folder)
        log.add("L1", "HandoffAccepted", "2026-03-03")
        assert answer(folder, log, Asked()) == answer(None, log, Asked())


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    file = tmp_path / "a file, no folder"
    file.write_text("")
    with everything_is_kept():
        assert answer(file / "history", sample(), Asked()) == answer(None, sample(), Asked())


def test_too_much_news_is_computed_in_full(monkeypatch):
    monkeypatch.setattr(known, "NEWS", 2)
    with everything_is_kept() as folder:
        answer(folder, sample(5), Asked())
        assert answer(folder, sample(), Asked()) == answer(None, sample(), Asked())
        assert {at for table, at in kept(folder) if table == "milestone"} == {5, 12}
        assert not any(table == "replaced" for table, _ in kept(folder))


def test_what_changed_later_is_kept_as_a_layer_of_its_own_until_it_is_much(monkeypatch):
    monkeypatch.setattr(known, "NEWS", 4)
    with everything_is_kept() as folder:
        for events in (12, 14, 16, 18):
            assert answer(folder, sample(events), Asked()) == answer(None, sample(events), Asked())
        whole = {name for path in folder.glob("kept/*.milestone.*") if "-on-" not in (name := path.name)}
        assert [name.split(".")[1] for name in sorted(whole)] == ["000000000012", "000000000018"]
        later = {path.name.split(".")[1] for path in folder.glob("kept/*-on-12.*.replaced.*")}
        assert later == {"000000000014", "000000000016"}


def test_many_touched_stories_are_found_once_for_all_steps(monkeypatch):
    monkeypatch.setattr(moment, "NEWS", 2)
    log = sample(20)
    with everything_is_kept(few=0, share=1, tail=5) as folder:
        for model in ("waterfall", "sales_funnel"):
            answer(folder, first(log, 12), Asked.of({"model": model}))
        for model in ("waterfall", "sales_funnel"):
            assert answer(folder, log, Asked.of({"model": model})) == answer(None, log, Asked.of({"model": model}))
        assert [path.name.split(".")[1] for path in folder.glob("kept/stories-*")] == ["000000000020"]


def test_where_the_stories_find_no_place_all_is_computed_again(monkeypatch):
    with everything_is_kept(few=0, share=1) as folder:
        answer(folder, sample(), Asked())
        with patch.object(Shelf, "put", return_value=None):
            assert answer(folder, sample(14), Asked()) == answer(None, sample(14), Asked())


def test_of_one_key_two_sets_are_kept_and_of_all_as_many_as_there_is_room(monkeypatch):
    monkeypatch.setattr("projections.history.shelf.ROOM", 3)
    monkeypatch.setattr(known, "NEWS", 0)  # everything is kept anew
    with everything_is_kept() as folder:
        for events in (6, 8, 10, 12):
            answer(folder, sample(events), Asked())
        assert {at for table, at in kept(folder) if table != "general"} == {10, 12}
        for model in ("sales_funnel", "buyers_journey"):
            answer(folder, sample(), Asked.of({"model": model}))
        assert len({path.name.split(".")[0] for path in folder.glob("kept/*.parquet")}) <= 3
        (folder / "kept" / "x.1.partial").write_text("")
        answer(folder, sample(13), Asked())
        assert not list(folder.glob("kept/*.partial"))


def test_dropping_the_history_drops_what_is_kept():
    with everything_is_kept() as folder:
        answer(folder, sample(), Asked())
        History.open(folder, sample()).drop()
        assert not list(folder.glob("kept/*"))

"""Erasure: the person is gone, the facts and the figures stay."""

import pytest

from engine.erasure import erase
from engine.errors import NoSuchLead, SeveralLeads
from engine.ledger.verify import verify
from engine.views import ask
from events.observations import LeadCaptured
from tests.engine.conftest import Desk, tell

MARKS = {"name": "mark-name-of-one", "email": "mark-mail@example.org", "phone": "+49 30 5550199"}


def story(desk: Desk) -> None:
    desk.take(
        tell("LeadCaptured", "2026-03-02T09:00:00Z", channel="web", **MARKS),
        tell("InteractionLogged", "2026-03-02T10:00:00Z", kind="call", direction="outbound", text="mark-text-of-one"),
        tell("MarketingQualified", "2026-03-03T09:00:00Z", tier="hot"),
        tell("LeadCaptured", "2026-03-02T09:00:00Z", "L2", channel="web", name="Another"),
        tell("BantAssessed", "2026-03-04T09:00:00Z", budget="yes", authority="no", need="yes", timeline="unknown"),
    )


def test_the_story_stays_with_the_person_gone(desk: Desk):
    story(desk)
    erased = erase(desk.workspace, "L1", request="DSR-17")
    told = ask(desk.workspace, "lead", {"lead": str(erased.streams[0])}).document()["rows"]
    assert [row["type"] for row in told] == [
        "LeadCaptured", "InteractionLogged", "MarketingQualified", "BantAssessed", "PersonErased",
    ]  # fmt: skip
    assert told[0]["channel"] == "web"
    assert not any(mark in str(told) for mark in (*MARKS.values(), "mark-text-of-one"))
    assert told[4]["request"] == "DSR-17"


def test_no_figure_moves_and_the_chain_is_whole(desk: Desk):
    story(desk)
    before = ask(desk.workspace, "funnel", {"by": "channel"}).document()["rows"]
    erase(desk.workspace, "L1")
    assert ask(desk.workspace, "funnel", {"by": "channel"}).document()["rows"] == before
    assert verify(desk.workspace.log).whole


def test_the_id_still_finds_the_lead_and_views_show_its_stream(desk: Desk):
    story(desk)
    stream = str(erase(desk.workspace, "crm/L1").streams[0])
    leads = {row["lead"] for row in ask(desk.workspace, "funnel.per_lead", {}).document()["rows"]}
    assert leads == {stream, "L2"}
    assert ask(desk.workspace, "lead", {"lead": "L1"}).rows


def test_a_second_erasure_says_so_and_records_nothing(desk: Desk):
    story(desk)
    first = erase(desk.workspace, "L1")
    second = erase(desk.workspace, "L1")
    assert (first.again, second.again, second.position) == (False, True, first.position)
    assert desk.types().count("PersonErased") == 1


def test_all_ids_merged_into_the_person_are_erased(desk: Desk):
    story(desk)
    desk.take(tell("LeadsMerged", "2026-03-05T09:00:00Z", "L1", merged="L2"))
    assert len(erase(desk.workspace, "L2").streams) == 2
    numbers = desk.workspace.log.names([1, 2])
    assert [name.subject for name in numbers.values()] == [None, None]


def test_an_erasure_told_by_a_stream_destroys_the_key_too(desk: Desk):
    story(desk)
    desk.take(tell("PersonErased", "2026-03-06T09:00:00Z"))
    assert desk.workspace.log.names([1])[1].subject is None


def test_new_events_of_an_erased_person_bring_nothing_personal_and_are_flagged(desk: Desk):
    story(desk)
    erase(desk.workspace, "L1")
    desk.take(tell("LeadCaptured", "2026-03-07T09:00:00Z", channel="fair", **MARKS))
    row = list(desk.workspace.log.rows())[-1]
    recorded = desk.workspace.log.recorded(row)
    assert (recorded.data, recorded.subject) == (LeadCaptured(channel="fair"), None)
    assert row.after_erasure
    assert verify(desk.workspace.log).whole


def test_what_was_sent_before_counts_as_known_after_the_erasure(desk: Desk):
    story(desk)
    erase(desk.workspace, "L1")
    assert desk.take(tell("LeadCaptured", "2026-03-02T09:00:00Z", channel="web", **MARKS)).known == 1


def test_quarantine_of_the_person_is_unreadable(desk: Desk):
    story(desk)
    desk.take(tell("LeadScored", "2026-03-02T10:00:00Z", score="mark-in-quarantine"))
    assert "mark-in-quarantine" in desk.reasons()[0]
    erase(desk.workspace, "L1")
    assert desk.reasons() == ["score: range"]


def test_no_mark_is_left_in_any_file_of_the_workspace(desk: Desk):
    story(desk)
    desk.take(tell("LeadScored", "2026-03-02T10:00:00Z", score="mark-in-quarantine"))
    erase(desk.workspace, "L1")
    desk.workspace.close()
    marks = [mark.encode() for mark in (*MARKS.values(), "mark-text-of-one", "mark-in-quarantine")]
    for file in desk.workspace.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(mark in content for mark in marks), file.name


def test_who_is_not_known_cannot_be_erased(desk: Desk):
    story(desk)
    with pytest.raises(NoSuchLead):
        erase(desk.workspace, "nobody")


def test_an_id_that_two_sources_have_must_be_told_exactly(desk: Desk):
    story(desk)
    desk.take(tell("LeadCaptured", source="web"))
    with pytest.raises(SeveralLeads, match=r"crm/L1, web/L1"):
        erase(desk.workspace, "L1")

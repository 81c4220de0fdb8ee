"""The dossier of one handoff: found by any of its names, the same in every form."""

import re

import pytest

from engine.dossier.dossier import dossier
from engine.dossier.labels import WORDS
from engine.dossier.rendering import page, text
from engine.ledger.errors import NoSuchHandoff, SeveralHandoffs
from tests.engine.conftest import Desk, tell
from tests.engine.test_handoff_view import agreed

__all__ = ["agreed"]
STORY = [
    tell("LeadCaptured", "2026-03-06T14:00:00+01:00", company="Bau AG", name="Erika"),
    tell("LeadScored", "2026-03-06T14:10:00+01:00", score=40),
    tell("LeadScored", "2026-03-06T14:20:00+01:00", score=85),
    tell("LeadHandedOff", "2026-03-07T15:00:00+01:00", handoff="H1", from_team="marketing", to_team="sales", actor="mkt:anna", note="bitte"),
    tell("LeadAssigned", "2026-03-09T08:00:00+01:00", owner="ben", rule="region <south>", rule_version="3",
         candidates=[{"owner": "carl", "passed_over": "away"}]),
    tell("InteractionLogged", "2026-03-09T09:40:00+01:00", kind="call", direction="outbound", actor="ae:ben"),
    tell("HandoffRejected", "2026-03-09T11:00:00+01:00", handoff="H1", reason="student", actor="ae:ben"),
    tell("InteractionLogged", "2026-03-10T09:40:00+01:00", kind="call", direction="outbound", actor="ae:ben"),
]  # fmt: skip


@pytest.fixture
def told(agreed: Desk) -> Desk:
    """A lead handed off on Saturday, called and rejected on Monday."""
    agreed.take(*STORY)
    return agreed


def test_what_it_tells(told):
    found = dossier(told.workspace, "H1", {})
    assert [(row["promise"], row["verdict"], row["due_at"]) for row in found.verdicts] == [
        ("response", "met", "2026-03-09T10:00:00+01:00")
    ]
    assert found.proof[-1]["part"] == "sum"
    assert [(event["part"], event["type"]) for event in found.events] == [
        ("before", "LeadScored"), ("handoff", "LeadHandedOff"), ("owner", "LeadAssigned"), ("contact", "InteractionLogged"),
        ("handoff", "HandoffRejected"),
    ]  # fmt: skip
    log = told.workspace.log
    assert [event["hash"] for event in found.events] == [
        (log.hash_at(event["position"]) or b"").hex() for event in found.events
    ]
    assert found.handoff["missing"] == ["bant.need", "phone"]
    assert "note" not in found.events[1]["data"]


@pytest.mark.parametrize("name", ["H1", "crm/H1", "L1/H1", "crm/L1/H1"])
def test_it_is_found_by_any_of_its_names(told, name):
    assert dossier(told.workspace, name, {}).handoff["lead"] == "L1"


def test_of_several_each_is_listed(told):
    told.take(tell("LeadCaptured", subject="L2"), tell("LeadHandedOff", "2026-03-07T15:00:00Z", "L2", handoff="H1"))
    with pytest.raises(SeveralHandoffs, match=r"L1 \(H1\), L2 \(H1\)"):
        dossier(told.workspace, "H1", {})
    assert dossier(told.workspace, "L2/H1", {}).handoff["lead"] == "L2"
    assert dossier(told.workspace, "H1", {"lead": "L2"}).handoff["lead"] == "L2"


def test_one_that_nobody_knows(told):
    with pytest.raises(NoSuchHandoff, match="H9"):
        dossier(told.workspace, "H9", {})


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_stands_alone(told, language):
    made = page(dossier(told.workspace, "H1", {}), language)
    assert f'<html lang="{language}">' in made
    assert not re.search(r"<script|<link|<img|https?:|url\(|@import", made)
    assert "region &lt;south&gt;" in made
    assert WORDS[language]["rejected"] in made
    assert "2026-03-09 10:00:00 +01:00" in made


def test_the_text_tells_the_same(told):
    made = text(dossier(told.workspace, "H1", {}), "de")
    for word in ("Übergabe H1", "region <south>", "eingehalten", "Summe", "student", "bant.need, phone", "carl"):
        assert word in made


def test_without_an_agreement_nothing_is_promised(desk):
    desk.take(tell("LeadCaptured"), tell("LeadHandedOff", "2026-03-07T15:00:00Z", handoff="H1"))
    made = text(dossier(desk.workspace, "H1", {}), "en")
    assert "Nothing is promised for this handoff." in made


def test_both_languages_have_the_same_words():
    assert WORDS["en"].keys() == WORDS["de"].keys()

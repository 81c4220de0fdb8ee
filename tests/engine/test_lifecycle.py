"""The page about the lifecycle says what the rules say."""

from pathlib import Path

from engine.lead import RULES
from engine.lifecycle import page

HOUSE = Path(__file__).parents[2]


def test_the_page_in_docs_is_the_one_that_the_rules_draw():
    written = (HOUSE / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m engine.lifecycle > docs/lifecycle.md"


def test_every_decision_has_its_row_and_every_change_its_arrow():
    drawn = page()
    assert all(f"| `{of.__name__}` |" in drawn for of in RULES)
    assert "    accepted --> withdrawn: HandoffWithdrawn\n" in drawn
    assert "    won --> won: DealReversed (a part)\n" in drawn
    assert "    disqualified --> active: LeadRecycled\n" in drawn
    assert "rejected -->" not in drawn  # an ended handoff stays ended

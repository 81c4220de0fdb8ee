"""`leadlog handoffs`, `expire` and `wait`: what they print, and that a slip is one sentence."""

import json

import pytest

from tests.engine.cli.test_commands import Shell, shell
from tests.engine.conftest import tell

__all__ = ["shell"]
STORY = [
    tell("LeadCaptured", "2026-03-02T09:00:00Z"),
    tell("LeadHandedOff", "2026-03-02T10:00:00Z", handoff="H1", from_owner="anna", to_team="sales", to_owner="ben"),
    tell("HandoffRejected", "2026-03-02T12:00:00Z", handoff="H1", reason="student"),
    tell("LeadHandedOff", "2026-03-03T10:00:00Z", handoff="H2", from_owner="ben", to_owner="anna"),
    tell("LeadCaptured", "2026-03-02T09:00:00Z", "L2"),
    tell("LeadHandedOff", "2026-03-03T10:00:00Z", "L2", handoff="H2", from_owner="carl", to_owner="carl"),
]


@pytest.fixture
def told(shell: Shell) -> Shell:
    """Three handoffs of two leads."""
    assert shell("ingest", shell.lines(STORY), "--source", "crm").returncode == 0
    return shell


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("handoffs --by team", [{"team": "sales", "handoffs": 2, "rejected": 1}, {"team": None, "handoffs": 1}]),
        ("handoffs matrix --until 2026-03-02", [{"giver": "anna", "receiver": "ben", "answer_p50_s": 7200}]),
        ("handoffs reasons", [{"reason": "student", "handoffs": 1, "share": 1}]),
        ("handoffs --open rejected", [{"handoff": "H1", "lead": "L1", "reason": "student"}]),
        ("handoffs --by team --open open --lead L2", [{"team": None, "lead": "L2", "to_owner": "carl"}]),
        ("handoffs --by team --open acceptance_rate", [{"team": "sales", "lead": "L1", "counted": False}]),
        ("handoffs matrix --open anna/ben,rejected", [{"handoff": "H1", "reason": "student"}]),
        ("handoffs matrix --teams --open /sales", [{"handoff": "H1"}]),
        ("handoffs reasons --open student,share", [{"handoff": "H1", "counted": True}]),
        ("handoffs pingpong", [{"lead": "L1", "returns": 1, "between": ["anna", "ben"], "status": "open"}]),
        ("handoffs self", [{"lead": "L2", "handoff": "H2"}]),
        ("handoffs unanswered --lead L1", [{"handoff": "H2", "expires_at": None, "past": None}]),
        ("handoffs orphans", []),
        ("expire --dry-run", []),
        ("wait", []),
        ("wait --open queue --lead L1", []),
        ("forecast --replay month --open actual", []),
    ],
)
def test_what_it_prints(told, command, found):
    done = told(*command.split(), "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [{name: row[name] for name in expected} for row, expected in zip(rows, found, strict=True)] == found


def test_a_bare_id_of_several_lists_them(told):
    done = told("handoffs", "show", "H2")
    assert (done.returncode, "L1 (H2), L2 (H2)" in done.stderr) == (1, True)
    assert told("handoffs", "show", "L2/H2").stdout.startswith("Handoff H2 · lead L2")


def test_pieces_have_nothing_behind_them(told):
    done = told("wait", "--journeys", "--open", "queue")
    assert (done.returncode, "--journeys lists the pieces" in done.stderr) == (2, True)

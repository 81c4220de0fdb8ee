"""Mutated files at every door; `make soak` looks at ten thousand. LEADLOG_SEED chooses others."""

import os
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.soak import fuzzing
from tests.soak.doors import REFUSED, Door, doors

SEED = int(os.environ.get("LEADLOG_SEED") or SystemRandom().randrange(10_000))
DEEP = {
    "a case": b"case: " + b"[" * 5_000,
    "a mapping": b"source = " + b"[" * 5_000,
    "leadlog.toml": b"zone = " + b"{a=" * 5_000,
    "a funnel model": b"name = " + b"[" * 5_000,
    "an agreement": b"name = " + b"[" * 5_000,
}


def test_nothing_that_comes_in_ends_with_a_traceback():
    print(f"LEADLOG_SEED={SEED}")
    fuzzed = fuzzing.fuzz(200, SEED)
    assert fuzzed.failures == []
    assert fuzzed.examples.total() == 200


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_deeper_than_a_parser_can_go_is_refused_in_a_sentence(name, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.soak.doors.mutated", lambda content, _: content)
    (door,) = (one for one in doors() if one.name == name)
    with pytest.raises(REFUSED, match=r"(?i)nested too deeply"):
        door.trying(DEEP[name], Random(1), tmp_path)


def _raises(content: bytes, random: Random, folder: Path) -> None:
    raise KeyError("what nobody thought of")


def test_what_nobody_thought_of_is_told_with_its_traceback(tmp_path):
    told = fuzzing._tried(Door("broken", [b"x"], _raises), Random(1), tmp_path)
    assert told is not None
    assert "KeyError: 'what nobody thought of'" in told

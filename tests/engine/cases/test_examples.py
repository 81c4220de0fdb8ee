"""Cases hold: those that we show, and those that the project is built against."""

from pathlib import Path

import pytest

from engine.cases.case import files, load
from engine.cases.runner import run

ROOT = Path(__file__).parents[3]
EXAMPLES = list(files([ROOT / "examples" / "cases"]))
CASES = list(files([ROOT / "tests" / "cases"]))


@pytest.mark.parametrize("file", [*EXAMPLES, *CASES], ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_case_holds(file):
    outcome = run(load(file))
    assert outcome.failures == []
    assert outcome.steps


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_says_why(file):
    assert load(file).why


def test_there_are_cases_to_hold():
    assert len(EXAMPLES) >= 8
    assert len(CASES) >= 37

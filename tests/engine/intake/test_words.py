"""Each fault has one word of the contract, and the pages tell what each word means."""

import ast
from pathlib import Path

import pytest

from engine.intake.reasons import CONTENT, DECISIONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "readers.md").read_text(encoding="utf-8")
CONTRACT = """json object utf-8 encoding duplicate range nul surrogate nest cells quote header content time zone future null gap
    overflow""".split()
OURS = ["unknown", "bug"]  # beside the contract's: what nobody knows, and what is our own fault
OF_DECISIONS = "unknown inactive ended closed taken several".split()
CODE = [file for room in ("events", "engine") for file in sorted((ROOT / room).rglob("*.py"))]


def words(file):
    """The words of the faults that a file raises, and what is no word but told by another fault."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault" and len(node.args) == 3:
            yield from (
                (part.value, node.lineno)
                for part in ast.walk(node.args[1])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


@pytest.mark.parametrize("file", [file for file in CODE if "Fault(" in file.read_text(encoding="utf-8")], ids=str)
def test_a_fault_has_a_word_of_the_contract(file):
    allowed = {*CONTRACT, *OURS, ""}
    assert [(word, line) for word, line in words(file) if word not in allowed] == []


def test_there_are_faults_to_look_at():
    assert sum(len(list(words(file))) for file in CODE) > 60


def test_a_word_has_its_reason_and_stands_on_the_page():
    raised = {word for file in CODE for word, _ in words(file)} - {""}
    assert raised - set(CONTENT) == set()
    assert {word for word in CONTENT if f"| `{word}` |" not in PAGE} == set()


def test_words_are_those_of_the_contract():
    assert set(CONTENT) <= {*CONTRACT, *OURS}
    assert set(DECISIONS) == set(OF_DECISIONS)

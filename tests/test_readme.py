"""The README is true: its commands are typed in order, in a folder of their own, and print what it says."""

import re

import pytest

from tests.docs.console import BLOCK, settled
from tests.docs.front_door import PICTURE, README, made


@pytest.fixture(scope="module")
def now() -> tuple[str, str]:
    """The README and its picture as the program writes them now."""
    return made()


def test_the_commands_print_what_the_readme_says(now):
    assert settled(README.read_text(encoding="utf-8")) == settled(now[0]), "`python -m tests.docs` writes it anew"


def test_the_picture_is_what_a_terminal_shows(now):
    assert PICTURE.read_text(encoding="utf-8") == now[1], "`python -m tests.docs` draws it anew"


def test_the_picture_loads_nothing():
    assert re.findall(r"https?://(?!www\.w3\.org/)\S+|@import|@font-face", PICTURE.read_text(encoding="utf-8")) == []


def test_the_first_screen_has_a_sentence_a_command_and_its_output():
    first = README.read_text(encoding="utf-8").splitlines()[:25]
    assert any(line.startswith("$ leadlog") for line in first)
    assert any(line.startswith("![") for line in first)


def test_a_story_has_at_most_eight_lines():
    text = README.read_text(encoding="utf-8")
    stories = text.split("\n## Three stories\n")[1].split("\n## ")[0]
    lengths = [len(block["body"].splitlines()) for block in BLOCK.finditer(stories) if block["language"] == "console"]
    assert len(lengths) == 3
    assert max(lengths) <= 8

"""The reference page of mappings tells every key, and what it shows is a mapping."""

import re
from pathlib import Path

import pytest

from engine.intake.mapping import parsed
from engine.intake.mapping_model import Condition, MappedEvent, MappingFile, Told

PAGE = (Path(__file__).parents[3] / "docs" / "mappings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [MappingFile, MappedEvent, Told, Condition])
def test_every_key_stands_on_the_page(table):
    keys = {field.alias or name for name, field in table.model_fields.items()} - {"event"}
    assert {key for key in keys if not re.search(rf"`[^`]*\b{key}\b[^`]*`", PAGE)} == set()


def test_the_mapping_on_the_page_is_one():
    text, *_ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert [event.type for event in parsed(text).event] == ["LeadCaptured", "DealWon"]

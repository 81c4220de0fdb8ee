"""A mapping tried on a sample tells what it makes of it, and takes nothing in."""

from engine.intake.check import Found, check

MAPPING = """
source = "crm"
[[event]]
type = "LeadCaptured"
subject = "{Id}"
time = "{Date}"
when = { Stage = { not = "Test" } }
[[event]]
type = "DealWon"
subject = "{Id}"
time = "{Closed}"
when = { Stage = "Won" }
"""
SAMPLE = """Id,Date,Stage,Closed
1,2026-03-02,Won,2026-03-03
2,2026-03-02,Won,soon
3,2026-03-02,Test,
4,2026-03-02,Open
5,2026-03-02,Open,
6,2026-03-02,Open,
"""


def checked(tmp_path, sample=SAMPLE):
    (tmp_path / "crm.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "crm.csv").write_text(sample, encoding="utf-8")
    return check(tmp_path / "crm.toml", tmp_path / "crm.csv")


def test_rows_events_faults_and_examples_are_told(tmp_path):
    found = checked(tmp_path)
    assert (found.rows, found.ignored, found.faulty) == (6, 1, 2)
    assert found.events == {"LeadCaptured": 4, "DealWon": 1}
    assert found.reasons == {"time": 1, "cells": 1}
    assert [one.subject for one in found.examples["LeadCaptured"]] == ["1", "2", "5"]
    told, cells = found.faults
    assert (told.where, told.event, told.column, told.value) == ("record 2 (line 3)", "DealWon", "Closed", "soon")
    assert cells == Found("record 4 (line 5)", None, None, None, "cells: 3 cells, the header has 4")


def test_a_header_that_does_not_serve_is_the_only_fault(tmp_path):
    found = checked(tmp_path, "Id,Day\n1,2026-03-02\n")
    assert (found.rows, found.faulty, found.faults[0].column) == (0, 1, None)
    assert "no column `Closed`, `Date`, `Stage`" in found.faults[0].reason

"""The four formats, each as one whole literal text."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from engine.cli.cells import duration, told
from engine.cli.options import Format
from engine.cli.output import write_view
from projections.result import Column, Result

FUNNEL = Result(
    view="funnel",
    definition="waterfall@1f3c",
    position=4035,
    as_of="2026-03-31T23:59:59.999999+02:00",
    columns=[
        Column("stage"),
        Column("entered", "count"),
        Column("rate_from_first", "fraction"),
        Column("time_p50_s", "s"),
        Column("first_at", "instant"),
        Column("bottleneck"),
    ],
    rows=[
        {"stage": "lead", "entered": 4035, "rate_from_first": 1.0, "time_p50_s": 187_200, "first_at": "2026-03-02", "bottleneck": False},
        {"stage": "won", "entered": 406, "rate_from_first": 406 / 4035, "time_p50_s": None, "first_at": "2026-03-02T09:00:00+01:00", "bottleneck": True},
    ],
    notes=["3 leads are undated."],
)  # fmt: skip
ODD = Result(
    "odd",
    None,
    7,
    None,
    [Column("text"), Column("number"), Column("amount", "amount")],
    [
        {"text": "=1+1", "number": -5, "amount": "-1234.50"},
        {"text": "+49 30 23125 000", "number": 2.5, "amount": "1000"},
        {"text": "a|b\x1b[31m\nc", "number": None, "amount": None},
        {"text": ["x", "ü"], "number": 1},
    ],
)


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True


def printed(result, format_, stream=None):
    stream = stream or io.StringIO(newline="")
    write_view(result, format_, stream)
    return stream.getvalue()


def test_a_table_that_is_piped_is_aligned_text():
    assert printed(FUNNEL, Format.TABLE) == (
        "stage  entered  rate from first  time p50  first at             bottleneck\n"
        "-----  -------  ---------------  --------  -------------------  ----------\n"
        "lead     4,035        100.000 %   2 d 4 h  2026-03-02           no\n"
        "won        406         10.062 %         –  2026-03-02 09:00:00  yes\n"
        "\n"
        "funnel · waterfall@1f3c · log position 4035 · as of 2026-03-31 23:59:59\n"
        "3 leads are undated.\n"
    )


def test_a_table_on_a_terminal_tells_the_same():
    drawn = re.sub(r"\x1b\[[\d;]*m", "", printed(FUNNEL, Format.TABLE, Terminal()))
    for word in ("4,035", "10.062 %", "2 d 4 h", "2026-03-02 09:00:00", "3 leads are undated."):
        assert word in drawn


def test_a_terminal_is_not_told_what_to_do_by_data():
    assert "\x1b[31m" not in printed(ODD, Format.TABLE, Terminal())


def test_markdown_is_a_table_of_github():
    assert printed(FUNNEL, Format.MD) == (
        "| stage | entered | rate from first | time p50 | first at | bottleneck |\n"
        "| --- | ---: | ---: | ---: | --- | --- |\n"
        "| lead | 4,035 | 100.000 % | 2 d 4 h | 2026-03-02 | no |\n"
        "| won | 406 | 10.062 % | – | 2026-03-02 09:00:00 | yes |\n"
        "\n"
        "funnel · waterfall@1f3c · log position 4035 · as of 2026-03-31 23:59:59  \n"
        "3 leads are undated.\n"
    )


def test_json_is_the_document_of_the_contract():
    assert json.loads(printed(FUNNEL, Format.JSON)) == FUNNEL.document()


def test_csv_says_what_json_says():
    assert printed(FUNNEL, Format.CSV) == (
        "stage,entered,rate_from_first,time_p50_s,first_at,bottleneck\r\n"
        "lead,4035,1.0,187200,2026-03-02,false\r\n"
        "won,406,0.10061957868649318,,2026-03-02T09:00:00+01:00,true\r\n"
    )


def test_csv_holds_no_formula_and_numbers_stay():
    rows = list(csv.reader(io.StringIO(printed(ODD, Format.CSV), newline="")))
    assert rows == [
        ["text", "number", "amount"],
        ["'=1+1", "-5", "-1234.50"],
        ["'+49 30 23125 000", "2.5", "1000"],
        ["a|b\x1b[31m\nc", "", ""],
        ['["x", "ü"]', "1", ""],
    ]


def test_a_cell_of_markdown_stays_one_cell():
    assert printed(ODD, Format.MD).splitlines()[2:6] == [
        "| =1+1 | -5 | -1,234.50 |",
        "| +49 30 23125 000 | 2.5 | 1,000 |",
        "| a\\|b [31m c | – | – |",
        '| ["x", "ü"] | 1 | – |',
    ]


def test_each_event_of_a_story_tells_its_own_fields():
    columns = [
        Column(name) for name in ("position", "type", "time", "knowntime", "actor", "journey", "campaign", "score")
    ]
    common = {"time": "2026-03-02", "knowntime": "2026-03-03T09:00:00+01:00", "actor": None, "journey": 1}
    rows = [
        {"position": 1, "type": "LeadCaptured", **common, "campaign": "fair"},
        {"position": 2, "type": "LeadScored", **common, "score": 80},
    ]
    lines = printed(Result("lead", "", 2, None, columns, rows), Format.TABLE).splitlines()
    assert [line.split("  ")[-1] for line in (lines[0].rstrip(), *lines[2:4])] == [
        "data",
        "campaign: fair",
        "score: 80",
    ]


@pytest.mark.parametrize("format_", [Format.TABLE, Format.MD])
def test_a_result_without_rows_has_its_headings(format_):
    empty = Result("anomalies", None, 0, None, [Column("lead"), Column("kind")], [])
    assert "lead" in printed(empty, format_).splitlines()[0]
    assert printed(empty, format_).endswith("\nanomalies · log position 0\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "< 1 s"),
        (59.6, "1 min"),
        (3_600, "1 h"),
        (7_384, "2 h 3 min"),
        (86_460, "1 d"),  # the second unit would be 0 h
        (187_200, "2 d 4 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, text):
    assert duration(seconds) == text


def test_nothing_is_a_dash_and_words_are_words():
    assert [told(None, "count"), told(True), told("", None), told("2026-03", "instant")] == ["–", "yes", "", "2026-03"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (106_091.77777777778, "EUR", "106,091.78"),
        (86, "EUR", "86.00"),
        (1849.7010896440486, "EUR/day", "1,849.70"),
        (0.10434782608695652, "ratio", "0.104"),
        (-1.0, "ratio", "-1"),
        (-0.0, "ratio", "0"),
        (0.00012345, "ratio", "0.000123"),
        (36.8, None, "36.8"),
        (22_461, None, "22461"),  # a position is no quantity
    ],
)
def test_a_number_is_told_with_as_many_digits_as_its_unit_needs(value, unit, text):
    assert told(value, unit) == text


def test_a_value_is_told_in_the_unit_that_its_row_names():
    columns = [Column(name) for name in ("kpi", "value", "unit", "change")]
    rows = [
        {"kpi": "total_revenue", "value": 954826.5, "unit": "EUR", "change": 6.125567164179104},
        {"kpi": "leads", "value": 1115, "unit": "count", "change": None},
    ]
    lines = printed(Result("kpi", None, 7, None, columns, rows), Format.TABLE).splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["total_revenue", "954,826.50", "EUR", "6.126"],
        ["leads", "1,115", "count", "–"],
    ]


LONG = Result(
    "long", None, 7, None, [Column("name"), Column("n", "count")], [{"name": "x" * n, "n": n} for n in (1, 2, 6, 1)]
)


def test_a_long_table_is_as_wide_as_its_first_rows(monkeypatch):
    monkeypatch.setattr("engine.cli.output.PORTION", 2)
    expected = "name  n\n----  -\nx     1\nxx    2\nxxxxxx  6\nx     1\n\nlong · log position 7\n"
    assert printed(LONG, Format.TABLE) == expected
    assert printed(LONG, Format.TABLE, Terminal()) == expected
    assert printed(LONG, Format.MD).count("|\n") == 6


def test_of_a_long_table_one_row_after_the_other_is_made(monkeypatch):
    monkeypatch.setattr("engine.cli.output.PORTION", 2)
    out, seen = io.StringIO(), []

    class Watched(list[Mapping[str, Any]]):
        def __iter__(self):
            for row in super().__iter__():
                seen.append(len(out.getvalue().splitlines()))
                yield row

    class Read:
        def document(self):
            return LONG.document() | {"rows": Watched(LONG.rows)}

    write_view(Read(), Format.TABLE, out)
    assert out.getvalue().count("\n") == 8
    assert seen[-4:] == [2, 3, 4, 5]  # lines that stand there when a row is asked for

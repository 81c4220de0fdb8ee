"""What `leadlog check` makes of a case that does not hold, and of one that is none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli import app

HEAD = """\
case: Two leads, one of them qualified
events:
  - {at: 2026-03-02T09:00:00Z, type: LeadCaptured, lead: L1, channel: web}
  - {at: 2026-03-02T09:00:00Z, type: LeadCaptured, lead: L2, channel: fair}
  - {at: 2026-03-03T09:00:00Z, type: MarketingQualified, lead: L1, reason: asked for an offer}
expect:
"""


def check(folder: Path, *expected: str, head: str = HEAD) -> tuple[int, list[str]]:
    """Exit code and printed lines of a case with these expectations."""
    file = folder / "case.yaml"
    file.write_text(head + "".join(f"  - {step}\n" for step in expected), encoding="utf-8")
    return checked(file)


def checked(*files: Path) -> tuple[int, list[str]]:
    answer = CliRunner().invoke(app, ["check", *map(str, files)])
    return answer.exit_code, answer.output.splitlines()


def test_a_case_that_holds_is_counted(tmp_path):
    assert check(tmp_path, "{view: funnel, rows: [{stage: lead, entered: 2}, {stage: mql, rate_from_first: 0.5}]}") == (
        0,
        ["1 passed, 0 failed"],
    )


def test_one_wrong_number_is_shown_beside_the_right_one(tmp_path):
    code, lines = check(tmp_path, "{view: funnel, rows: [{stage: lead, entered: 2}, {stage: mql, entered: 2}]}")
    assert code == 1
    assert lines == [
        f"FAILED {tmp_path / 'case.yaml'}: Two leads, one of them qualified",
        "  view funnel: no row like it; the nearest",
        "    expected  stage=mql  entered=2",
        "    found     stage=mql  entered=1",
        "0 passed, 1 failed",
    ]


def test_a_row_that_fits_twice_is_no_answer(tmp_path):
    code, lines = check(tmp_path, "{view: funnel, options: {by: channel}, rows: [{stage: lead, entered: 1}]}")
    assert code == 1
    assert "2 rows like it" in lines[1]


def test_only_means_no_rows_but_these(tmp_path):
    rows = "rows: [{type: LeadCaptured}]"
    assert check(tmp_path, f"{{view: lead, options: {{lead: L1}}, {rows}}}")[0] == 0
    code, lines = check(tmp_path, f"{{view: lead, options: {{lead: L1}}, only: true, {rows}}}")
    assert code == 1
    assert lines[1:3] == ["  view lead {'lead': 'L1'}: only these rows", "    expected  1 rows"]


def test_an_empty_quarantine_is_a_promise(tmp_path):
    assert check(tmp_path, "{quarantine: []}")[0] == 0
    bad = HEAD.replace("type: MarketingQualified", "type: MarketingQualifed")
    code, lines = check(tmp_path, "{quarantine: []}", head=bad)
    assert code == 1
    assert "MarketingQualifed" in lines[3]


def test_a_quarantined_event_is_named_by_its_number_and_a_word(tmp_path):
    bad = HEAD.replace("2026-03-03T09:00:00Z", "2026-03-03T09:00:00")
    assert check(tmp_path, "{quarantine: [{event: 3, reason: zone}]}", head=bad)[0] == 0
    assert check(tmp_path, "{quarantine: [{event: 3}]}", head=bad)[0] == 0
    assert check(tmp_path, "{quarantine: [{event: 3, reason: future}]}", head=bad)[0] == 1
    code, lines = check(tmp_path, "{quarantine: [{event: 1}]}", head=bad)
    assert code == 1
    assert lines[3] == "    found     it was taken"


def test_reason_and_detail_are_found_by_a_word(tmp_path):
    step = "{view: lead, options: {lead: L1}, rows: [{type: MarketingQualified, reason: an OFFER}]}"
    assert check(tmp_path, step)[0] == 0


def test_instants_and_numbers_compare_by_what_they_mean(tmp_path):
    step = "{view: lead, options: {lead: L1}, rows: [{type: MarketingQualified, time: 2026-03-03T10:00:00+01:00}]}"
    assert check(tmp_path, step)[0] == 0
    assert check(tmp_path, "{view: funnel, rows: [{stage: lead, time_p50_s: 86400.00001}]}")[0] == 0
    assert check(tmp_path, "{view: funnel, rows: [{stage: lead, time_p50_s: 86401}]}")[0] == 1


def test_an_error_can_be_what_is_expected(tmp_path):
    bad = "zone: Europe/Berlino\n" + HEAD
    assert check(tmp_path, "{error: zone}", head=bad)[0] == 0
    assert check(tmp_path, "{error: currency}", head=bad)[0] == 1
    code, lines = check(tmp_path, "{error: zone}")
    assert code == 1
    assert lines[-2:] == ["    found     it was taken", "0 passed, 1 failed"]


def test_erasure_comes_after_the_events(tmp_path):
    gone = "erase: [L1]\n" + HEAD
    step = "{view: lead, options: {lead: L1}, rows: [{type: PersonErased}]}"
    assert check(tmp_path, step, head=gone)[0] == 0
    assert check(tmp_path, "{view: funnel, rows: [{stage: mql, entered: 1}]}", head=gone)[0] == 0


NO_CASES = {
    "no YAML": ("case: [", "flow"),
    "no mapping": ("- just a list\n", "dictionary"),
    "an unknown key": (HEAD.replace("expect:", "expects:"), "expect"),
    "a step of none of the three kinds": (HEAD + "  - {options: {}}\n", "one of `view`, `quarantine` or `error`"),
    "a view without rows": (HEAD + "  - {view: funnel}\n", "`view` and `rows` come together"),
    "an unknown view": (HEAD + "  - {view: funel, rows: [{stage: lead}]}\n", "there is no view 'funel'"),
    "an unknown option": (HEAD + "  - {view: funnel, options: {bi: channel}, rows: []}\n", "no option `bi`"),
    "an unknown dimension": (HEAD + "  - {view: funnel, options: {by: chanel}, rows: []}\n", "no dimension"),
    "an event that is not there": (HEAD + "  - quarantine: [{event: 4}]\n", "names event 4; there are 3"),
    "a quarantined event without its number": (HEAD + "  - quarantine: [{reason: zone}]\n", "event"),
    "a lead that nobody knows": ("erase: [L9]\n" + HEAD + "  - quarantine: []\n", "No lead 'L9' is known"),
    "an instant that is none": ("now: yesterday\n" + HEAD + "  - quarantine: []\n", "now: time"),
    "an unknown zone": ("zone: Berlin\n" + HEAD + "  - {quarantine: []}\n", "no IANA time zone"),
}


@pytest.mark.parametrize("name", NO_CASES)
def test_what_is_no_case_is_said_in_a_sentence(name, tmp_path):
    text, word = NO_CASES[name]
    file = tmp_path / "case.yaml"
    file.write_text(text, encoding="utf-8")
    code, lines = checked(file)
    assert code == 1
    assert lines[0].startswith(f"FAILED {file}")
    assert word in "\n".join(lines)
    assert "Traceback" not in "\n".join(lines)
    assert lines[-1] == "0 passed, 1 failed"


def test_one_bad_file_does_not_stop_the_others(tmp_path):
    (tmp_path / "a.yaml").write_text("case: [", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(HEAD + "  - {quarantine: []}\n", encoding="utf-8")
    code, lines = checked(tmp_path)
    assert code == 1
    assert lines[-1] == "1 passed, 1 failed"


def test_yes_and_no_stay_words(tmp_path):
    head = HEAD.replace(
        "type: MarketingQualified, lead: L1, reason: asked for an offer",
        "type: BantAssessed, lead: L1, budget: yes, authority: no, need: yes, timeline: unknown",
    )
    step = "{view: lead, options: {lead: L1}, rows: [{type: BantAssessed, budget: yes, authority: no}]}"
    assert check(tmp_path, step, head=head)[0] == 0

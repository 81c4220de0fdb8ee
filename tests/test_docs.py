"""Docs cannot lag: what the program has is in the documents, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cases.case import Case, Step
from engine.intake.reasons import CONTENT, DECISIONS
from engine.lead_story import COLUMNS as STORY
from engine.workspace import SourceSettings, WorkspaceSettings
from events.registry import KINDS, TYPES
from projections.asked import Asked
from projections.definitions.funnel_model import BUILT_IN, funnel_model
from projections.dimensions import DIMENSIONS
from projections.funnel.columns import MEASURES, PER_LEAD
from projections.handoffs.columns import HANDOFFS
from projections.periods import GRAINS
from projections.pipeline import forecast, movement, pipeline, replay
from projections.sla.explain import COLUMNS as PROOF
from projections.sla.marketing import COLUMNS as OF_MARKETING
from projections.sla.sla import MEASURES as PROMISES
from projections.sla.sla import OWNERS, VERDICTS
from projections.sla.suggest import COLUMNS as SUGGESTIONS
from projections.sla.work_list import COLUMNS as WORK_LIST
from projections.views import VIEWS
from tests.docs import words
from tests.docs.__main__ import DOCS, GENERATED, pages, run
from tests.docs.console import ROOT, settled

CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert found, f"docs/{page} has no section {heading!r}"
    return found[1]


def cells(text: str, column: int = 0) -> Iterator[str]:
    """That column of the tables in a text, without their heads."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        for row in table.splitlines()[2:]:
            yield row.split("|")[column + 1].strip()


def told(text: str, column: int = 0) -> list[str]:
    """What is set as code in that column."""
    return [name for cell in cells(text, column) for name in CODE.findall(cell)]


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_what_the_program_says_now(name):
    assert read(name) == GENERATED[name](), "`python -m tests.docs` writes it anew"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page):
    assert settled(page.read_text(encoding="utf-8")) == settled(run(page))


def test_every_event_has_its_section_once_and_no_other_is_there():
    sections = re.findall(r"^### (\w+)$", read("events.md"), re.MULTILINE)
    assert sorted(sections) == sorted(TYPES)
    assert len(re.findall(r"^## ", read("events.md"), re.MULTILINE)) == len(KINDS)


def test_every_setting_is_told():
    of_source = [f"source.NAME.{name}" for name in SourceSettings.model_fields]
    expected = [name for name in WorkspaceSettings.model_fields if name != "source"] + of_source
    assert sorted(told(section("workspace.md", "Settings"))) == sorted(expected)


def test_every_exit_code_is_told():
    assert {int(code) for code in cells(section("workspace.md", "Exit codes"))} == {0, 2, *exit_codes()}


def exit_codes() -> Iterator[int]:
    """The numbers that the code ends with: of errors, of main(), of commands. 0 and 2 are the command line library's too."""
    for file in (ROOT / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(targets=[ast.Name(id="exit_code")], value=ast.Constant(value=int() as code)):
                    yield code
                case ast.Call(func=ast.Name(id="_end"), args=[_, ast.Constant(value=int() as code)]):
                    yield code
                case ast.Call(func=ast.Attribute(attr="Exit"), args=[ast.IfExp(body=body, orelse=orelse)]):
                    yield from (ast.literal_eval(part) for part in (body, orelse))
                case _:
                    pass


def test_every_variable_of_the_environment_is_told():
    read_in = {
        name
        for room in ("engine", "projections", "events")
        for file in (ROOT / room).rglob("*.py")
        for name in re.findall(r"[\"'](LEADLOG_[A-Z_]+)[\"']", file.read_text(encoding="utf-8"))
    }
    assert set(told(section("workspace.md", "Environment"))) == read_in


def test_every_word_of_quarantine_is_told_with_its_cure():
    assert sorted(told(section("quarantine.md", "Words of content"))) == sorted(words.of_faults())
    assert sorted(told(section("quarantine.md", "Words of decisions"))) == sorted(words.of_decisions())
    for heading, reasons in (("Words of content", CONTENT), ("Words of decisions", DECISIONS)):
        table = section("quarantine.md", heading)
        plain = [LINK.sub(r"docs/\1", cell) for column in (1, 2) for cell in cells(table, column)]
        assert plain == [reason.wrong for reason in reasons.values()] + [reason.cure for reason in reasons.values()]


def test_every_state_of_quarantine_is_told():
    schema = (ROOT / "engine/intake/entry.py").read_text(encoding="utf-8")
    states = re.search(r"State = Literal\[(.*)\]", schema)
    assert states
    assert told(section("quarantine.md", "Quarantine")) == re.findall(r'"(\w+)"', states[1])


def test_every_view_has_its_section():
    sections = re.findall(r"^## (\S.*)$", read("views.md"), re.MULTILINE)
    assert sorted(sections) == sorted({*VIEWS, "lead", "anomalies", "quarantine", "runs", "sources", "log"})


@pytest.mark.parametrize(
    ("page", "heading", "columns"),
    [
        ("funnel.md", "Columns", [("stage", None), *((column.name, column.unit) for column in MEASURES)]),
        (
            "views.md",
            "funnel.per_lead",
            [("lead", None), ("journey", None), *((column.name, column.unit) for column in PER_LEAD)],
        ),
        ("views.md", "handoffs", [(column.name, column.unit) for column in HANDOFFS]),
        ("views.md", "lead", [(name, None) for name in STORY]),
        ("views.md", "movement", [(column.name, column.unit) for column in movement.MEASURES]),
        ("views.md", "pipeline", [(column.name, column.unit) for column in pipeline.MEASURES]),
        ("views.md", "forecast", [(column.name, column.unit) for column in forecast.MEASURES]),
        ("views.md", "forecast replay", [(column.name, column.unit) for column in replay.MEASURES]),
        ("views.md", "sla", [("promise", None), *((column.name, column.unit) for column in PROMISES)]),
        ("views.md", "sla verdicts", [(column.name, column.unit) for column in VERDICTS]),
        ("views.md", "sla owners", [(column.name, column.unit) for column in OWNERS]),
        ("views.md", "sla marketing", [(column.name, column.unit) for column in OF_MARKETING]),
        ("views.md", "sla due", [(column.name, column.unit) for column in WORK_LIST]),
        ("views.md", "sla explain", [(column.name, column.unit) for column in PROOF]),
        ("views.md", "sla suggest", [(column.name, column.unit) for column in SUGGESTIONS]),
    ],
)
def test_every_column_is_told_with_its_unit(page, heading, columns):
    text = section(page, heading)
    assert list(zip(told(text), cells(text, 1), strict=True)) == [(name, unit or "") for name, unit in columns]


@pytest.mark.parametrize(
    ("page", "heading", "command"),
    [
        ("views.md", "anomalies", "anomalies"),
        ("quarantine.md", "Columns", "quarantine list"),
        ("views.md", "log", "log --type LeadCaptured --limit 1"),
        ("views.md", "runs", "runs"),
        ("sources.md", "Is everything there?", "sources"),
    ],
)
def test_every_column_that_a_command_prints_is_told(page, heading, command, tmp_path):
    columns = [name for name in told(section(page, heading)) if name not in anomaly_kinds()]
    assert columns == printed(command, tmp_path)


def anomaly_kinds() -> set[str]:
    source = (ROOT / "engine/story.py").read_text(encoding="utf-8")
    illegal = re.search(r"AnomalyKind = Literal\[(.*?)\]", source, re.DOTALL)
    assert illegal
    return {*re.findall(r'"(\w+)"', illegal[1]), "negative_span", "similar_id"}


def printed(command: str, folder: Path) -> list[str]:
    """The columns of a command's CSV in an empty workspace."""
    from typer.testing import CliRunner

    from engine.cli import app
    from engine.workspace import Workspace

    Workspace.init(folder / "shop").close()
    answer = CliRunner().invoke(app, [*command.split(), "--format", "csv", "--workspace", str(folder / "shop")])
    assert answer.exit_code == 0, answer.output
    return answer.output.splitlines()[0].split(",")


def test_every_kind_of_anomaly_is_told():
    assert set(told(section("views.md", "anomalies"))) >= anomaly_kinds()


def test_every_model_of_the_funnel_is_told_with_its_stages():
    text = section("funnel.md", "Models")
    rows = dict(zip(told(text), cells(text, 1), strict=True))
    assert {name: CODE.findall(stages) for name, stages in rows.items()} == {
        name: [stage.name for stage in funnel_model(name).stages] for name in BUILT_IN
    }


def test_every_dimension_and_grain_is_told():
    text = section("funnel.md", "Dimensions")
    assert sorted(told(text)) == sorted(DIMENSIONS)
    after = text.split("and by the grains", 1)[1].split("\n\n", 1)[0]
    assert tuple(CODE.findall(after)) == GRAINS


def test_every_option_of_a_view_is_an_option_of_the_command_line():
    known = read("cli.md")
    options = {
        f"--{name.replace('_', '-')}" for name in set(Asked.model_fields) - {"kpi"}
    }  # which are named without one
    assert {option for option in options if not re.search(rf"^  {option}\b", known, re.MULTILINE)} == set()


def test_every_key_of_a_case_is_told():
    assert sorted(told(section("cases.md", "Keys of a case"))) == sorted(Case.model_fields)
    assert sorted(told(section("cases.md", "Keys of a step"))) == sorted(Step.model_fields)


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("https:", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {target} names no heading"


def anchors(page: Path) -> set[str]:
    """The headings of a page as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_found_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")))
        waiting += [file for target in targets if (file := (page.parent / target).resolve()).is_file()]
    assert {page.name for page in DOCS.glob("*.md")} - {page.name for page in reached} == set()

"""`leadlog record`, the tables of business data, and what `leadlog kpi` makes of them."""

import json
from pathlib import Path

import pytest

from tests.engine.cli.test_commands import STORY, Shell, shell
from tests.engine.conftest import tell

__all__ = ["shell"]
MAPPINGS = Path(__file__).parents[3] / "examples" / "mappings"
WON = [
    *STORY[:1],
    tell("OpportunityOpened", "2026-03-05T09:00:00Z", opportunity="O1"),
    tell("DealWon", "2026-03-20T09:00:00Z", opportunity="O1", amount="1200.50", currency="EUR"),
]


def kpi(shell: Shell, *words: str) -> list[dict[str, object]]:
    done = shell("kpi", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["rows"])


def test_the_same_again_changes_nothing_and_the_latest_quota_counts(shell: Shell):
    words = ("record", "quota", "ae:ben", "2026-Q1")
    assert "Recorded QuotaSet" in shell(*words, "1000").stdout
    assert "recorded already" in shell(*words, "1000").stdout
    shell(*words, "2000")
    shell(*words, "1000")
    (counts,) = json.loads(shell("record", "--list", "quota", "--format", "json").stdout)["rows"]
    assert (counts["rep"], counts["amount"], counts["currency"]) == ("ae:ben", "1000.00", "EUR")
    assert shell("log", "--count").stdout == "3\n"


def test_a_dry_run_records_nothing(shell: Shell):
    assert "Would record" in shell("record", "rate", "USD", "EUR", "0.92", "--dry-run").stdout
    assert shell("log", "--count").stdout == "0\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("quota", "ae:ben", "2026-13", "10"), "is no period"),
        (("quota", "ae:ben", "2026-Q1", "10", "EURO"), "is no currency"),
        (("rate", "USD", "EUR", "0"), "a rate is more than 0"),
        (("spend", "marketing", "10", "--on", "yesterday"), "time"),
    ],
)
def test_what_cannot_be_recorded_is_told_in_a_sentence(shell: Shell, words, said):
    done = shell("record", *words)
    assert done.returncode == 1
    assert said in done.stderr


def test_an_unknown_kind_is_told_with_those_that_there_are(shell: Shell):
    done = shell("record", "--list", "quotas")
    assert done.returncode == 1
    assert "quota, target, spend" in done.stderr


@pytest.mark.parametrize(("kind", "events"), [("quota", 3), ("target", 3), ("spend", 3), ("member", 5), ("rate", 3)])
def test_business_data_comes_in_by_tables(shell: Shell, kind, events):
    mapping = MAPPINGS / f"{kind if kind == 'spend' else kind + 's'}.toml"
    done = shell("ingest", "--map", str(mapping), str(mapping.with_suffix(".csv")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert shell("log", "--count").stdout == f"{events}\n"
    assert json.loads(shell("record", "--list", kind, "--format", "json").stdout)["rows"]


def test_what_is_behind_a_value_adds_up_to_it(shell: Shell):
    shell("ingest", shell.lines(WON))
    (value,) = kpi(shell, "total_revenue", "--period", "2026-Q1")
    behind = kpi(shell, "--open", "total_revenue", "--period", "2026-Q1")
    assert sum(float(str(row["amount"])) for row in behind) == value["value"] == 1200.5
    assert [(row["measure"], row["lead"], row["thing"]) for row in behind] == [("gross", "L1", "O1")]


def test_values_are_compared_and_named(shell: Shell):
    shell("ingest", shell.lines(WON))
    words = ("total_revenue", "--period", "2026-03", "--compare", "previous", "--lang", "de")
    (row,) = kpi(shell, *words)
    assert (row["name"], row["value"], row["compared"], row["change"]) == ("Gesamtumsatz", 1200.5, 0, None)
    (fiscal,) = kpi(shell, "leads", "--period", "2025/26-Q2", "--fiscal-year-start", "10")
    assert (fiscal["period"], fiscal["value"]) == ("2025/26-Q2", 1)


def test_an_unknown_kpi_names_the_nearest(shell: Shell):
    done = shell("kpi", "win_rte")
    assert done.returncode == 1
    assert "win_rate" in done.stderr


def test_own_kpis_come_from_the_settings_and_a_slip_is_told_with_its_line(shell: Shell):
    (shell.folder / "kpis.toml").write_text(
        '[deals]\nen = "Deals"\nunit = "count"\nvalue = "count(won)"\nfilter = { region = "north" }\ngrain = "month"\n'
    )
    settings = shell.folder / "leadlog.toml"
    settings.write_text(settings.read_text() + '[kpi]\nfile = "kpis.toml"\n')
    shell("ingest", shell.lines(WON))
    assert [(row["period"], row["value"]) for row in kpi(shell, "deals")] == [("2026-03", 1)]
    (shell.folder / "kpis.toml").write_text('[deals]\nen = "Deals"\nunit = "count"\nvalue = "count(wonn)"\n')
    done = shell("kpi", "deals")
    assert done.returncode == 1
    assert "kpis.toml, line 4: kpi deals: value: there is no measure `wonn` (meant: won?)" in done.stderr

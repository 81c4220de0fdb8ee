"""KPIs of data that nobody on this project wrote, against figures that were computed independently; skipped where the files are absent."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.engine.cli.test_commands import Shell, shell

__all__ = ["shell"]
ROOT = Path(__file__).parents[3]
DATA, MAPPINGS = ROOT.parent / "shared" / "data", ROOT / "examples" / "mappings"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")


def kpi(shell: Shell, *words: str) -> list[dict[str, Any]]:
    done = shell("kpi", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["rows"])


def taken(shell: Shell, mapping: Path, file: str) -> None:
    assert shell("ingest", "--map", str(mapping), str(DATA / file)).returncode in (0, 3)


def maven(shell: Shell) -> Path:
    """The mapping, with the manager of each agent as the team and the office as the region."""
    with (DATA / "maven" / "sales_teams.csv").open(encoding="utf-8") as file:
        teams = list(csv.DictReader(file))
    text = (MAPPINGS / "maven.toml").read_text(encoding="utf-8")
    told = "".join(
        f'{dimension} = {{ column = "sales_agent", map = {{ '
        + ", ".join(f'"{row["sales_agent"]}" = "{row[column]}"' for row in teams)
        + " } }\n"
        for dimension, column in (("team", "manager"), ("region", "regional_office"))
    )
    first = 'owner = "{sales_agent}"\n'
    assert first in text
    made = shell.folder / "maven.toml"
    made.write_text(text.replace(first, first + told, 1), encoding="utf-8")
    return made


def test_maven(shell: Shell):
    taken(shell, maven(shell), "maven/sales_pipeline.csv")
    told = {row["kpi"]: row for row in kpi(shell, "win_rate", "total_revenue", "average_deal_size")}
    assert (told["win_rate"]["numerator"], told["win_rate"]["denominator"]) == (4238, 4238 + 2473)
    assert round(told["win_rate"]["value"], 4) == 0.6315
    assert (told["total_revenue"]["value"], told["total_revenue"]["unit"]) == (10_005_534, "USD")
    assert round(told["average_deal_size"]["value"], 2) == 2360.91
    quarters = {row["period"]: row["value"] for row in kpi(shell, "total_revenue", "--period", "quarter")}
    assert {quarter: amount for quarter, amount in quarters.items() if amount} == {
        "2017-Q1": 1_134_672, "2017-Q2": 3_086_111, "2017-Q3": 2_982_255, "2017-Q4": 2_802_496,
    }  # fmt: skip
    agents = {row["owner"]: row["value"] for row in kpi(shell, "total_revenue", "--by", "owner")}
    assert (agents["Darcel Schlecht"], agents["Vicki Laflamme"], agents["Kary Hendrixson"]) == (
        1_153_214,
        478_396,
        454_298,
    )
    managers = {row["team"].split()[-1]: row["value"] for row in kpi(shell, "total_revenue", "--by", "team")}
    assert (managers["Marxen"], managers["Sewald"], managers["Neubert"]) == (2_251_930, 1_964_750, 1_960_545)
    offices = {row["region"]: row["value"] for row in kpi(shell, "total_revenue", "--by", "region")}
    assert offices == {"West": 3_568_647, "Central": 3_346_293, "East": 3_090_594}
    cycle = {row["kpi"]: row["value"] for row in kpi(shell, "sales_cycle_length", "sales_cycle_length_p50")}
    assert (round(cycle["sales_cycle_length"], 2), cycle["sales_cycle_length_p50"]) == (51.78, 57)


def test_x_education(shell: Shell):
    taken(shell, MAPPINGS / "xeducation.toml", "xeducation/Lead_Scoring.csv")
    (whole,) = kpi(shell, "lead_conversion_rate")
    assert (whole["numerator"], whole["denominator"]) == (3561, 9240)
    told = {row["lead_source"]: row for row in kpi(shell, "lead_conversion_rate", "--by", "lead_source")}
    counts = {
        source: (told[source]["numerator"], told[source]["denominator"])
        for source in ("Direct Traffic", "Olark Chat", "Reference")
    }
    assert counts == {"Direct Traffic": (818, 2543), "Olark Chat": (448, 1755), "Reference": (490, 534)}
    with (DATA / "xeducation" / "Lead_Scoring.csv").open(encoding="utf-8-sig", newline="") as file:
        raw = [(row["Lead Origin"], row["Converted"]) for row in csv.DictReader(file)]
    leads, converted = Counter(origin for origin, _ in raw), Counter(origin for origin, is_so in raw if is_so == "1")
    origins = kpi(shell, "lead_conversion_rate", "--by", "channel")
    assert {row["channel"]: (row["numerator"], row["denominator"]) for row in origins} == {
        origin: (converted[origin], count) for origin, count in leads.items()
    }


def test_olist(shell: Shell):
    taken(shell, MAPPINGS / "olist-mql.toml", "olist/olist_marketing_qualified_leads_dataset.csv")
    taken(shell, MAPPINGS / "olist-deals.toml", "olist/olist_closed_deals_dataset.csv")
    asked = kpi(shell, "sales_cycle_length_p50", "sales_cycle_length_p90", "lead_to_customer_rate")
    told = {row["kpi"]: row for row in asked}
    assert (told["sales_cycle_length_p50"]["value"], told["sales_cycle_length_p90"]["value"]) == (15.5, 162)
    assert (told["lead_to_customer_rate"]["numerator"], told["lead_to_customer_rate"]["denominator"]) == (406, 4035)

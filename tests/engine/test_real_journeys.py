"""Paths of real loan applications: counted apart from us over the raw file, and by pm4py where it is installed (it is AGPL, and large)."""

import csv
import gzip
import importlib
from collections import Counter
from pathlib import Path

import pytest

from engine.views import ask
from tests.engine.test_real_handoffs import BPIC, taken

TYPES = {
    "A_SUBMITTED": "LeadCaptured",
    "A_PREACCEPTED": "MarketingQualified",
    "A_ACCEPTED": "SalesQualified",
    "A_FINALIZED": "OpportunityOpened",
    "O_CREATED": "OfferMade",
    "O_ACCEPTED": "OfferAccepted",
    "O_DECLINED": "OfferDeclined",
    "O_CANCELLED": "OfferWithdrawn",
    "O_SENT_BACK": "InteractionLogged",
    "A_APPROVED": "DealWon",
    "A_DECLINED": "LeadDisqualified",
    "A_CANCELLED": "LeadDisqualified",
}
STAGES = {
    "A_SUBMITTED": "lead",
    "A_PREACCEPTED": "mql",
    "A_ACCEPTED": "sql",
    "A_FINALIZED": "opportunity",
    "O_CREATED": "offer",
    "A_APPROVED": "won",
}

pytestmark = pytest.mark.skipif(not BPIC.exists(), reason="../shared/data is not there")


def activity(row: dict[str, str], through: str) -> str | None:
    """What a row of the file is a step of; None for those that the mapping ignores."""
    name = row["concept:name"]
    if through == "types" and name.startswith("W_") and row["lifecycle:transition"] == "COMPLETE":
        return "InteractionLogged"
    return (TYPES if through == "types" else STAGES).get(name)


def raw(through: str) -> list[dict[str, str]]:
    """The rows that are steps, in the order of the file's own index."""
    with gzip.open(BPIC, "rt", encoding="utf-8", newline="") as file:
        rows = [row | {"activity": name} for row in csv.DictReader(file) if (name := activity(row, through))]
    return sorted(rows, key=lambda row: (row["case:concept:name"], int(row["event_index"])))


def variants_of(rows: list[dict[str, str]]) -> Counter[str]:
    cases: dict[str, list[str]] = {}
    for row in rows:
        cases.setdefault(row["case:concept:name"], []).append(row["activity"])
    return Counter(" > ".join(path) for path in cases.values())


def ours(desk, through: str) -> Counter[str]:
    found = ask(desk.workspace, "journey", {"through": through}).rows
    return Counter({row["path"]: row["journeys"] for row in found})


def test_variants_are_those_of_the_raw_file(desk):
    taken(desk, BPIC, "bpic2012.toml")
    for through in ("stages", "types"):
        found = ours(desk, through)
        assert found == variants_of(raw(through))
        assert found.total() == 5333


def test_half_of_the_offers_are_made_within_3_1546_hours_of_the_submission(desk):
    taken(desk, BPIC, "bpic2012.toml")
    stages = [{"name": name, "events": [type_]} for name, type_ in (("lead", "LeadCaptured"), ("offer", "OfferMade"))]
    lead, offer = ask(desk.workspace, "funnel", {"model": {"name": "to the offer", "stages": stages}}).rows
    assert (lead["entered"], offer["entered"]) == (5333, 1997)
    assert round(lead["time_p50_s"] / 3600, 4) == 3.1546


def test_variants_are_those_of_pm4py(desk, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))  # it would write into the home folder
    pytest.importorskip("pm4py", reason="pm4py is not installed: `uv pip install pm4py`", exc_type=ImportError)
    pm4py, pandas = importlib.import_module("pm4py"), importlib.import_module("pandas")
    taken(desk, BPIC, "bpic2012.toml")
    for through in ("stages", "types"):
        rows = [
            {
                "case:concept:name": row["case:concept:name"],
                "concept:name": row["activity"],
                "time:timestamp": row["time:timestamp"],
            }
            for row in raw(through)
        ]
        counted = pm4py.get_variants(pm4py.format_dataframe(pandas.DataFrame(rows), timest_format="ISO8601"))
        assert ours(desk, through) == Counter({" > ".join(path): cases for path, cases in counted.items()})

"""Real data taken as handoffs: their number and who gave to whom, against independent code over the raw files."""

import csv
import gzip
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from engine.intake.intake import Intake
from engine.intake.mapping import load
from engine.intake.reading import read
from engine.views import ask
from tests.engine.conftest import Desk

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
BPIC = DATA / "bpic2012" / "bpic2012.csv.gz"
OLIST = DATA / "olist" / "olist_closed_deals_dataset.csv"


def taken(desk: Desk, file: Path, mapping: str) -> Desk:
    """A desk with the file's events."""
    told, here = load(ROOT / "examples" / "mappings" / mapping), desk.workspace
    senders = told.senders(here.sender_of)
    Intake(here.log, here.keys, senders, "run").take(read(file, sender_of=here.sender_of, mapping=told))
    return desk


def matrix(desk: Desk) -> Counter[tuple[str, str]]:
    rows = ask(desk.workspace, "handoffs matrix", {}).rows
    return Counter({(row["giver"], row["receiver"]): row["handoffs"] for row in rows})


@pytest.mark.skipif(not BPIC.exists(), reason="../shared/data is not there")
def test_each_change_of_resource_is_a_handoff(desk):
    cases: dict[str, list[dict[str, str]]] = {}
    with gzip.open(BPIC, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cases.setdefault(row["case:concept:name"], []).append(row)
    expected: Counter[tuple[str, str]] = Counter()
    for rows in cases.values():
        worked = [row["org:resource"] for row in sorted(rows, key=lambda row: int(row["event_index"]))]
        expected.update(
            (giver, receiver) for giver, receiver in pairwise(worked) if giver and receiver and giver != receiver
        )
    taken(desk, BPIC, "bpic2012-handoffs.toml")
    assert desk.workspace.log.count(types=["LeadHandedOff"]) == expected.total() > 0
    assert matrix(desk) == expected
    assert ask(desk.workspace, "handoffs self", {}).rows == []


@pytest.mark.skipif(not OLIST.exists(), reason="../shared/data is not there")
def test_sdr_to_sr_is_a_handoff(desk):
    with OLIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = Counter((row["sdr_id"], row["sr_id"]) for row in rows)
    taken(desk, OLIST, "olist-deals.toml")
    assert matrix(desk) == expected
    assert expected.total() == 406
    givers = Counter(row["sdr_id"] for row in rows)
    assert [(sdr[:8], count) for sdr, count in givers.most_common(3)] == [
        ("4b339f95", 63),
        ("068066e2", 48),
        ("56bf83c4", 39),
    ]
    selves = {row["handoff"] for row in ask(desk.workspace, "handoffs self", {}).rows}
    assert selves == {row["mql_id"] for row in rows if row["sdr_id"] == row["sr_id"]}
